"""Erasing an item: its key, its files, what is personal in its rows, and the salts behind them.

The rows stay, with what is not personal: the ledger's proofs of them still verify. Past days, too,
stay as they were shown; from the day of the erasure on nothing rests on the item any more, which
is the business of whoever calls (`twofold.controls.actions`).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import index
from twofold.evidence.keeping import standing
from twofold.evidence.keys import destroy_key
from twofold.evidence.models import EvidenceItem, EvidenceText, EvidenceVersion
from twofold.evidence.storage import StoreUnavailable, delete_stored
from twofold.ledger import actions as ledger
from twofold.ledger.erasing import destroy_salts, kept_in_clear
from twofold.people import access, erasure
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict
from twofold.people.models import Erasure

_log = logging.getLogger(__name__)
ITEM = EvidenceItem._meta.label_lower
#: An entry has at most 64 KiB: an item with more versions is told in several entries.
_TOGETHER = 300
#: How long the worker tries to remove the files of an item that was erased.
_TRIED = timedelta(days=7)


@dataclass(frozen=True)
class Extent:
    """What the erasure of an item takes away.

    Attributes:
        versions: how many; size: bytes of their contents.
        in_clear: kept states from before titles and file names were committed to, which tell them
            and stay.
    """

    versions: int
    size: int
    in_clear: int


def extent_of(item: EvidenceItem) -> Extent:
    """Return what the erasure of an item takes away, and what it cannot."""
    versions = list(EvidenceVersion.objects.filter(item=item))
    in_clear = kept_in_clear(EvidenceItem, [item.ledger_subject]) + kept_in_clear(
        EvidenceVersion, [version.ledger_subject for version in versions]
    )
    return Extent(len(versions), sum(version.size for version in versions), in_clear)


@transaction.atomic
def ask(item: EvidenceItem, *, reason: str, by: Actor, at: datetime) -> Erasure:
    """Ask that an item is erased with all its versions.

    Raises:
        AccessDenied: the actor may not erase evidence in the item's unit, or is no person.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is on legal hold, erased, or its erasure is asked for already.
    """
    access.require(by, Permission.ERASE_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    held = standing(item)
    _require_free(held)
    return erasure.enter(
        held.ledger_subject, kind=held.kind, unit=held.unit, reason=reason, by=by, at=at
    )


@transaction.atomic
def erase(request: Erasure, *, by: Actor, at: datetime) -> EvidenceItem:
    """Erase an item, as somebody else asked.

    Its files are removed once this is committed; where that fails, the worker tries again.

    Raises:
        AccessDenied: the actor may not erase evidence in the item's unit.
        SeparationOfDuties: the actor asked for it, or no person stands behind them.
        Conflict: it is on legal hold, or the erasure is decided already.
    """
    asked = erasure.waiting(request)
    item = EvidenceItem.objects.select_related("unit").get(pk=asked.subject.partition(":")[2])
    access.require(by, Permission.ERASE_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    erasure.require_second(asked, by)
    held = standing(item)
    _require_free(held)
    versions = list(
        EvidenceVersion.objects.select_for_update(no_key=True).filter(item=held).order_by("number")
    )
    going = _files_of_nobody_else(versions)
    _blank(held, versions, by=by, at=at)
    body = {"reason": asked.reason, "asked_by": f"person:{asked.asked_by_id}"}
    # Also those that another item has too: what this one committed to is explained by its erasure.
    files = list(dict.fromkeys(version.stored_sha256 for version in versions))
    for part in _parts(files, versions):
        ledger.record(held, "erased", by=by.ledger_name, at=at, body={**body, **part})
    destroy_salts([row.ledger_subject for row in (held, *versions)])
    erasure.enter_decision(asked, by=by, at=at)
    transaction.on_commit(lambda: _remove(going))
    return held


def finish(*, at: datetime) -> int:
    """Remove the files that erasures of the last days left behind; return how many there were.

    A process may have ended, or the place for files may not have answered, after the erasure was
    committed.
    """
    versions = EvidenceVersion.objects.filter(item__erased_at__gt=at - _TRIED)
    return _remove(_files_of_nobody_else(list(versions)))


def _require_free(item: EvidenceItem) -> None:
    if item.hold_reason:
        raise Conflict(
            _("The item is on legal hold and cannot be erased: %(reason)s")
            % {"reason": item.hold_reason}
        )


def _blank(
    item: EvidenceItem, versions: Sequence[EvidenceVersion], *, by: Actor, at: datetime
) -> None:
    """Take out of the rows what is personal, and destroy the key."""
    destroy_key(item)
    EvidenceText.objects.filter(version__item=item).delete()
    index.forget(item)
    for version in versions:
        version.sha256 = version.file_name = version.source = ""
    EvidenceVersion.objects.bulk_update(versions, ["sha256", "file_name", "source"], _TOGETHER)
    item.title = ""
    item.erased_at = at
    item.save(update_fields=["title", "erased_at"])
    ledger.record_all(versions, "emptied", by=by.ledger_name, at=at)


def _files_of_nobody_else(versions: Sequence[EvidenceVersion]) -> list[str]:
    """Return the files of versions, in order, that no item which stands has too.

    Files from before they were encrypted are stored once for all who added the same bytes.
    """
    found = dict.fromkeys(version.stored_sha256 for version in versions)
    items = {version.item_id for version in versions}
    shared: set[str] = set()
    wanted = list(found)
    for start in range(0, len(wanted), _TOGETHER):
        others = EvidenceVersion.objects.filter(
            stored_sha256__in=wanted[start : start + _TOGETHER], item__erased_at=None
        ).exclude(item__in=items)
        shared.update(others.values_list("stored_sha256", flat=True))
    return [address for address in wanted if address not in shared]


def _parts(
    files: Sequence[str], versions: Sequence[EvidenceVersion]
) -> Iterator[dict[str, list[str]]]:
    """Yield files and versions in portions that an entry holds; at least one."""
    names = [version.ledger_subject for version in versions]
    for start in range(0, max(len(files), len(names), 1), _TOGETHER):
        portion = slice(start, start + _TOGETHER)
        yield {"blobs": list(files[portion]), "versions": names[portion]}


def _remove(files: Sequence[str]) -> int:
    removed = 0
    for address in files:
        try:
            removed += delete_stored(address)
        except StoreUnavailable:
            _log.exception("The stored file %s of an erased item is not removed yet", address)
    return removed
