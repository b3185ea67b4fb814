"""Links: an item bears on a record of another kind. Each link and each unlink is recorded."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence.keeping import standing
from twofold.evidence.models import EvidenceItem, EvidenceLink
from twofold.ledger import actions as ledger
from twofold.ledger.queries import revision_of
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput

_PURPOSE_LENGTH = 300


def link(
    item: EvidenceItem, target: str, *, purpose: str = "", by: Actor, at: datetime
) -> EvidenceLink:
    """Link an item to a record.

    Args:
        target: ledger name of the record, such as `findings.finding:<id>`.
        purpose: what it shows of the record, in words; may be left out.

    Raises:
        AccessDenied: the actor may not add evidence in the item's unit.
        InvalidInput: there is no such record, or the purpose is too long.
        Conflict: it is linked already, or the item was erased.
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    if len(purpose) > _PURPOSE_LENGTH or "\0" in purpose:
        raise InvalidInput(
            _("Say it in %(maximum)d characters.") % {"maximum": _PURPOSE_LENGTH}, field="purpose"
        )
    if target == item.ledger_subject or "\0" in target or not revision_of(target):
        raise InvalidInput(_("There is no such record to link to."), field="target")
    with transaction.atomic():
        held = standing(item)
        if EvidenceLink.objects.filter(item=held, target=target, removed_at=None).exists():
            raise Conflict(_("The item is linked to this record already."), field="target")
        made = EvidenceLink.objects.create(
            item=held, target=target, purpose=purpose.strip(), made_by=by.ledger_name, made_at=at
        )
        ledger.record(made, "linked", by=by.ledger_name, at=at)
    return made


def unlink(link: EvidenceLink, *, by: Actor, at: datetime) -> EvidenceLink:
    """Take a link away; that it stood stays in the record.

    Raises:
        AccessDenied: the actor may not add evidence in the item's unit.
        Conflict: it was taken away already.
    """
    item = link.item
    access.require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    with transaction.atomic():
        held = EvidenceLink.objects.select_for_update().get(pk=link.pk)
        if held.removed_at is not None:
            raise Conflict(_("The link was taken away already."))
        held.removed_by, held.removed_at = by.ledger_name, at
        held.save()
        ledger.record(held, "unlinked", by=by.ledger_name, at=at)
    return held
