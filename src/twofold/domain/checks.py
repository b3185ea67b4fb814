"""Checks: small declarative tests over records, evidence and telemetry.

A rule names a population of records and what must hold of it; `evaluate` is told the observations
and the day. The four outcomes are kept apart: an error is never a fail, and no result is never a
pass. The vocabulary stands here, so that a rule that could not be evaluated is refused when it is
written; reporting gathers the observations.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class CheckKind(StrEnum):
    """What a rule asks of its population."""

    FRESHNESS = "freshness"
    COUNT = "count"
    THRESHOLD = "threshold"
    APPROVAL = "approval"
    SEPARATION = "separation"


class Outcome(StrEnum):
    """What came of a check: it held, it did not, it was not computed, it had nothing to say."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    ERROR = "error"
    NOT_RUN = "not_run"


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
        first, second: the actors that must be two persons (separation).

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


#: What each kind needs, and what it may have besides.
_PARTS: Mapping[CheckKind, tuple[frozenset[str], frozenset[str]]] = {
    CheckKind.FRESHNESS: (frozenset({"days"}), frozenset()),
    CheckKind.COUNT: (frozenset(), frozenset({"days", "at_least", "at_most"})),
    CheckKind.THRESHOLD: (frozenset({"measure"}), frozenset({"at_least", "at_most"})),
    CheckKind.APPROVAL: (frozenset({"by"}), frozenset()),
    CheckKind.SEPARATION: (frozenset({"first", "second"}), frozenset()),
}


def _check_word(part: str, word: str, known: frozenset[str], of: str) -> None:
    if word not in known:
        raise RuleError(part, f"{of} has no {word!r}; it has {', '.join(sorted(known)) or 'none'}")


@dataclass(frozen=True)
class Observation:
    """One record of a population as it stands on the day of the check.

    Attributes:
        record: ledger name of the record.
        on: the day that it is dated by; None where it has none yet.
        measures: numbers by name; None where one could not be computed.
        actors: names in the ledger by part; blank where nobody filled it.
    """

    record: str
    on: date | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float | None] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        looked_at: how many records the answer rests on.
        value: days since the newest record, the number counted, or the measure furthest off;
            None where there is none.
        records: ledger names of what speaks against it, at most 20 of them.
    """

    outcome: Outcome
    looked_at: int
    value: float | None = None
    records: tuple[str, ...] = ()


_NAMED = 20


def evaluate(rule: Rule, observations: Iterable[Observation], *, on: date) -> CheckResult:
    """Return what the rule finds on a day.

    Freshness and count answer on an empty population (nothing is fresh; zero is a number); the
    other kinds have nothing to say then and are `not_run`. Where the population has records and the
    filter chooses none of them, a threshold holds: no open alert is too old. A measure that could
    not be computed is an `error`, unless another record already breaks the rule for certain.
    """
    given = list(observations)
    found = [entry for entry in given if _chosen(rule, entry)]
    if given and not found and rule.kind is CheckKind.THRESHOLD:
        return CheckResult(Outcome.PASS, 0)
    return _EVALUATE[rule.kind](rule, found, on)


def _chosen(rule: Rule, entry: Observation) -> bool:
    for label, wanted in rule.where:
        value = entry.labels.get(label, "")
        if not (value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted):
            return False
    return True


def _freshness(rule: Rule, found: Sequence[Observation], on: date) -> CheckResult:
    dated = [(entry.on, entry.record) for entry in found if entry.on and entry.on <= on]
    if not dated:
        return CheckResult(Outcome.FAIL, 0)
    newest, record = max(dated)
    age = (on - newest).days
    if age <= (rule.days or 0):
        return CheckResult(Outcome.PASS, len(dated), age)
    return CheckResult(Outcome.FAIL, len(dated), age, (record,))


def _count(rule: Rule, found: Sequence[Observation], on: date) -> CheckResult:
    if rule.days is not None:
        first = on - timedelta(days=rule.days)
        found = [entry for entry in found if entry.on and first < entry.on <= on]
    number = len(found)
    if _within(rule, number):
        return CheckResult(Outcome.PASS, number, number)
    # Of too few there is nothing to name.
    many = rule.at_most is not None and number > rule.at_most
    return CheckResult(Outcome.FAIL, number, number, _names(found) if many else ())


def _threshold(rule: Rule, found: Sequence[Observation], _on: date) -> CheckResult:
    if not found:
        return CheckResult(Outcome.NOT_RUN, 0)
    values = [(_measured(rule, entry), entry) for entry in found]
    known = [(value, entry) for value, entry in values if value is not None]
    broken = [(value, entry) for value, entry in known if not _within(rule, value)]
    if broken:
        worst = max(broken, key=lambda pair: _distance(rule, pair[0]))[0]
        return CheckResult(
            Outcome.FAIL, len(found), worst, _names(entry for _value, entry in broken)
        )
    unknown = [entry for value, entry in values if value is None]
    if unknown:
        return CheckResult(Outcome.ERROR, len(found), None, _names(unknown))
    return CheckResult(Outcome.PASS, len(found))


def _measured(rule: Rule, entry: Observation) -> float | None:
    """Return the measure of a record; None where it could not be computed, or is no number."""
    value = entry.measures.get(rule.measure)
    return None if value is None or math.isnan(value) else value


def _approval(rule: Rule, found: Sequence[Observation], _on: date) -> CheckResult:
    return _faultless(found, [entry for entry in found if not entry.actors.get(rule.by)])


def _separation(rule: Rule, found: Sequence[Observation], _on: date) -> CheckResult:
    complete = [
        entry for entry in found if entry.actors.get(rule.first) and entry.actors.get(rule.second)
    ]
    same = [entry for entry in complete if entry.actors[rule.first] == entry.actors[rule.second]]
    return _faultless(complete, same)


def _faultless(found: Sequence[Observation], faulty: Sequence[Observation]) -> CheckResult:
    if not found:
        return CheckResult(Outcome.NOT_RUN, 0)
    outcome = Outcome.FAIL if faulty else Outcome.PASS
    return CheckResult(outcome, len(found), len(faulty), _names(faulty))


def _within(rule: Rule, value: float) -> bool:
    low = rule.at_least is None or value >= rule.at_least
    return low and (rule.at_most is None or value <= rule.at_most)


def _distance(rule: Rule, value: float) -> float:
    """Return how far a value lies outside the rule's bounds."""
    below = 0.0 if rule.at_least is None else rule.at_least - value
    above = 0.0 if rule.at_most is None else value - rule.at_most
    return max(below, above)


def _names(entries: Iterable[Observation]) -> tuple[str, ...]:
    return tuple(sorted(entry.record for entry in entries)[:_NAMED])


_EVALUATE = {
    CheckKind.FRESHNESS: _freshness,
    CheckKind.COUNT: _count,
    CheckKind.THRESHOLD: _threshold,
    CheckKind.APPROVAL: _approval,
    CheckKind.SEPARATION: _separation,
}
