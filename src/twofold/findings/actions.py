"""Raising findings, answering them with a corrective action, and closing them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from twofold.controls import actions as controls
from twofold.controls.models import Implementation, ImportedFramework
from twofold.controls.queries import library
from twofold.findings.models import Finding, Grade
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import person_behind, require_unchanged, required
from twofold.people.models import Person, Unit

#: What takes longer is not a corrective action that anybody waits for.
_LONGEST_ACTION_DAYS = 365


@dataclass(frozen=True)
class Observed:
    """What was found.

    Attributes:
        requirement: id of the requirement that is not met; may be blank with an implementation.
        implementation: the control as it is run that does not hold.
    """

    title: str
    statement: str
    grade: Grade
    requirement: str = ""
    implementation: Implementation | None = None


@dataclass(frozen=True)
class Answer:
    """Why it happened, and what is done about it by when."""

    cause: str
    action: str
    due_date: date
    owner: Person


@transaction.atomic
def raise_finding(observed: Observed, *, unit: Unit, by: Actor, at: datetime) -> Finding:
    """Raise a finding; it counts against what it is about until somebody closes it.

    Raises:
        AccessDenied: the actor may not raise findings in the unit, or is no person.
        InvalidInput: it is about nothing, about an unknown requirement, about a control that is run
            in another unit or no longer, or a text is missing or too long.
    """
    access.require(by, Permission.RAISE_FINDING, unit=unit, at=at)
    _check(observed, unit)
    # Whoever raises another at once waits here for the number.
    Unit.objects.select_for_update(no_key=True).get(parent=None)
    _require_run(observed.implementation)
    last = Finding.objects.aggregate(last=Max("number"))["last"] or 0
    made = Finding.objects.create(
        number=last + 1,
        unit=unit,
        requirement=observed.requirement,
        implementation=observed.implementation,
        grade=observed.grade,
        title=observed.title.strip(),
        statement=observed.statement.strip(),
        raised_by_id=person_behind(by),
        raised_at=at,
    )
    ledger.record(made, "raised", by=by.ledger_name, at=at)
    return made


@transaction.atomic
def answer_finding(
    finding: Finding, answer: Answer, *, expected: int | None = None, by: Actor, at: datetime
) -> Finding:
    """Say why it happened, what is done about it, by whom and by when.

    Args:
        expected: the revision that was read; None: any.

    Raises:
        AccessDenied: the actor may not answer findings in the unit.
        InvalidInput: a text is missing or too long, or the date lies in the past or more than
            365 days ahead.
        Conflict: it is closed already.
        Outdated: it was changed since it was read.
    """
    row = _open(finding, by, Permission.ANSWER_FINDING, at)
    require_unchanged(row, expected)
    row.cause = _text(answer.cause, "cause")
    row.action = _text(answer.action, "action")
    if answer.due_date < at.date():
        raise InvalidInput(_("The action cannot be due in the past."), field="due_date")
    if answer.due_date > at.date() + timedelta(days=_LONGEST_ACTION_DAYS):
        raise InvalidInput(
            _("The action is due within %(days)d days.") % {"days": _LONGEST_ACTION_DAYS},
            field="due_date",
        )
    row.due_date = answer.due_date
    row.owner = answer.owner
    row.answered_by_id = by.person_id
    row.save()
    ledger.record(row, "answered", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def close_finding(
    finding: Finding,
    *,
    effectiveness: str,
    expected: int | None = None,
    by: Actor,
    at: datetime,
) -> Finding:
    """Close a finding whose corrective action was seen to work.

    Args:
        expected: the revision that was read; None: any.

    Raises:
        AccessDenied: the actor may not close findings in the unit.
        SeparationOfDuties: the actor owns the corrective action, or said what it is.
        InvalidInput: it is not said how it shows that the action works.
        Conflict: it is closed already, or nothing was done about it yet.
        Outdated: it was changed since it was read.
    """
    row = _open(finding, by, Permission.CLOSE_FINDING, at)
    require_unchanged(row, expected)
    if not row.action and row.grade != Grade.IMPROVEMENT:
        raise Conflict(_("Nobody has said yet what is done about it."))
    access.require_another(
        by, than=[row.owner_id, row.answered_by_id], what=_("the closing of a finding")
    )
    row.effectiveness = _text(effectiveness, "effectiveness")
    row.closed_by_id = by.person_id
    row.closed_at = at
    row.save()
    ledger.record(row, "closed", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def withdraw_framework(code: str, *, reason: str, by: Actor, at: datetime) -> ImportedFramework:
    """Follow an imported framework no longer, when nothing bears on it; closed findings do too.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        NotFound: no imported framework of this code is followed.
        Conflict: findings, controls, decisions, overrides or statements name its requirements.
        InvalidInput: no reason is given.
    """
    row = controls.withdraw_framework(code, reason=reason, by=by, at=at)
    named = Finding.objects.filter(requirement__startswith=f"{code}:").order_by("number")
    if names := [str(finding) for finding in named]:
        raise Conflict(
            _("%(code)s cannot be withdrawn, findings name it: %(findings)s.")
            % {"code": code, "findings": ", ".join(names)}
        )
    return row


def _check(observed: Observed, unit: Unit) -> None:
    if not observed.requirement and observed.implementation is None:
        raise InvalidInput(_("Say which requirement or control it is about."), field="requirement")
    if observed.requirement:
        found = library().requirements.get(observed.requirement)
        if found is None or not found.auditable:
            raise InvalidInput(
                _("There is no requirement %(id)s.") % {"id": observed.requirement},
                field="requirement",
            )
    if observed.implementation and observed.implementation.unit_id != unit.pk:
        raise InvalidInput(_("The control is run in another unit."), field="implementation")
    required(
        observed.title,
        200,
        field="title",
        message=_("Give a title of 1 to %(maximum)s characters."),
    )
    _text(observed.statement, "statement")


def _require_run(implementation: Implementation | None) -> None:
    """Return when it is still run; an end that comes at once waits, or is waited for."""
    if implementation is None:
        return
    row = Implementation.objects.select_for_update(no_key=True).get(pk=implementation.pk)
    if row.retired_at is not None:
        raise InvalidInput(_("This control is no longer run there."), field="implementation")


def _open(finding: Finding, by: Actor, permission: Permission, at: datetime) -> Finding:
    """Return the finding, locked, when the actor may act on it in this way and it is open."""
    rows = Finding.objects.select_for_update(of=("self",)).select_related("unit")
    row = rows.get(pk=finding.pk)
    access.require(by, permission, unit=row.unit, at=at)
    if row.closed_at is not None:
        raise Conflict(_("This finding is closed already."))
    return row


def _text(text: str, field: str) -> str:
    return required(text, 4000, field=field, message=_("Write 1 to %(maximum)s characters."))
