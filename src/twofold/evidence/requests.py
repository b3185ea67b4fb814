"""Requests: somebody is asked for evidence by a day, and answers with a version of an item."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence.models import EvidenceItem, EvidenceRequest, EvidenceVersion
from twofold.ledger import actions as ledger
from twofold.ledger.queries import revision_of
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.given import required
from twofold.people.models import Person, Unit

_DETAILS_LENGTH = 4000


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        kind: of evidence, as the control library names it.
        about: ledger name of the record that it is about; blank: the unit.
        owner: who owes it.
    """

    title: str
    details: str
    kind: str
    about: str
    owner: Person
    due_date: date


def ask(unit: Unit, asked: Asked, *, by: Actor, at: datetime) -> EvidenceRequest:
    """Ask somebody for evidence.

    Raises:
        AccessDenied: the actor may not ask for evidence in the unit.
        InvalidInput: a field is not acceptable, the day has passed, or the person may not add
            evidence there.
    """
    access.require(by, Permission.ASK_EVIDENCE, unit=unit, at=at, subject=asked.about)
    title = required(
        asked.title,
        200,
        field="title",
        message=_("Say in 1 to %(maximum)s characters what is asked for."),
    )
    kind = required(
        asked.kind, 60, field="kind", message=_("Give a kind of 1 to %(maximum)s characters.")
    )
    if len(asked.details) > _DETAILS_LENGTH or "\0" in asked.details:
        raise InvalidInput(
            _("Give at most %(maximum)d characters.") % {"maximum": _DETAILS_LENGTH},
            field="details",
        )
    if asked.due_date < at.date():
        raise InvalidInput(_("The day has passed."), field="due_date")
    if asked.about and not revision_of(asked.about):
        raise InvalidInput(_("There is no such record."), field="about")
    _require_able(asked.owner, unit, asked.about, at)
    with transaction.atomic():
        made = EvidenceRequest.objects.create(
            unit=unit,
            title=title,
            details=asked.details.strip(),
            kind=kind,
            about=asked.about,
            owner=asked.owner,
            due_date=asked.due_date,
            asked_by=by.ledger_name,
            asked_at=at,
        )
        ledger.record(made, "asked", by=by.ledger_name, at=at)
    return made


def answer(
    request: EvidenceRequest, *, version: EvidenceVersion, by: Actor, at: datetime
) -> EvidenceRequest:
    """Answer a request with a version of evidence.

    Raises:
        AccessDenied: the actor may not add evidence in the request's unit.
        InvalidInput: the version was erased, is in quarantine, or lies in another unit.
        Conflict: the request is closed already.
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=request.unit, at=at, subject=request.about)
    if not version.item.unit.path.startswith(request.unit.path):
        raise InvalidInput(_("The item lies in another unit."), field="version")
    with transaction.atomic():
        held = _open(request)
        _require_readable(version)
        held.answer, held.closed_at = version, at
        held.save()
        ledger.record(held, "answered", by=by.ledger_name, at=at)
    return held


def withdraw(request: EvidenceRequest, *, reason: str, by: Actor, at: datetime) -> EvidenceRequest:
    """Take a request back.

    Raises:
        AccessDenied: the actor may not ask for evidence in the unit.
        InvalidInput: no reason is given, or it is too long.
        Conflict: the request is closed already.
    """
    access.require(by, Permission.ASK_EVIDENCE, unit=request.unit, at=at, subject=request.about)
    why = required(
        reason,
        300,
        field="reason",
        message=_("Say in 1 to %(maximum)s characters why it is taken back."),
    )
    with transaction.atomic():
        held = _open(request)
        held.withdrawal, held.closed_at = why, at
        held.save()
        ledger.record(held, "withdrawn", by=by.ledger_name, at=at)
    return held


def _open(request: EvidenceRequest) -> EvidenceRequest:
    held = EvidenceRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if held.closed_at is not None:
        raise Conflict(_("The request is closed already."))
    return held


def _require_readable(version: EvidenceVersion) -> None:
    """Raise `InvalidInput` when nobody can open the version; its item is locked meanwhile."""
    item = EvidenceItem.objects.select_for_update().get(pk=version.item_id)
    version.refresh_from_db(fields=["quarantine"])
    if item.erased_at is not None or version.quarantine:
        raise InvalidInput(_("This version cannot be opened by anybody."), field="version")


def _require_able(owner: Person, unit: Unit, about: str, at: datetime) -> None:
    """Raise `InvalidInput` when the person could not answer."""
    try:
        access.require(
            access.actor_of(owner), Permission.ADD_EVIDENCE, unit=unit, at=at, subject=about
        )
    except AccessDenied:
        raise InvalidInput(
            _("%(person)s may not add evidence there, so could not answer.")
            % {"person": owner.name},
            field="owner",
        ) from None
