"""Adding evidence: an item, and versions of its content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import blobs
from twofold.evidence.models import Classification, EvidenceItem, EvidenceVersion
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import InvalidInput
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
    by: Actor,
    at: datetime,
) -> EvidenceItem:
    """Create an item with its first version; the file is on the disk before the rows are.

    Raises:
        AccessDenied: the actor may not add evidence in the unit.
        InvalidInput: a field is not acceptable, or the file is too large or empty.
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=unit, at=at, subject=about)
    if not fits(title.strip(), 200):
        raise InvalidInput(_("Give a title of 1 to 200 characters."), field="title")
    if not fits(kind, 60):
        raise InvalidInput(_("Give a kind of 1 to 60 characters."), field="kind")
    stored = _store(content)
    with transaction.atomic():
        item = EvidenceItem.objects.create(
            title=title.strip(),
            kind=kind,
            unit=unit,
            about=about,
            classification=classification,
            created_at=at,
        )
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
    """
    access.require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    stored = _store(content)
    with transaction.atomic():
        EvidenceItem.objects.select_for_update().get(pk=item.pk)
        return _save_version(item, content, stored, by=by, at=at)


def _store(content: Content) -> blobs.StoredBlob:
    """Check the content's dates and write its file."""
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
    try:
        stored = blobs.store(content.chunks, limit=settings.MAXIMUM_UPLOAD_BYTES)
    except blobs.BlobTooLarge:
        raise InvalidInput(
            _("The file is larger than %(megabytes)d MB.")
            % {"megabytes": settings.MAXIMUM_UPLOAD_BYTES // 1024**2},
            field="file",
        ) from None
    except blobs.BlobEmpty:
        raise InvalidInput(_("The file is empty."), field="file") from None
    return stored


def _save_version(
    item: EvidenceItem, content: Content, stored: blobs.StoredBlob, *, by: Actor, at: datetime
) -> EvidenceVersion:
    last = EvidenceVersion.objects.filter(item=item).order_by("-number").first()
    version = EvidenceVersion.objects.create(
        item=item,
        number=last.number + 1 if last else 1,
        sha256=stored.sha256,
        size=stored.size,
        file_name=content.file_name,
        media_type=content.media_type,
        author=by.ledger_name,
        source=content.source,
        period_from=content.period_from,
        period_to=content.period_to,
        valid_until=content.valid_until,
        added_at=at,
    )
    ledger.record(
        version, "added", by=by.ledger_name, at=at, blobs=[Blob(stored.sha256, stored.size)]
    )
    return version
