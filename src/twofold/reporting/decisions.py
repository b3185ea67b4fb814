"""Decisions of applicability behind what is computed, as an actor may read them."""

from datetime import datetime
from uuid import UUID

from twofold.controls.models import Applicability
from twofold.controls.queries import visible_decisions
from twofold.domain.readiness import ApplicabilityFact
from twofold.ledger.queries import revision_of
from twofold.people.access import Actor
from twofold.people.models import Unit


def decision_behind(
    fact: ApplicabilityFact | None, by: Actor, *, at: datetime
) -> Applicability | None:
    """Return the decision that a state rests on; None without one. One query at most.

    It is the one that holds for the actor: of their own unit, or of the nearest one above.
    """
    if fact is None or not fact.record:
        return None
    key = UUID(fact.record.partition(":")[2])
    return visible_decisions(by, at=at).filter(pk=key).first()


def decision_revision(requirement: str, unit: Unit) -> int:
    """Return the revision of the decision that a unit itself took; 0: it took none."""
    row = Applicability.objects.filter(unit=unit, requirement=requirement).only("pk").first()
    return revision_of(row.ledger_subject) if row else 0
