"""Reading the ledger: how far it reaches, and the history of one record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from twofold.ledger import keys
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry
from twofold_verify.entry import Entry, EntryError, decode


@dataclass(frozen=True)
class LedgerPosition:
    """How far the ledger reaches.

    Attributes:
        verifier: the public key that checkpoints are verified with, to be given out of band.
        size: entries under the last checkpoint.
        root: its root in hex; blank before the first.
        signed_at: when it was signed.
        waiting: entries that are written and not yet under a checkpoint.
    """

    origin: str
    verifier: str
    size: int
    root: str
    note: str
    signed_at: datetime | None
    waiting: int


@dataclass(frozen=True)
class LedgerLine:
    """One entry and its place; index None while it waits for the sequencer."""

    index: int | None
    entry: Entry
    leaf_hash: str


def last_checkpoint() -> LedgerCheckpoint | None:
    """Return the newest checkpoint, or None before the first."""
    return LedgerCheckpoint.objects.order_by("-size").first()


def position() -> LedgerPosition:
    """Return how far the ledger reaches."""
    key = keys.verifier()
    last = last_checkpoint()
    return LedgerPosition(
        origin=key.name,
        verifier=str(key),
        size=last.size if last else 0,
        root=bytes(last.root).hex() if last else "",
        note=last.note if last else "",
        signed_at=last.signed_at if last else None,
        waiting=LedgerEntry.objects.filter(index=None).count(),
    )


def history(subject: str, *, limit: int = 100) -> list[LedgerLine]:
    """Return the newest entries of one record, newest first."""
    rows = LedgerEntry.objects.filter(subject=subject).order_by("-revision")[:limit]
    return list(_lines(rows.iterator()))


def newest(*, limit: int = 50) -> list[LedgerLine]:
    """Return the newest entries of all, newest first."""
    return list(_lines(LedgerEntry.objects.order_by("-id")[:limit].iterator()))


def _lines(rows: Iterator[LedgerEntry]) -> Iterator[LedgerLine]:
    for row in rows:
        yield LedgerLine(row.index, _entry(row), octets(row.leaf_hash).hex())


def _entry(row: LedgerEntry) -> Entry:
    """Return the entry; for bytes that are none any more a stand-in, so that a page still shows."""
    try:
        return decode(octets(row.data))
    except EntryError:
        return Entry(
            kind="ledger.entry.unreadable",
            subject=row.subject,
            revision=row.revision,
            previous=None,
            actor="system:unknown",
            recorded_at=row.recorded_at,
            body={},
            state=None,
        )
