"""Deciding applicability, running controls, claiming and accepting evidence."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.catalog.load import catalog
from twofold.controls.models import Applicability, EvidenceClaim, Implementation
from twofold.controls.queries import library_control
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import names_behind
from twofold.inventory.models import AISystem
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.models import Person, Unit


@dataclass(frozen=True)
class Decision:
    """Whether a requirement applies, and why."""

    requirement: str
    applicable: bool
    reason: str


@transaction.atomic
def decide_applicability(
    decisions: Sequence[Decision], *, unit: Unit, by: Actor, at: datetime
) -> list[Applicability]:
    """Decide whether requirements apply in the unit; a later decision replaces an earlier one.

    Raises:
        AccessDenied: the actor may not decide this in the unit, or is no person.
        InvalidInput: an unknown requirement or one given twice, a reason missing, or something
            excluded that cannot be.
    """
    access.require(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at)
    person_id = _person_behind(by)
    for decision in decisions:
        _check_decision(decision)
    _check_once(decisions)
    # Whoever decides the same at once waits here.
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    standing = {
        kept.requirement: kept
        for kept in Applicability.objects.filter(
            unit=unit, requirement__in=[decision.requirement for decision in decisions]
        )
    }
    saved = []
    for decision in decisions:
        kept = standing.get(decision.requirement) or Applicability(
            unit=unit, requirement=decision.requirement
        )
        kept.applicable = decision.applicable
        kept.reason = decision.reason.strip()
        kept.decided_by_id = person_id
        kept.decided_at = at
        kept.save()
        saved.append(kept)
    ledger.record_all(saved, "decided", by=by.ledger_name, at=at)
    return saved


@transaction.atomic
def implement(
    control: str,
    *,
    unit: Unit,
    system: AISystem | None = None,
    owner: Person | None,
    description: str,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Say how a control of the library is run in a scope.

    Raises:
        AccessDenied: the actor may not implement controls there, or is no person.
        InvalidInput: an unknown control, a system of another unit, or no description.
        Conflict: the control is implemented in that scope already.
    """
    subject = system.ledger_subject if system else ""
    access.require(by, Permission.IMPLEMENT_CONTROL, unit=unit, at=at, subject=subject)
    library_control(control)
    if system and system.unit_id != unit.pk:
        raise InvalidInput(_("The AI system belongs to another unit."), field="system")
    _check_description(description)
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    if Implementation.objects.filter(control=control, unit=unit, system=system).exists():
        raise Conflict(_("This control is implemented in this scope already."), field="control")
    made = Implementation.objects.create(
        control=control,
        unit=unit,
        system=system,
        owner=owner,
        description=description.strip(),
        described_by_id=_person_behind(by),
        started_at=at,
    )
    ledger.record(made, "described", by=by.ledger_name, at=at)
    return made


