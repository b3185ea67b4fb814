"""Ending how a control is run: one asks, another confirms, and until then it counts on."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.controls.actions.implementations import locked
from twofold.controls.models import Implementation
from twofold.controls.retirement import refuse_open
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict
from twofold.people.given import person_behind, required


@transaction.atomic
def ask_to_retire(
    implementation: Implementation, *, reason: str, by: Actor, at: datetime
) -> Implementation:
    """Ask that a control is no longer run in a scope; nothing changes until another confirms it.

    Raises:
        AccessDenied: the actor may not implement controls there, or is no person.
        InvalidInput: no reason.
        Conflict: it ended or was asked for already, or something is open against it, which is
            named: a finding is closed by what was done about it and not by letting its control go.
    """
    row = locked(implementation, by=by, at=at)
    if row.retirement_asked_at is not None:
        raise Conflict(_("That it ends was asked for already."))
    refuse_open(row)
    row.retirement = required(
        reason, 500, field="reason", message=_("Give a reason of 1 to %(maximum)s characters.")
    )
    row.retirement_asked_by_id = person_behind(by)
    row.retirement_asked_at = at
    row.save()
    ledger.record(row, "retirement_asked", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def confirm_retirement(
    implementation: Implementation, *, by: Actor, at: datetime
) -> Implementation:
    """End how a control is run, as another person asked; what was shown of it stays on record.

    Raises:
        AccessDenied: the actor may not approve controls there.
        SeparationOfDuties: the actor asked for it.
        Conflict: nobody asked for it, it ended already, or something is open against it.
    """
    row = locked(implementation, by=by, at=at, permission=Permission.APPROVE_CONTROL)
    asked = row.retirement_asked_by_id
    if asked is None:
        raise Conflict(_("Nobody asked that it ends."))
    access.require_another(by, than={asked}, what=_("the end of a control"))
    refuse_open(row)
    row.retired_by_id = by.person_id
    row.retired_at = at
    row.save()
    ledger.record(row, "retired", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def keep_running(implementation: Implementation, *, by: Actor, at: datetime) -> Implementation:
    """Take back that a control should end in a scope: it is run as before.

    Raises:
        AccessDenied: the actor may not implement controls there, or is no person.
        Conflict: nobody asked that it ends, or it ended already.
    """
    row = locked(implementation, by=by, at=at)
    person_behind(by)
    if row.retirement_asked_at is None:
        raise Conflict(_("Nobody asked that it ends."))
    row.retirement = ""
    row.retirement_asked_by = row.retirement_asked_at = None
    row.save()
    ledger.record(row, "retirement_dropped", by=by.ledger_name, at=at)
    return row
