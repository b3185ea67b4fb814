"""Adding evidence: an item, and versions of its content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import index, keys
from twofold.evidence.intake import TakenIn, take_in
from twofold.evidence.keeping import standing
from twofold.evidence.models import Classification, EvidenceItem, EvidenceVersion
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import fits
from twofold.people.models import Unit
from twofold_verify.entry import Blob


@dataclass(frozen=True)
class Content:
    """A file and what it speaks of.

    Attributes:
        chunks: the bytes, in pieces.
        period_from: first day that the content speaks of.
        period_to: last day that the content speaks of.
        valid_until: last day on which it still counts.
        source: where it comes from, in words.
    """

    chunks: Iterable[bytes]
    file_name: str
    media_type: str
    source: str
    period_from: date
    period_to: date
    valid_until: date


def add_item(  # noqa: PLR0913 - the columns of an item
    title: str,
    *,
    kind: str,
    unit: Unit,
    content: Content,
    about: str = "",
    classification: Classification = Classification.INTERNAL,
    key: UUID | None = None,
    by: Actor,
    at: datetime,
) -> EvidenceItem:
    """Create an item with its first version; the file is stored before the rows are.

    Args:
        key: the item's own, so that whoever asks again after an answer was lost adds nothing twice.

    Raises:
        AccessDenied: the actor may not add evidence in the unit.
        InvalidInput: a field is not acceptable, or the file is too large or empty.
        Conflict: there is an item of this key already, or the file cannot be stored now.
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=unit, at=at, subject=about)
    if not fits(title.strip(), 200):
        raise InvalidInput(_("Give a title of 1 to 200 characters."), field="title")
    if not fits(kind, 60):
        raise InvalidInput(_("Give a kind of 1 to 60 characters."), field="kind")
    _require_new(key)
    secret = keys.new_key()
    stored = _store(content, secret)
    with transaction.atomic():
        _require_new(key)
        item = EvidenceItem.objects.create(
            pk=key or uuid4(),
            title=title.strip(),
            kind=kind,
            unit=unit,
            about=about,
            classification=classification,
            created_at=at,
        )
        keys.keep_key(item, secret)
        ledger.record(item, "added", by=by.ledger_name, at=at)
        _save_version(item, content, stored, by=by, at=at)
    return item


def add_version(
    item: EvidenceItem, *, content: Content, by: Actor, at: datetime
) -> EvidenceVersion:
    """Add a newer content to an item.

    Raises:
        AccessDenied: the actor may not add evidence in the item's unit.
        InvalidInput: a field is not acceptable, or the file is too large or empty.
        Conflict: the item was erased, or the file cannot be stored now.
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    stored = _store(content, _secret_of(item))
    with transaction.atomic():
        # It may have been erased while the file was on its way.
        return _save_version(standing(item), content, stored, by=by, at=at)


def _require_new(key: UUID | None) -> None:
    if key is not None and EvidenceItem.objects.filter(pk=key).exists():
        raise Conflict(_("There is an item of this key already."), field="evidence_id")


@transaction.atomic
def _secret_of(item: EvidenceItem) -> bytes:
    """Return the key of an item; one from before it had any gets it now."""
    held = standing(item)
    found = keys.key_of(held.pk)
    if found is None:
        found = keys.new_key()
        keys.keep_key(held, found)
    return found


def _store(content: Content, secret: bytes) -> TakenIn:
    """Check the content's dates and what it is, and write its file past the scanner."""
    if content.period_to < content.period_from:
        raise InvalidInput(_("The period ends before it begins."), field="period_to")
    if content.valid_until < content.period_to:
        raise InvalidInput(
            _("Evidence cannot end to count before its period ends."), field="valid_until"
        )
    for field, value, maximum in (
        ("file", content.file_name, 200),
        ("media_type", content.media_type, 100),
        # Where it comes from may be left unsaid.
        ("source", content.source or "-", 200),
    ):
        if not fits(value, maximum):
            raise InvalidInput(
                _("Give 1 to %(maximum)d characters.") % {"maximum": maximum}, field=field
            )
    return take_in(
        content.chunks, file_name=content.file_name, media_type=content.media_type, key=secret
    )


def _save_version(
    item: EvidenceItem, content: Content, stored: TakenIn, *, by: Actor, at: datetime
) -> EvidenceVersion:
    kept = stored.kept
    last = EvidenceVersion.objects.filter(item=item).order_by("-number").first()
    version = EvidenceVersion.objects.create(
        item=item,
        number=last.number + 1 if last else 1,
        sha256=kept.sha256,
        size=kept.size,
        stored_sha256=kept.stored_sha256,
        stored_size=kept.stored_size,
        quarantine=stored.quarantine,
        file_name=content.file_name,
        media_type=stored.media_type,
        author=by.ledger_name,
        source=content.source,
        period_from=content.period_from,
        period_to=content.period_to,
        valid_until=content.valid_until,
        added_at=at,
    )
    # To the bytes as they lie: whoever verifies needs no key.
    lying = Blob(kept.stored_sha256, kept.stored_size)
    ledger.record(version, "added", by=by.ledger_name, at=at, blobs=[lying])
    index.enter(version)
    return version