@transaction.atomic
def approve_implementation(
    implementation: Implementation, *, review_due_date: date, by: Actor, at: datetime
) -> Implementation:
    """Approve how a control is run, until the next review.

    Raises:
        AccessDenied: the actor may not approve controls there.
        SeparationOfDuties: the actor described it or owns it.
        InvalidInput: the next review lies in the past.
    """
    row = (
        Implementation.objects.select_for_update(of=("self",))
        .select_related("unit")
        .get(pk=implementation.pk)
    )
    access.require(by, Permission.APPROVE_CONTROL, unit=row.unit, at=at)
    access.require_another(
        by, than=[row.described_by_id, row.owner_id], what=_("the approval of a control")
    )
    if review_due_date <= at.date():
        raise InvalidInput(_("The next review must lie ahead."), field="review_due_date")
    row.approved_by_id = by.person_id
    row.approved_at = at
    row.review_due_date = review_due_date
    row.save()
    ledger.record(row, "approved", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def claim(
    implementation: Implementation,
    *,
    evidence: EvidenceVersion,
    need: str,
    statement: str,
    by: Actor,
    at: datetime,
) -> EvidenceClaim:
    """Claim that evidence shows something of how a control operates; somebody else accepts it.

    Args:
        need: the evidence kind among the control's needs that it answers.

    Raises:
        AccessDenied: the actor may not claim evidence there, or not read this evidence.
        InvalidInput: the control has no such need, or there is no statement.
        Conflict: this evidence is claimed for this need already.
    """
    subject = implementation.system.ledger_subject if implementation.system else ""
    access.require(by, Permission.CLAIM, unit=implementation.unit, at=at, subject=subject)
    item = evidence.item
    access.require(by, Permission.READ, unit=item.unit, at=at, subject=item.about)
    needs = [entry.kind for entry in library_control(implementation.control).evidence]
    if need not in needs:
        raise InvalidInput(
            _("This control asks for %(needs)s.") % {"needs": ", ".join(needs)}, field="need"
        )
    if not _fits(statement, 500):
        raise InvalidInput(_("Say in 1 to 500 characters what it shows."), field="statement")
    Implementation.objects.select_for_update(no_key=True).get(pk=implementation.pk)
    if EvidenceClaim.objects.filter(
        implementation=implementation, evidence=evidence, need=need
    ).exists():
        raise Conflict(_("This evidence is claimed for this already."), field="evidence")
    made = EvidenceClaim.objects.create(
        implementation=implementation,
        evidence=evidence,
        need=need,
        statement=statement.strip(),
        claimed_by_id=by.person_id,
        claimed_at=at,
    )
    ledger.record(made, "claimed", by=by.ledger_name, at=at)
    return made


@transaction.atomic
def accept_claim(claim: EvidenceClaim, *, by: Actor, at: datetime) -> EvidenceClaim:
    """Accept that the evidence shows what is claimed.

    Raises:
        AccessDenied: the actor may not accept claims there.
        SeparationOfDuties: the actor made the claim or is the author of the evidence.
        Conflict: it is accepted already.
    """
    row = (
        EvidenceClaim.objects.select_for_update(of=("self",))
        .select_related("implementation__unit", "evidence")
        .get(pk=claim.pk)
    )
    access.require(by, Permission.ACCEPT_CLAIM, unit=row.implementation.unit, at=at)
    # The author may have worked through a token, or accept through one.
    author_id = by.person_id if row.evidence.author in names_behind(by) else None
    access.require_another(
        by, than=[row.claimed_by_id, author_id], what=_("the acceptance of evidence")
    )
    if row.accepted_at is not None:
        raise Conflict(_("This claim is accepted already."))
    row.accepted_by_id = by.person_id
    row.accepted_at = at
    row.save(update_fields=["accepted_by", "accepted_at"])
    ledger.record(row, "accepted", by=by.ledger_name, at=at)
    return row


def _person_behind(by: Actor) -> uuid.UUID:
    if by.person_id is None:
        raise AccessDenied(_("A person must decide this."))
    return by.person_id


def _check_description(description: str) -> None:
    if not _fits(description, 4000):
        raise InvalidInput(
            _("Say in 1 to 4,000 characters how it is done here."), field="description"
        )


def _check_decision(decision: Decision) -> None:
    requirement = catalog().requirements.get(decision.requirement)
    if requirement is None or not requirement.auditable:
        raise InvalidInput(
            _("There is no requirement %(id)s.") % {"id": decision.requirement},
            field="requirement",
        )
    if not decision.applicable and not requirement.excludable:
        raise InvalidInput(
            _("%(id)s cannot be excluded: only a control of an annex can.")
            % {"id": decision.requirement},
            field="applicable",
        )
    if not _fits(decision.reason, 1000):
        raise InvalidInput(_("Give a reason of 1 to 1,000 characters."), field="reason")


def _check_once(decisions: Sequence[Decision]) -> None:
    for requirement, times in Counter(decision.requirement for decision in decisions).items():
        if times > 1:
            raise InvalidInput(
                _("%(id)s is decided twice at once.") % {"id": requirement}, field="requirement"
            )


def _fits(text: str, maximum: int) -> bool:
    """Return whether there is a text, not too long and without what a database cannot hold."""
    return bool(text.strip()) and len(text) <= maximum and "\0" not in text
