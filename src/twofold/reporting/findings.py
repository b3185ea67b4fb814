"""What an open finding holds back: the requirements it counts against, with it and without it."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from twofold.catalog.model import Catalog, Requirement
from twofold.domain.readiness import Readiness, RequirementFacts, assess
from twofold.domain.supposition import Change, Supposition, suppose, suppose_of
from twofold.findings.models import Finding, Grade
from twofold.people.access import Actor
from twofold.reporting.standing import standing


@dataclass(frozen=True)
class HeldBack:
    """A requirement that a finding counts against.

    Attributes:
        now: its state, with every reason.
        without: what its state would be if this finding alone were closed.
    """

    requirement: Requirement
    now: Readiness
    without: Readiness


def held_back(finding: Finding, by: Actor, *, at: datetime) -> list[HeldBack]:
    """Return the requirements that a finding counts against today, by framework and number.

    None for one that is closed, or that is an opportunity for improvement: it weighs nothing. What
    the actor may not see is left out.
    """
    if finding.closed_at is not None or finding.grade == Grade.IMPROVEMENT:
        return []
    found = standing(by, at=at)
    held: list[HeldBack] = []
    for requirement in _bearing_on(finding, found.catalog):
        facts = found.facts_of(requirement)
        without = _without(facts, finding.ledger_subject, found.on)
        if without != facts:
            held.append(HeldBack(requirement, assess(facts, found.on), assess(without, found.on)))
    return held


def _bearing_on(finding: Finding, catalog: Catalog) -> list[Requirement]:
    """Return the requirements that a finding may count against, in the order of the catalogue."""
    keys = {finding.requirement}
    if finding.implementation is not None:
        control = catalog.control_by_id.get(finding.implementation.control)
        keys = {credit.requirement for credit in control.credits} if control else set()
    return [entry for entry in catalog.requirements.values() if entry.id in keys]


def _without(facts: RequirementFacts, record: str, on: date) -> RequirementFacts:
    """Return the facts as they would be if this finding alone were closed."""
    closed = Supposition(Change.CLOSES, record)
    return replace(
        suppose_of(facts, closed, on),
        credits=tuple(
            replace(
                credit,
                implementations=tuple(suppose(fact, closed, on) for fact in credit.implementations),
            )
            for credit in facts.credits
        ),
    )
