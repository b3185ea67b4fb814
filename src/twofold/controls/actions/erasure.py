"""Erasing what controls may rest on: what was claimed with erased evidence counts no longer.

Adapters ask and confirm here, for records of every kind that can be erased.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.controls.models import EvidenceClaim
from twofold.evidence import erasure
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import visible_items
from twofold.ledger import actions as ledger
from twofold.people.access import Actor
from twofold.people.erasure import PERSON, ask_to_erase, erase_person
from twofold.people.errors import InvalidInput, NotFound
from twofold.people.models import Erasure
from twofold.people.queries import person_for


def ask_for_erasure(subject: str, *, reason: str, by: Actor, at: datetime) -> Erasure:
    """Ask that a record is erased; somebody else confirms it.

    Args:
        subject: ledger name of an evidence item or a person that the actor may see.

    Raises:
        AccessDenied: the actor may not erase such records there, or is no person.
        InvalidInput: records of this kind are not erased, or no reason is given.
        NotFound: there is no such record.
        Conflict: it is erased, held, asked for already, or cannot be spared.
    """
    label, _separator, text = subject.partition(":")
    if label not in {erasure.ITEM, PERSON}:
        raise InvalidInput(_("Evidence items and persons can be erased."), field="subject")
    try:
        key = UUID(text)
    except ValueError:
        raise NotFound(_("There is no such record."), field="subject") from None
    if label == PERSON:
        return ask_to_erase(person_for(key, by, at=at), reason=reason, by=by, at=at)
    item = visible_items(by, at=at).filter(pk=key).first()
    if item is None:
        raise NotFound(_("There is no such record."), field="subject")
    return erasure.ask(item, reason=reason, by=by, at=at)


def confirm_erasure(request: Erasure, *, by: Actor, at: datetime) -> None:
    """Erase a record of whatever kind, as somebody else asked.

    Raises:
        AccessDenied: the actor may not erase such records there.
        SeparationOfDuties: the actor asked for it, is the person, or is no person.
        Conflict: it is decided already, held, or cannot be spared.
    """
    if request.subject.startswith(f"{PERSON}:"):
        erase_person(request, by=by, at=at)
    else:
        erase_evidence(request, by=by, at=at)


@transaction.atomic
def erase_evidence(request: Erasure, *, by: Actor, at: datetime) -> EvidenceItem:
    """Erase an item as somebody else asked, and withdraw every claim that stands on it.

    From today on the evidence counts for nothing; past days stay as they were.

    Raises:
        AccessDenied: the actor may not erase evidence in the item's unit.
        SeparationOfDuties: the actor asked for it, or no person stands behind them.
        Conflict: it is on legal hold, or the erasure is decided already.
    """
    item = erasure.erase(request, by=by, at=at)
    claims = list(
        EvidenceClaim.objects.select_for_update(no_key=True, of=("self",))
        .filter(evidence__item=item, rejected_at=None, withdrawn_at=None)
        .order_by("pk")
    )
    for claim in claims:
        claim.withdrawal = _("The evidence was erased.")
        claim.withdrawn_by_id = by.person_id
        claim.withdrawn_at = at
        claim.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal"])
    if claims:
        ledger.record_all(claims, "withdrawn", by=by.ledger_name, at=at)
    return item
