"""Posture: the computed state of every requirement of every framework on a date."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from twofold.catalog.model import Framework, Requirement
from twofold.domain.readiness import Cause, Readiness, Reason, Status
from twofold.people.access import Actor
from twofold.reporting.judged import Judged
from twofold.reporting.standing import Standing, standing


@dataclass(frozen=True)
class RequirementState:
    """A requirement with its computed readiness."""

    requirement: Requirement
    readiness: Readiness


@dataclass(frozen=True)
class FrameworkPosture:
    """The state of one framework.

    Attributes:
        counts: requirements by status, every status present.
        score: mean score over requirements where it is defined, 0 to 1; None where there is none.
        scored: how many requirements that mean rests on.
        total: auditable requirements.
        overridden: how many of them show a status that was set by hand.
    """

    framework: Framework
    states: tuple[RequirementState, ...]
    counts: Mapping[Status, int]
    score: float | None
    scored: int
    total: int
    overridden: int

    @property
    def met(self) -> int:
        """How many requirements are conforming or effective."""
        return self.counts[Status.CONFORMING] + self.counts[Status.EFFECTIVE]


@dataclass(frozen=True)
class NextAction:
    """A reason to act on, once for all the requirements that it holds back.

    Attributes:
        example: the first of those requirements.
        holds_back: how many there are, over all frameworks.
    """

    reason: Reason
    example: RequirementState
    holds_back: int


@dataclass(frozen=True)
class Posture:
    """The state of all frameworks on a date, and what to do next."""

    on: date
    frameworks: tuple[FrameworkPosture, ...]
    next_actions: tuple[NextAction, ...]


_TO_DO = (Status.PARTIAL, Status.GAP, Status.UNKNOWN)
#: Reasons that ask for something: harm first, then what a signature settles, then what is missing.
_URGENCY = (
    Cause.OPEN_MAJOR,
    Cause.OPEN_BREACH,
    Cause.ACTION_OVERDUE,
    Cause.OPEN_MINOR,
    Cause.EVIDENCE_EXPIRED,
    Cause.REVIEW_OVERDUE,
    Cause.EVIDENCE_NOT_ACCEPTED,
    Cause.NOT_APPROVED,
    Cause.NO_OWNER,
    Cause.CHECK_ERROR,
    Cause.CHECK_FAILED,
    Cause.NO_EVIDENCE,
    Cause.NOT_DECIDED,
    Cause.NOT_IMPLEMENTED,
    Cause.NO_CONTROL,
)


def posture(by: Actor, *, at: datetime, on: date | None = None, actions: int = 8) -> Posture:
    """Return the posture that the actor may see.

    Args:
        on: the day that is asked for; None: today.
        actions: how many next actions are picked.

    Raises:
        InvalidInput: the day lies ahead.
    """
    found = standing(by, at=at, on=on)
    frameworks = tuple(
        framework_posture(framework, found) for framework in found.catalog.frameworks
    )
    return Posture(found.on, frameworks, _next_actions(found, frameworks, actions))


def framework_posture(framework: Framework, found: Judged) -> FrameworkPosture:
    """Return the state of one framework."""
    states = tuple(
        RequirementState(requirement, found.readiness[requirement.id])
        for requirement in framework.requirements
        if requirement.auditable
    )
    counted = Counter(state.readiness.status for state in states)
    scores = [state.readiness.score for state in states if state.readiness.score is not None]
    return FrameworkPosture(
        framework=framework,
        states=states,
        counts={status: counted[status] for status in Status},
        score=sum(scores) / len(scores) if scores else None,
        scored=len(scores),
        total=len(states),
        overridden=sum(state.readiness.overridden for state in states),
    )


def _next_actions(
    found: Standing, frameworks: Iterable[FrameworkPosture], wanted: int
) -> tuple[NextAction, ...]:
    """Return the most pressing reasons; among equals, the one that holds back most comes first.

    Reasons that stand in a scope are taken from the sums of its control, a few of each: what this
    costs depends on the size of the catalogue alone.
    """
    to_do = {
        state.requirement.id: state
        for posture in frameworks
        for state in posture.states
        if state.readiness.status in _TO_DO
    }
    picked: list[NextAction] = []
    for cause in _URGENCY:
        held: dict[tuple[str, str], tuple[Reason, dict[str, None]]] = {}
        for reason, requirements in (*_of_scopes(found, cause, wanted), *_own(to_do, cause)):
            key = (reason.record or reason.about, reason.detail)
            _first, holding = held.setdefault(key, (reason, {}))
            holding.update((key, None) for key in requirements if key in to_do)
        of_cause = [
            NextAction(reason, to_do[next(iter(holding))], len(holding))
            for reason, holding in held.values()
            if holding
        ]
        picked += sorted(of_cause, key=lambda entry: -entry.holds_back)
        if len(picked) >= wanted:
            break
    return tuple(picked[:wanted])


def _of_scopes(
    found: Standing, cause: Cause, wanted: int
) -> Iterator[tuple[Reason, Sequence[str]]]:
    """Yield the first reasons of a cause in scopes, with the requirements of their control."""
    for control, reasons in found.worst(cause, wanted).items():
        served = found.catalog.control_by_id.get(control)
        if served is not None:
            held = found.held_by(served, cause)
            for reason in reasons:
                yield reason, held


def _own(
    to_do: Mapping[str, RequirementState], cause: Cause
) -> Iterator[tuple[Reason, Sequence[str]]]:
    """Yield the reasons of a cause that requirements have by themselves."""
    for key, state in to_do.items():
        for reason in state.readiness.reasons:
            of_itself = reason.about == key or reason.cause is Cause.NOT_IMPLEMENTED
            if reason.cause is cause and of_itself:
                yield reason, [key]
