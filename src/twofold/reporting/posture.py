"""Posture: the computed state of every requirement of every framework on a date."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from twofold.catalog.load import catalog
from twofold.catalog.model import Framework, Requirement
from twofold.domain.readiness import Cause, Readiness, Reason, Status, assess
from twofold.people.access import Actor
from twofold.reporting.facts import Facts, gather


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
    """

    framework: Framework
    states: tuple[RequirementState, ...]
    counts: Mapping[Status, int]
    score: float | None
    scored: int
    total: int


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
    Cause.OPEN_BREACH,
    Cause.EVIDENCE_EXPIRED,
    Cause.REVIEW_OVERDUE,
    Cause.EVIDENCE_NOT_ACCEPTED,
    Cause.NOT_APPROVED,
    Cause.NO_OWNER,
    Cause.NO_EVIDENCE,
    Cause.NOT_DECIDED,
    Cause.NOT_IMPLEMENTED,
    Cause.NO_CONTROL,
)


def posture(by: Actor, *, at: datetime, actions: int = 8) -> Posture:
    """Return the posture that the actor may see at this time.

    Args:
        actions: how many next actions are picked.
    """
    facts = gather(by, at=at)
    frameworks = tuple(
        framework_posture(framework, facts, on=at.date()) for framework in catalog().frameworks
    )
    return Posture(at.date(), frameworks, _next_actions(frameworks, actions))


def framework_posture(framework: Framework, facts: Facts, *, on: date) -> FrameworkPosture:
    """Return the state of one framework from facts."""
    states = tuple(
        RequirementState(requirement, assess(facts.of(requirement), on))
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
    )


def _next_actions(frameworks: tuple[FrameworkPosture, ...], wanted: int) -> tuple[NextAction, ...]:
    """Return the most pressing reasons; among equals, the one that holds back most comes first."""
    found: dict[tuple[Cause, str, str], NextAction] = {}
    for state in (state for posture in frameworks for state in posture.states):
        if state.readiness.status not in _TO_DO:
            continue
        for reason in state.readiness.reasons:
            if reason.cause not in _URGENCY:
                continue
            key = (reason.cause, reason.record or reason.about, reason.detail)
            known = found.get(key)
            found[key] = NextAction(
                known.reason if known else reason,
                known.example if known else state,
                known.holds_back + 1 if known else 1,
            )
    pressing = sorted(
        found.values(), key=lambda entry: (_URGENCY.index(entry.reason.cause), -entry.holds_back)
    )
    return tuple(pressing[:wanted])
