"""Reading the ledger: how far it reaches, and the history of one record."""

import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max, Q, QuerySet

from twofold.ledger import keys
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerRevision
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


@dataclass(frozen=True)
class Mark:
    """How far somebody has followed the ledger, in the order in which entries were written.

    Attributes:
        entry: the newest entry that was read; 0 before any.
        leaf: its hash, so that a ledger that was rolled back or restored is noticed.
        missing: entries below it that were not there yet, and when that was first seen; another
            transaction may still commit them.
    """

    entry: int = 0
    leaf: bytes = b""
    missing: tuple[tuple[int, float], ...] = ()


#: More changes than this are read anew at once.
_MOST_CHANGES = 5000
#: A number that was drawn and did not appear for so long belongs to a change that was rolled back.
_GIVEN_UP_S = 900.0
#: How far below the newest entry a transaction that began earlier may still commit.
_LOOK_BACK = 500


def mark_now() -> Mark:
    """Return the mark of somebody who reads everything from now on."""
    newest = list(LedgerEntry.objects.order_by("-id").values_list("id", "leaf_hash")[:_LOOK_BACK])
    if not newest:
        return Mark()
    ids = [entry for entry, _leaf in newest]
    return Mark(ids[0], octets(newest[0][1]), _missing(ids[-1], ids, ()))


def mark_at(*, before: datetime) -> Mark:
    """Return the mark of the newest entry that was recorded before a time."""
    newest = (
        LedgerEntry.objects.filter(recorded_at__lt=before)
        .order_by("-id")
        .values_list("id", "leaf_hash")
        .first()
    )
    return Mark(newest[0], octets(newest[1])) if newest else Mark()


def began_at() -> datetime | None:
    """Return when the first entry was recorded; None for a ledger that is empty."""
    return LedgerEntry.objects.order_by("id").values_list("recorded_at", flat=True).first()


def changes_since(mark: Mark) -> tuple[Mark, list[str]] | None:
    """Return the new mark and the subjects that were written since, each once; one query.

    None when the ledger is not the one that was followed, or when too much was written: then
    everything must be read anew.
    """
    wanted = Q(id__gte=mark.entry)
    if mark.missing:
        wanted |= Q(id__in=[entry for entry, _since in mark.missing])
    rows = list(
        LedgerEntry.objects.filter(wanted)
        .order_by("id")
        .values_list("id", "subject", "leaf_hash")[: _MOST_CHANGES + 1]
    )
    if len(rows) > _MOST_CHANGES or not _follows(mark, rows):
        return None
    new = [row for row in rows if row[0] != mark.entry]
    if not new:
        return mark, []
    newest = rows[-1]
    still = tuple(gap for gap in mark.missing if gap[0] not in {row[0] for row in rows})
    missing = _missing(mark.entry or newest[0], [row[0] for row in rows], still)
    found = Mark(newest[0], octets(newest[2]), missing)
    return found, list(dict.fromkeys(row[1] for row in new))


def subjects_between(first: datetime, last: datetime) -> list[str]:
    """Return the subjects that were recorded from one time on and before another, each once."""
    rows = LedgerEntry.objects.filter(recorded_at__gte=first, recorded_at__lt=last)
    return list(rows.order_by().values_list("subject", flat=True).distinct())


def recorded_states(
    label: str, *, before: datetime, keys: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the columns of each record of a model as they stood at a time, from its revisions.

    Args:
        label: the model's name in the ledger, `app.model`.
        before: revisions recorded at or after this time are left out.
        keys: of these records alone; None: of all.

    Values are those of a state text: identifiers, times and dates as texts, floats as texts.
    """
    entries = _entries_of(label)
    if keys is not None:
        entries = LedgerEntry.objects.filter(subject__in=[f"{label}:{key}" for key in keys])
    newest = (
        entries.filter(recorded_at__lt=before)
        .values("subject")
        .annotate(last=Max("id"))
        .values("last")
    )
    rows = LedgerRevision.objects.filter(entry_id__in=newest).values_list("state", flat=True)
    for state in rows.iterator(chunk_size=2000):
        yield json.loads(state)


def _entries_of(label: str) -> QuerySet[LedgerEntry]:
    """Return the entries of a model's records: a range of the index, as `;` follows `:`."""
    return LedgerEntry.objects.filter(subject__gte=f"{label}:", subject__lt=f"{label};")


def _follows(mark: Mark, rows: Sequence[tuple[int, str, bytes | memoryview]]) -> bool:
    """Return whether the entry that was read last still is what it was."""
    if mark.entry == 0:
        return True
    return any(row[0] == mark.entry and octets(row[2]) == mark.leaf for row in rows)


def _missing(
    first: int, ids: list[int], known: tuple[tuple[int, float], ...]
) -> tuple[tuple[int, float], ...]:
    """Return the numbers from `first` to the newest that are not there, with those known before."""
    # SQLite has one writer at a time: what is not there will never be.
    return () if connection.vendor == "sqlite" else _gaps(first, ids, known)


def _gaps(  # pragma: no cover - measured on SQLite
    first: int, ids: list[int], known: tuple[tuple[int, float], ...]
) -> tuple[tuple[int, float], ...]:
    now = time.monotonic()
    there = set(ids)
    fresh = [(number, now) for number in range(first, max(ids)) if number not in there]
    kept = [gap for gap in known if now - gap[1] < _GIVEN_UP_S]
    return tuple([*kept, *fresh][-_LOOK_BACK:])


def last_checkpoint() -> LedgerCheckpoint | None:
    """Return the newest checkpoint, or None before the first."""
    return LedgerCheckpoint.objects.order_by("-size").first()


def newest_checkpoints(*, before: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Return key and time of the newest checkpoints that were signed before a time."""
    rows = LedgerCheckpoint.objects.filter(signed_at__lt=before).order_by("-size")
    return list(rows.values_list("pk", "signed_at")[:limit])


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
