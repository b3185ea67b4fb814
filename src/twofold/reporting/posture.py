"""Posture: the computed state of every requirement of every framework on a date."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from twofold.catalog.load import catalog
from twofold.catalog.model import Framework, Requirement
from twofold.domain.readiness import Readiness, Status, assess
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
class Posture:
    """The state of all frameworks on a date, and what to do next."""

    on: date
    frameworks: tuple[FrameworkPosture, ...]
    next_actions: tuple[RequirementState, ...]


#: States on which something is to be done, the most promising first: partly done work is nearest.
_TO_DO = (Status.PARTIAL, Status.GAP, Status.UNKNOWN)


def posture(by: Actor, *, at: datetime, actions: int = 8) -> Posture:
    """Return the posture that the actor may see at this time.

    Args:
        actions: how many next actions are picked, one per cause and record.
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


def _next_actions(
    frameworks: tuple[FrameworkPosture, ...], wanted: int
) -> tuple[RequirementState, ...]:
    """Return requirements whose first reason is worth acting on, each reason once."""
    waiting = sorted(
        (
            state
            for posture in frameworks
            for state in posture.states
            if state.readiness.status in _TO_DO
        ),
        key=lambda state: _TO_DO.index(state.readiness.status),
    )
    picked: dict[tuple[str, str], RequirementState] = {}
    for state in waiting:
        reason = state.readiness.reasons[0]
        picked.setdefault((reason.cause, reason.record or reason.about), state)
        if len(picked) == wanted:
            break
    return tuple(picked.values())
