"""Saying how controls are run, and having it approved."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.catalog.controls import LONGEST
from twofold.catalog.model import ControlCheck, EvidenceNeed
from twofold.controls.models import Implementation
from twofold.controls.queries import library_control, library_may_have_changed, rule_values
from twofold.domain.checks import monotony_fault
from twofold.inventory.models import AISystem
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import fits, person_behind, require_unchanged, required
from twofold.people.models import Person, Unit

_MOST = 20
_LONGEST_PERIOD_DAYS = 1100
_LONGEST_REVIEW_DAYS = 1100


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
    person_id = person_behind(by)
    # Whoever takes the control out of the library at once waits here, or is waited for.
    Unit.objects.select_for_update(no_key=True).get(parent=None)
    library_may_have_changed()
    library_control(control)
    if system and system.unit_id != unit.pk:
        raise InvalidInput(_("The AI system belongs to another unit."), field="system")
    description = _description(description)
    if Implementation.objects.filter(
        control=control, unit=unit, system=system, retired_at=None
    ).exists():
        raise Conflict(_("This control is implemented in this scope already."), field="control")
    made = Implementation.objects.create(
        control=control,
        unit=unit,
        system=system,
        owner=owner,
        description=description,
        described_by_id=person_id,
        contributors=[str(person_id)],
        started_at=at,
    )
    ledger.record(made, "described", by=by.ledger_name, at=at)
    return made


@transaction.atomic
def revise_implementation(
    implementation: Implementation,
    *,
    owner: Person | None,
    description: str,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Describe anew how a control is run; the approval ends, and somebody approves again.

    Raises:
        AccessDenied: the actor may not implement controls there, or is no person.
        InvalidInput: no description.
        Conflict: the control is no longer run there.
    """
    row = locked(implementation, by=by, at=at)
    row.description = _description(description)
    row.owner = owner
    row.await_approval(person_behind(by))
    row.described_by_id = person_behind(by)
    row.save()
    ledger.record(row, "described", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def approve_implementation(
    implementation: Implementation,
    *,
    review_due_date: date,
    expected: int | None = None,
    by: Actor,
    at: datetime,
) -> Implementation:
    """Approve how a control is run, until the next review.

    Args:
        expected: the revision that the approver read; None: any.

    Raises:
        AccessDenied: the actor may not approve controls there.
        SeparationOfDuties: the actor described it, owns it, or changed what is asked for since it
            was last approved.
        InvalidInput: the next review lies in the past, or more than 1,100 days ahead.
        Conflict: the control is no longer run there.
        Outdated: it was changed since it was read.
    """
    row = locked(implementation, by=by, at=at, permission=Permission.APPROVE_CONTROL)
    require_unchanged(row, expected)
    access.require_another(by, than=row.hands, what=_("the approval of a control"))
    if review_due_date <= at.date():
        raise InvalidInput(_("The next review must lie ahead."), field="review_due_date")
    if review_due_date > at.date() + timedelta(days=_LONGEST_REVIEW_DAYS):
        raise InvalidInput(
            _("The next review lies within %(days)d days.") % {"days": _LONGEST_REVIEW_DAYS},
            field="review_due_date",
        )
    row.contributors = []
    row.approved_by_id = by.person_id
    row.approved_at = at
    row.review_due_date = review_due_date
    row.save()
    ledger.record(row, "approved", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def require_evidence(
    implementation: Implementation, needs: Sequence[EvidenceNeed], *, by: Actor, at: datetime
) -> Implementation:
    """Set which evidence shows here that the control operates, and how often; it needs approval.

    Raises:
        AccessDenied: the actor may not implement controls there, or is no person.
        InvalidInput: none, too many, a kind twice, or a kind, title or period that does not fit.
        Conflict: the control is no longer run there.
    """
    row = locked(implementation, by=by, at=at)
    if not 1 <= len(needs) <= _MOST:
        raise InvalidInput(
            _("Ask for 1 to %(most)d kinds of evidence.") % {"most": _MOST}, field="needs"
        )
    if len({need.kind for need in needs}) < len(needs):
        raise InvalidInput(_("A kind of evidence is asked for twice."), field="needs")
    for need in needs:
        if not (fits(need.kind, 60) and fits(need.title, 200)):
            raise InvalidInput(_("Each evidence has a kind and a title."), field="needs")
        if not 1 <= need.period_days <= _LONGEST_PERIOD_DAYS:
            raise InvalidInput(
                _("Evidence is renewed after 1 to %(days)d days.") % {"days": _LONGEST_PERIOD_DAYS},
                field="needs",
            )
    row.needs = [
        {"kind": need.kind, "title": need.title, "period_days": need.period_days} for need in needs
    ]
    return _change_terms(row, "evidence_required", by=by, at=at)


@transaction.atomic
def set_checks(
    implementation: Implementation, checks: Sequence[ControlCheck], *, by: Actor, at: datetime
) -> Implementation:
    """Set which checks run here; fewer than the control suggests need approval like anything else.

    Raises:
        AccessDenied: the actor may not implement controls there, or is no person.
        InvalidInput: too many, one twice, an id or a title that is blank or too long, or a rule
            that could fail because evidence is added.
        Conflict: the control is no longer run there.
    """
    row = locked(implementation, by=by, at=at)
    if len(checks) > _MOST or len({check.id for check in checks}) < len(checks):
        raise InvalidInput(
            _("Give at most %(most)d checks, each once.") % {"most": _MOST}, field="checks"
        )
    longest = LONGEST["check"]
    for check in checks:
        if not (fits(check.id, longest["id"]) and fits(check.title, longest["title"])):
            raise InvalidInput(
                _("Each check has an id of 1 to %(id)d and a title of 1 to %(title)d characters.")
                % longest,
                field="checks",
            )
        fault = monotony_fault(check.rule)
        if fault is not None:
            raise InvalidInput(f"{check.id}: {fault}", field="checks")
    row.checks = [
        {"id": check.id, "title": check.title, "rule": rule_values(check.rule)} for check in checks
    ]
    return _change_terms(row, "checks_set", by=by, at=at)


def _change_terms(row: Implementation, kind: str, *, by: Actor, at: datetime) -> Implementation:
    """Save what is asked for here; whoever asks for less cannot also be who approves it."""
    row.await_approval(person_behind(by))
    row.save()
    ledger.record(row, kind, by=by.ledger_name, at=at)
    return row


def locked(
    implementation: Implementation,
    *,
    by: Actor,
    at: datetime,
    permission: Permission = Permission.IMPLEMENT_CONTROL,
) -> Implementation:
    """Return the row, locked, when the actor may act on it in this way and it is still run.

    Raises:
        AccessDenied: the actor may not act on it in this way.
        Conflict: the control is no longer run there.
    """
    rows: Any = Implementation.objects.select_for_update(of=("self",))
    row: Implementation = rows.select_related("unit", "system").get(pk=implementation.pk)
    subject = row.system.ledger_subject if row.system else ""
    access.require(by, permission, unit=row.unit, at=at, subject=subject)
    if row.retired_at is not None:
        raise Conflict(_("This control is no longer run there."))
    return row


def _description(description: str) -> str:
    return required(
        description,
        4000,
        field="description",
        message=_("Say in 1 to %(maximum)s characters how it is done here."),
    )
