"""The live database as a source for the verifier: one snapshot of everything it checks."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from django.db.models import F

from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerRevision,
    LedgerSalt,
    LedgerTile,
)
from twofold.ledger.recorded import Recorded, recorded_models, state_text
from twofold_verify.source import LiveRow, Part, Revision
from twofold_verify.tiles import split_hashes

Opener = Callable[[str], BinaryIO | None]
_CHUNK = 2000


class DatabaseSource:
    """Reads the ledger's tables and every recorded table; used inside one transaction."""

    def __init__(self, *openers: Opener) -> None:
        """Take the functions that open stored files by SHA-256, asked in order."""
        self._openers = openers

    def has(self, part: Part) -> bool:
        """Return True: nothing was left out."""
        return True

    def checkpoint(self) -> str | None:
        """Return the newest signed note."""
        last = LedgerCheckpoint.objects.order_by("-size").first()
        return last.note if last else None

    def entries(self) -> Iterator[bytes]:
        """Yield the sequenced entries by index."""
        rows = LedgerEntry.objects.exclude(index=None).order_by("index")
        yield from _bytes(rows.values_list("data", flat=True).iterator(_CHUNK))

    def leaf_hashes(self) -> Iterator[bytes]:
        """Yield the hashes of the widest tile at each place of level 0."""
        index, newest = -1, b""
        rows = LedgerTile.objects.filter(level=0).order_by("index", "width")
        for place, hashes in rows.values_list("index", "hashes").iterator(_CHUNK):
            if place != index:
                yield from split_hashes(newest)
            index, newest = place, bytes(hashes)
        yield from split_hashes(newest)

    def pending(self) -> Iterator[bytes]:
        """Yield the entries that wait for the sequencer."""
        rows = LedgerEntry.objects.filter(index=None).order_by("id")
        yield from _bytes(rows.values_list("data", flat=True).iterator(_CHUNK))

    def revisions(self) -> Iterator[Revision]:
        """Yield the kept states in the order of their entries."""
        rows = LedgerRevision.objects.order_by(F("entry__index").asc(nulls_last=True), "entry_id")
        values = rows.values_list("entry__subject", "entry__revision", "state")
        for subject, number, state in values.iterator(_CHUNK):
            yield Revision(subject, number, state)

    def live(self) -> Iterator[LiveRow]:
        """Yield the state of every row of every recorded table, hashed anew."""
        for model in recorded_models():
            salts = _salts(model)
            rows = model._base_manager.order_by("pk")  # noqa: SLF001 - every row
            for row in rows.iterator(_CHUNK):
                subject = row.ledger_subject
                yield LiveRow(subject, _state(row, salts.get(subject)))

    def open_blob(self, sha256: str) -> BinaryIO | None:
        """Return the stored file from the first opener that has it."""
        for opener in self._openers:
            found = opener(sha256)
            if found is not None:
                return found
        return None


def _bytes(values: Iterator[bytes | memoryview]) -> Iterator[bytes]:
    for value in values:
        yield bytes(value)


def _salts(model: type[Recorded]) -> dict[str, bytes]:
    if not model.personal:
        return {}
    rows = LedgerSalt.objects.filter(subject__startswith=f"{model._meta.label_lower}:")
    return {subject: bytes(salt) for subject, salt in rows.values_list("subject", "salt")}


def _state(row: Recorded, salt: bytes | None) -> str:
    """Return the row's state; a row whose salt is gone has a state that fits no entry."""
    if row.personal and salt is None:
        return "no salt stands for this row"
    return state_text(row, salt=salt)
