"""Keeping an item: what it is called, who keeps it, how long, and whether it is held."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import index
from twofold.evidence.models import Classification, EvidenceItem
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import require_unchanged, required
from twofold.people.models import Person


@dataclass(frozen=True)
class Description:
    """What is said of an item beside its versions.

    Attributes:
        owner: who keeps it current; None: nobody is named.
        retain_until: the last day that it has to be kept; None: no end is set.
    """

    title: str
    kind: str
    classification: Classification
    owner: Person | None
    retain_until: date | None


def describe(
    item: EvidenceItem,
    description: Description,
    *,
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> EvidenceItem:
    """Change what is said of an item.

    Args:
        expected: the revision that was shown to whoever changes it; None: nobody says.

    Raises:
        AccessDenied: the actor may not add evidence in the item's unit.
        InvalidInput: a field is not acceptable.
        Conflict: it was changed since it was shown, or was erased.
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    with transaction.atomic():
        held = standing(item)
        require_unchanged(held, expected)
        held.title = required(
            description.title,
            200,
            field="title",
            message=_("Give a title of 1 to %(maximum)s characters."),
        )
        held.kind = required(
            description.kind,
            60,
            field="kind",
            message=_("Give a kind of 1 to %(maximum)s characters."),
        )
        held.classification = description.classification
        held.owner = _active(description.owner)
        held.retain_until = description.retain_until
        held.save()
        ledger.record(held, "described", by=by.ledger_name, at=at)
        index.renew(held)
    return held


def hold(item: EvidenceItem, *, reason: str, by: Actor, at: datetime) -> EvidenceItem:
    """Put an item on legal hold: it cannot be erased until the hold ends.

    Raises:
        AccessDenied: the actor may not hold evidence in the item's unit.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is held already, or was erased.
    """
    access.require(by, Permission.HOLD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    with transaction.atomic():
        held = standing(item)
        if held.hold_reason:
            raise Conflict(_("The item is held already: %(reason)s") % {"reason": held.hold_reason})
        held.hold_reason = required(
            reason,
            300,
            field="reason",
            message=_("Say in 1 to %(maximum)s characters why it is held."),
        )
        held.save()
        ledger.record(held, "held", by=by.ledger_name, at=at)
    return held


def end_hold(item: EvidenceItem, *, reason: str, by: Actor, at: datetime) -> EvidenceItem:
    """End the legal hold of an item.

    Raises:
        AccessDenied: the actor may not hold evidence in the item's unit.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is not held, or was erased.
    """
    access.require(by, Permission.HOLD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    with transaction.atomic():
        held = standing(item)
        if not held.hold_reason:
            raise Conflict(_("The item is not held."))
        why = required(
            reason,
            300,
            field="reason",
            message=_("Say in 1 to %(maximum)s characters why the hold ends."),
        )
        held.hold_reason = ""
        held.save()
        ledger.record(held, "released", by=by.ledger_name, at=at, body={"reason": why})
    return held


def standing(item: EvidenceItem) -> EvidenceItem:
    """Return an item as it stands now, locked until the transaction ends.

    Raises:
        Conflict: it was erased.
    """
    found = (
        EvidenceItem.objects.select_for_update(of=("self",)).select_related("unit").get(pk=item.pk)
    )
    if found.erased_at is not None:
        raise Conflict(_("The item was erased: nothing of it can be changed."))
    return found


def _active(person: Person | None) -> Person | None:
    if person is not None and not person.is_active:
        raise InvalidInput(_("Name an active person."), field="owner")
    return person
