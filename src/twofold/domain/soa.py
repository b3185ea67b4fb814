"""How far a control is implemented, as a Statement of Applicability says it, and since when.

The four words are derived from readiness and from nothing else:

- *not started*: no control that serves the requirement is run anywhere;
- *planned*: one is described, and nobody has approved a description that stands;
- *implemented*: readiness finds it conforming or effective: what covers it wholly is approved, with
  evidence in its validity that a second person accepted, and nothing is open against it;
- *partly*: anything between the two.

Beside a control that covers the requirement wholly, one that only touches it counts as readiness
has it: by what is open against it, and not by what it does not show.

Whether the requirement is decided to apply, and a status that was set by hand, do not change the
word: it says what is done. Of a check only the newest result is a fact, and it is renewed daily: it
decides the word and never the day since when it holds. The module belongs to the pure domain:
reporting gathers the facts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from twofold.domain.readiness import (
    Cause,
    Credit,
    ImplementationFact,
    MatterFact,
    RequirementFacts,
    ScopeState,
    bears,
    scope_state,
    turning_days,
)
from twofold.domain.readiness.assessment import SOUND
from twofold.domain.readiness.scopes import open_matters

_A_DAY = timedelta(days=1)


class Progress(StrEnum):
    """How far a control is implemented (ISO/IEC 27001:2022 6.1.3 d, ISO/IEC 42001:2023 6.1.3)."""

    NOT_STARTED = "not_started"
    PLANNED = "planned"
    PARTLY = "partly"
    IMPLEMENTED = "implemented"


@dataclass(frozen=True)
class Held:
    """How far a control is implemented.

    Attributes:
        since: first day of the unbroken time in which it is so, as the facts in force tell; None
            where they tell of nothing else before, or where the result of a check decides it.
    """

    progress: Progress
    since: date | None


@dataclass
class Days:
    """Answers about one day, for many requirements: what one scope was worth is worked out once."""

    on: date

    def __post_init__(self) -> None:
        """Begin with nothing worked out."""
        self._states: dict[tuple[str, date, bool], ScopeState | None] = {}
        self._unchecked: dict[str, ImplementationFact] = {}

    def state(self, fact: ImplementationFact, on: date | None = None) -> ScopeState | None:
        """Return the state of an implementation on the day, or on an earlier one."""
        key = (fact.record, on or self.on, bool(fact.checks))
        if key not in self._states:
            self._states[key] = scope_state(fact, key[1])
        return self._states[key]

    def held(self, facts: RequirementFacts) -> Held:
        """Return how far a requirement is implemented on the day, and since when."""
        asked = replace(facts, needs_decision=False, decision=None, override=None)
        progress = _Walk(asked, self).progress(self.on)
        lasting = replace(asked, credits=tuple(map(self._without_checks, asked.credits)))
        walk = _Walk(lasting, self)
        if walk.progress(self.on) is not progress:
            return Held(progress, None)
        for day, turned in _turns(lasting, until=self.on):
            before = day - _A_DAY
            walk.step(turned)
            if walk.progress(before) is not progress:
                return Held(progress, day)
        return Held(progress, None)

    def _without_checks(self, credit: Credit) -> Credit:
        return replace(credit, implementations=tuple(map(self._lasting, credit.implementations)))

    def _lasting(self, fact: ImplementationFact) -> ImplementationFact:
        """Return an implementation without its checks; made once, and itself where it has none."""
        if not fact.checks:
            return fact
        if fact.record not in self._unchecked:
            self._unchecked[fact.record] = replace(fact, checks=())
        return self._unchecked[fact.record]


class _Walk:
    """What counts of a requirement's scopes, on a day that moves back in time.

    A scope that may have been another way is only looked at again when the answer turns on it.
    """

    def __init__(self, facts: RequirementFacts, days: Days) -> None:
        self._facts = facts
        self._days = days
        self._known: dict[tuple[int, str], ScopeState] = {}
        self._open = {
            (place, fact.record): fact
            for place, credit in enumerate(facts.credits)
            for fact in credit.implementations
        }
        #: Of the scopes that are known: how many there are of each credit, how many await approval,
        #: fall short in a way that bears on the requirement even where it is covered wholly, or are
        #: approved and fall short so.
        self._running = [0] * len(facts.credits)
        self._waiting = self._short = self._falling = 0

    def step(self, turned: Iterable[tuple[int, ImplementationFact]]) -> None:
        """Move to an earlier day on which these implementations may have been another way."""
        for place, fact in turned:
            key = (place, fact.record)
            self._open[key] = fact
            state = self._known.pop(key, None)
            if state is not None:
                self._count(place, state, -1)

    def progress(self, on: date) -> Progress:
        """Return how far it is implemented on the day that was moved to."""
        self._look(on)
        if self._falling:
            # Approved and falling short in what counts: whatever the others are, it is this.
            return Progress.PARTLY
        running = sum(self._running)
        if not running:
            return Progress.NOT_STARTED
        if self._waiting == running:
            return Progress.PLANNED
        wholly = any(
            count and credit.relation.covers_wholly
            for count, credit in zip(self._running, self._facts.credits, strict=True)
        )
        against = any(open_matters(self._facts.matters, self._facts.requirement, on))
        met = wholly and not self._short and not against
        return Progress.IMPLEMENTED if met else Progress.PARTLY

    def _look(self, on: date) -> None:
        """Look at scopes until one is enough for an answer."""
        while self._open and not self._falling:
            (place, record), fact = self._open.popitem()
            state = self._days.state(fact, on)
            if state is not None:
                self._known[place, record] = state
                self._count(place, state, 1)

    def _count(self, place: int, state: ScopeState, by: int) -> None:
        causes = {reason.cause for reason in state.reasons}
        credit = self._facts.credits[place]
        # Without a control that covers it wholly it is never implemented, whatever the others show.
        short = any(bears(credit, cause, covered=True) for cause in causes - SOUND)
        waits = Cause.NOT_APPROVED in causes
        self._running[place] += by
        self._waiting += by * waits
        self._short += by * short
        self._falling += by * (short and not waits)


def _turns(
    facts: RequirementFacts, *, until: date
) -> Sequence[tuple[date, list[tuple[int, ImplementationFact]]]]:
    """Return the days on which something turned, the latest first, with what turned."""
    found: dict[date, list[tuple[int, ImplementationFact]]] = {}
    for place, credit in enumerate(facts.credits):
        for fact in credit.implementations:
            for day in turning_days(fact):
                found.setdefault(day, []).append((place, fact))
    for matter in facts.matters:
        for day in _matter_days(matter):
            found.setdefault(day, [])
    return sorted(
        ((day, turned) for day, turned in found.items() if day <= until),
        key=lambda entry: entry[0],
        reverse=True,
    )


def _matter_days(matter: MatterFact) -> Iterable[date]:
    yield matter.opened_on
    if matter.closed_on is not None:
        yield matter.closed_on
    if matter.due_on is not None:
        yield matter.due_on + _A_DAY
