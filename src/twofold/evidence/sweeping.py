"""Sweeping: stored files that nothing refers to, found and removed once they are old.

A file is stored before the rows that refer to it are. Whoever is killed in between leaves a file
without rows; one that was stored today may still get them.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings

from twofold.evidence import erasure
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.storage import Listed, delete_stored, stores_of_installation
from twofold.evidence.storage.folder import remove_unfinished

#: What is younger may belong to an upload that is still on its way.
OLD = timedelta(days=1)
_TOGETHER = 500


@dataclass(frozen=True)
class Swept:
    """What was found and done.

    Attributes:
        unfinished: files that were begun, never ended, and are removed.
        erased: files of erased items that were still there, and are removed.
        unreferenced: stored files that no version refers to.
        removed: how many of them were old and are removed.
    """

    unfinished: int
    erased: int
    unreferenced: tuple[Listed, ...]
    removed: int


def sweep(*, remove: bool, at: datetime) -> Swept:
    """Remove what was begun and never ended, finish erasures, and find what nothing refers to.

    Args:
        remove: whether stored files that nothing refers to are removed when they are a day old.

    Raises:
        StoreUnavailable: the place for stored files does not answer.
    """
    found = tuple(_unreferenced())
    old = [entry for entry in found if entry.written_at < at - OLD] if remove else []
    return Swept(
        unfinished=remove_forgotten(at=at),
        erased=erasure.finish(at=at),
        unreferenced=found,
        removed=sum(delete_stored(entry.sha256) for entry in old),
    )


def remove_forgotten(*, at: datetime) -> int:
    """Remove what arrived or was written halfway more than a day ago; return how many files."""
    before = at - OLD
    removed = remove_unfinished(Path(settings.BLOBS), before=before)
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime >= before.timestamp():
                continue
            if path.is_file():
                path.unlink()
                removed += 1
            else:
                # An export that ended with its process.
                shutil.rmtree(path)
    return removed


def _unreferenced() -> Iterator[Listed]:
    for store in stores_of_installation():
        for batch in _batches(store.listing()):
            rows = EvidenceVersion.objects.filter(
                stored_sha256__in=[entry.sha256 for entry in batch]
            )
            known = set(rows.values_list("stored_sha256", flat=True))
            yield from (entry for entry in batch if entry.sha256 not in known)


def _batches(listed: Iterable[Listed]) -> Iterator[list[Listed]]:
    rest = iter(listed)
    while batch := list(islice(rest, _TOGETHER)):
        yield batch
