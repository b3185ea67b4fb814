"""Preparing and approving versions of the Statements of Applicability."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.controls.exclusions import needs_of_excluded
from twofold.controls.models import Statement
from twofold.controls.queries import canonical, library
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import person_behind, require_unchanged
from twofold.people.models import Unit


@transaction.atomic
def prepare_statement(
    framework: str,
    content_now: Callable[[], Mapping[str, Any]],
    *,
    unit: Unit,
    change_note: str = "",
    by: Actor,
    at: datetime,
) -> Statement:
    """Keep a draft of the next version, in place of a draft that nobody approved.

    Args:
        content_now: returns every row as the facts stand; reporting computes it, nobody types it.
            It is asked once whoever prepares or approves at once has been waited for.

    Raises:
        AccessDenied: the actor may not prepare statements in the unit, or is no person.
        InvalidInput: there is no such standard, or the note is too long.
    """
    access.require(by, Permission.PREPARE_STATEMENT, unit=unit, at=at)
    if framework not in {entry.id for entry in library().frameworks if entry.certifiable}:
        raise InvalidInput(
            _("There is no standard %(id)s with such a statement.") % {"id": framework},
            field="framework",
        )
    if len(change_note) > 500 or "\0" in change_note:
        raise InvalidInput(_("The note has at most 500 characters."), field="change_note")
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    rows = Statement.objects.filter(unit=unit, framework=framework)
    last = rows.exclude(approved_at=None).order_by("-number").first()
    row = rows.filter(approved_at=None).first() or Statement(
        unit=unit, framework=framework, number=last.number + 1 if last else 1
    )
    row.content = canonical(content_now())
    row.sha256 = hashlib.sha256(row.content.encode()).hexdigest()
    row.change_note = change_note.strip()
    row.prepared_by_id = person_behind(by)
    row.prepared_at = at
    row.save()
    ledger.record(row, "prepared", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def approve_statement(
    statement: Statement,
    *,
    content_now: Callable[[Statement], Mapping[str, Any]],
    effective_date: date,
    expected: int | None = None,
    by: Actor,
    at: datetime,
) -> Statement:
    """Approve and seal a version: from now on it never changes.

    Args:
        content_now: returns what the version would say at this moment. It is asked once the
            version is locked, so that nothing older is sealed.
        expected: the revision that the approver read; None: any.

    Raises:
        AccessDenied: the actor may not approve statements in the unit.
        SeparationOfDuties: the actor prepared it.
        InvalidInput: it would take effect before today.
        Conflict: it is approved already, a control is not decided, included without a ground, or
            excluded while something needs it, or the facts have changed since it was prepared.
        Outdated: it was prepared anew since it was read.
    """
    rows = Statement.objects.select_for_update(of=("self",)).select_related("unit")
    row = rows.get(pk=statement.pk)
    access.require(by, Permission.APPROVE_STATEMENT, unit=row.unit, at=at)
    access.require_another(
        by, than=[row.prepared_by_id], what=_("the approval of a Statement of Applicability")
    )
    if row.approved_at is not None:
        raise Conflict(_("This version is approved already."))
    if effective_date < at.date():
        raise InvalidInput(_("It cannot take effect in the past."), field="effective_date")
    require_unchanged(row, expected)
    # Whoever decides on a control in the unit at once waits, or is waited for.
    Unit.objects.select_for_update(no_key=True).get(pk=row.unit_id)
    found = content_now(row)
    _refuse_open_points(found, row.unit)
    if hashlib.sha256(canonical(found).encode()).hexdigest() != row.sha256:
        raise Conflict(_("The facts have changed since it was prepared: prepare it again."))
    row.approved_by_id = by.person_id
    row.approved_at = at
    row.effective_date = effective_date
    row.save()
    ledger.record(row, "approved", by=by.ledger_name, at=at)
    return row


def _refuse_open_points(content: Mapping[str, Any], unit: Unit) -> None:
    """Raise Conflict where a control is undecided, groundless, or excluded and needed."""
    undecided = [row["id"] for row in content["rows"] if row["applicable"] is None]
    if undecided:
        raise Conflict(_("Nobody has decided on %(controls)s.") % {"controls": _named(undecided)})
    groundless = [row["id"] for row in content["rows"] if row["applicable"] and not row["grounds"]]
    if groundless:
        raise Conflict(
            _("No ground for inclusion is given for %(controls)s.")
            % {"controls": _named(groundless)}
        )
    excluded = [row["id"] for row in content["rows"] if row["applicable"] is False]
    for control, names in needs_of_excluded(excluded, unit).items():
        raise Conflict(
            _("%(id)s is excluded and needed by %(names)s.")
            % {"id": control, "names": _named(names)}
        )


def _named(ids: list[str]) -> str:
    rest = len(ids) - 5
    shown = ", ".join(ids[:5])
    return _("%(ids)s and %(rest)d more") % {"ids": shown, "rest": rest} if rest > 0 else shown
