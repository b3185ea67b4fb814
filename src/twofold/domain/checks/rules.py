"""The vocabulary of checks: a rule that could not be evaluated is refused when it is written."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CheckKind(StrEnum):
    """What a rule asks of its population."""

    FRESHNESS = "freshness"
    COUNT = "count"
    THRESHOLD = "threshold"
    APPROVAL = "approval"
    SEPARATION = "separation"


@dataclass(frozen=True)
class Population:
    """Records that a rule can be about.

    Attributes:
        labels: texts of a record that a rule may filter by.
        measures: numbers of a record that a threshold may be set on.
        actors: who had a hand in a record.
    """

    labels: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()


def _population(*, labels: str = "", measures: str = "", actors: str = "") -> Population:
    return Population(
        frozenset(labels.split()), frozenset(measures.split()), frozenset(actors.split())
    )


_CLAIMING = "author claimed_by accepted_by"
POPULATIONS: Mapping[str, Population] = {
    "evidence": _population(measures="age_days days_left", actors=_CLAIMING),
    "claims": _population(labels="need state", measures="age_days", actors=_CLAIMING),
    "implementation": _population(
        labels="state", measures="days_left", actors="owner described_by approved_by"
    ),
    "systems": _population(
        labels="stage risk_tier role monitored", measures="monitors", actors="owner"
    ),
    "monitors": _population(labels="metric family verdict", measures="value"),
    "alerts": _population(
        labels="state family", measures="age_days answer_days", actors="acknowledged_by"
    ),
    "breaches": _population(labels="state family", measures="age_days"),
    "telemetry": _population(labels="system", measures="events"),
    "findings": _population(
        labels="state grade",
        measures="age_days overdue_days",
        actors="raised_by owner closed_by",
    ),
    "decisions": _population(
        labels="framework applicable", measures="age_days", actors="decided_by"
    ),
    "roles": _population(labels="role state", measures="age_days", actors="person"),
    "tokens": _population(labels="state", measures="age_days days_left", actors="person"),
    "checkpoints": _population(measures="age_days"),
    "statements": _population(
        labels="framework", measures="age_days", actors="prepared_by approved_by"
    ),
}
#: The only population that is asked for by evidence kind.
EVIDENCE = "evidence"
LONGEST_DAYS = 1100


class RuleError(ValueError):
    """A rule that could not be evaluated.

    Attributes:
        field: the part of the rule that is at fault.
    """

    code = "rule"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Rule:
    """What must hold of a population.

    Attributes:
        of: name of the population.
        need: evidence kind, for the population `evidence` alone.
        where: labels and the value that each must have; one that ends in `*` is a prefix.
        days: how old the newest record may be (freshness), or how far back is counted (count).
        at_least: lowest number of records (count) or value of the measure (threshold).
        at_most: highest number or value.
        by: the actor that must be known (approval).
        first, second: the actors that must be two persons (separation); of freshness and count,
            both or neither: records on which they are known and two persons are looked at alone.

    Raises:
        RuleError: a part is missing, does not belong to the kind, or is unknown to the population.
    """

    kind: CheckKind
    of: str
    need: str = ""
    where: tuple[tuple[str, str], ...] = ()
    days: int | None = None
    at_least: float | None = None
    at_most: float | None = None
    measure: str = ""
    by: str = ""
    first: str = ""
    second: str = ""

    def __post_init__(self) -> None:
        population = POPULATIONS.get(self.of)
        if population is None:
            raise RuleError("of", f"of must be one of {', '.join(POPULATIONS)}")
        if bool(self.need) != (self.of == EVIDENCE):
            raise RuleError("need", f"need belongs to the population {EVIDENCE}, and to it alone")
        for label, _value in self.where:
            _check_word("where", label, population.labels, self.of)
        self._check_parts()
        self._check_values(population)

    def _check_parts(self) -> None:
        """Refuse what the kind needs and lacks, and what it has and cannot use."""
        needed, optional = _PARTS[self.kind]
        for name in ("days", "at_least", "at_most", "measure", "by", "first", "second"):
            given = getattr(self, name) not in {None, ""}
            if name in needed and not given:
                raise RuleError(name, f"a rule of {self.kind} needs {name}")
            if given and name not in needed | optional:
                raise RuleError(name, f"a rule of {self.kind} has no {name}")
        for name, other in (("first", "second"), ("second", "first")):
            if getattr(self, other) and not getattr(self, name):
                raise RuleError(name, f"{other} needs {name} beside it")
        if "at_least" in optional and self.at_least is None and self.at_most is None:
            raise RuleError("at_least", f"a rule of {self.kind} needs at_least or at_most")

    def _check_values(self, population: Population) -> None:
        if self.days is not None and not 1 <= self.days <= LONGEST_DAYS:
            raise RuleError("days", f"days must be from 1 to {LONGEST_DAYS}")
        self._check_bounds()
        if self.measure:
            _check_word("measure", self.measure, population.measures, self.of)
        for name in ("by", "first", "second"):
            if getattr(self, name):
                _check_word(name, getattr(self, name), population.actors, self.of)
        if self.first and self.first == self.second:
            raise RuleError("second", "first and second must be two different actors")

    def _check_bounds(self) -> None:
        for name in ("at_least", "at_most"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise RuleError(name, f"{name} must be a finite number")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise RuleError("at_most", "at_most must not be below at_least")


_TWO = frozenset({"first", "second"})
#: What each kind needs, and what it may have besides.
_PARTS: Mapping[CheckKind, tuple[frozenset[str], frozenset[str]]] = {
    CheckKind.FRESHNESS: (frozenset({"days"}), _TWO),
    CheckKind.COUNT: (frozenset(), frozenset({"days", "at_least", "at_most"}) | _TWO),
    CheckKind.THRESHOLD: (frozenset({"measure"}), frozenset({"at_least", "at_most"})),
    CheckKind.APPROVAL: (frozenset({"by"}), frozenset()),
    CheckKind.SEPARATION: (_TWO, frozenset()),
}


def _check_word(part: str, word: str, known: frozenset[str], of: str) -> None:
    if word not in known:
        raise RuleError(part, f"{of} has no {word!r}; it has {', '.join(sorted(known)) or 'none'}")
