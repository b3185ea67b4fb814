"""Reading the ledger: how far it reaches, and the history of one record."""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

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
class Gap:
    """Numbers of entries that were drawn and are not there yet.

    Attributes:
        first, last: the first and last of them.
        since: when they were first missed, by a clock that only goes forward.
    """

    first: int
    last: int
    since: float


@dataclass(frozen=True)
class Mark:
    """How far somebody has followed the ledger, in the order in which entries were written.

    Attributes:
        entry: the newest entry that was read; 0 before any.
        leaf: its hash, so that a ledger that was rolled back or restored is noticed.
        gaps: numbers below it that another transaction may still commit.
    """

    entry: int = 0
    leaf: bytes = b""
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class PastMark:
    """What the ledger held of the time before a moment.

    Attributes:
        newest: the newest entry recorded before it.
        late: how many entries were recorded in the day before it. A transaction that began then
            may commit later, below entries that stand already: the number tells that it did.
    """

    newest: Mark
    late: int


#: More changes than this are read anew at once.
_MOST_CHANGES = 5000
#: A number that was drawn and did not appear for so long belongs to a change that was rolled back.
_GIVEN_UP_S = 3600.0
#: How far below the newest entry a transaction that began earlier may still commit.
_LOOK_BACK = 20_000
#: No transaction stays open for longer.
_LONGEST = timedelta(days=1)
#: More gaps than this are not followed: everything is read anew instead.
_MOST_GAPS = 200


def mark_now() -> Mark:
    """Return the mark of somebody who reads everything from now on."""
    newest = LedgerEntry.objects.order_by("-id").values_list("id", "leaf_hash").first()
    if newest is None:
        return Mark()
    gaps: tuple[Gap, ...] = ()
    if _may_have_gaps():
        rows = LedgerEntry.objects.filter(id__gt=newest[0] - _LOOK_BACK).order_by("id")
        ids = list(rows.values_list("id", flat=True))
        gaps = gaps_between(ids[0] - 1, ids, (), now=time.monotonic())
    return Mark(newest[0], octets(newest[1]), gaps)


def _may_have_gaps() -> bool:
    """Return whether entries can appear below others: SQLite has one writer at a time."""
    return connection.vendor != "sqlite"


def gaps_between(
    last: int, ids: Sequence[int], known: Iterable[Gap], *, now: float
) -> tuple[Gap, ...]:
    """Return the gaps that somebody has to look at again.

    Args:
        last: the newest number that was read before.
        ids: the numbers that were found now, in their order; those within known gaps too.
        known: the gaps that were left before; what was found in them is taken out, and what is
            missing for longer than an hour is given up.
        now: the time of a clock that only goes forward.
    """
    left: list[Gap] = []
    for gap in known:
        if now - gap.since >= _GIVEN_UP_S:
            continue
        inside = [number for number in ids if gap.first <= number <= gap.last]
        left += _holes(gap.first - 1, [*inside, gap.last + 1], gap.since)
    return (*left, *_holes(last, [number for number in ids if number > last], now))


def _holes(before: int, ids: Iterable[int], since: float) -> Iterator[Gap]:
    """Yield what is missing between a number and those that follow it."""
    for number in ids:
        if number > before + 1:
            yield Gap(before + 1, number - 1, since)
        before = number


def past_mark(*, before: datetime) -> PastMark:
    """Return what tells whether the time before a moment still is what it was; one query.

    Two equal ones mean the same entries, as long as no transaction stays open for a day: entries
    are only ever added, and one is recorded at the time at which its change began.
    """
    earlier = LedgerEntry.objects.filter(recorded_at__lt=before)
    late = earlier.filter(recorded_at__gte=before - _LONGEST).order_by()
    counted = late.values(every=Value(1)).annotate(count=Count("pk")).values("count")
    row = (
        earlier.order_by("-id")
        .values_list("id", "leaf_hash", Coalesce(Subquery(counted), 0))
        .first()
    )
    return PastMark(Mark(row[0], octets(row[1])), row[2]) if row else PastMark(Mark(), 0)


def began_at() -> datetime | None:
    """Return when the first entry was recorded; None for a ledger that is empty."""
    return LedgerEntry.objects.order_by("id").values_list("recorded_at", flat=True).first()


def changes_since(mark: Mark) -> tuple[Mark, list[str]] | None:
    """Return the new mark and the subjects that were written since, each once; one query.

    None when the ledger is not the one that was followed, or when too much was written: then
    everything must be read anew.
    """
    wanted = Q(id__gte=mark.entry)
    for gap in mark.gaps:
        wanted |= Q(id__range=(gap.first, gap.last))
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
    gaps: tuple[Gap, ...] = ()
    if _may_have_gaps():
        ids = [row[0] for row in rows]
        # Before the first entry that anybody followed there is nothing to wait for.
        last = mark.entry or ids[0] - 1
        gaps = gaps_between(last, ids, mark.gaps, now=time.monotonic())
    if len(gaps) > _MOST_GAPS:
        return None
    newest = rows[-1]
    return Mark(newest[0], octets(newest[2]), gaps), list(dict.fromkeys(row[1] for row in new))


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


def revision_of(subject: str) -> int:
    """Return the number of the newest revision of a record; 0 for one without entries."""
    return revisions_of([subject]).get(subject, 0)


def revisions_of(subjects: Collection[str]) -> dict[str, int]:
    """Return the number of the newest revision of each record, by ledger name; one query.

    A record without entries is left out.
    """
    rows = LedgerEntry.objects.filter(subject__in=subjects).order_by()
    return dict(rows.values_list("subject").annotate(last=Max("revision")))


def first_states(subjects: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the columns of records as they were first recorded, by ledger name; one query.

    Values are those of a state text, as of `recorded_states`. A record without entries is left out.
    """
    rows = LedgerRevision.objects.filter(entry__subject__in=subjects, entry__revision=1)
    return {
        subject: json.loads(state) for subject, state in rows.values_list("entry__subject", "state")
    }


def _entries_of(label: str) -> QuerySet[LedgerEntry]:
    """Return the entries of a model's records: a range of the index, as `;` follows `:`."""
    return LedgerEntry.objects.filter(subject__gte=f"{label}:", subject__lt=f"{label};")


def _follows(mark: Mark, rows: Sequence[tuple[int, str, bytes | memoryview]]) -> bool:
    """Return whether the entry that was read last still is what it was."""
    if mark.entry == 0:
        return True
    return any(row[0] == mark.entry and octets(row[2]) == mark.leaf for row in rows)


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
    return list(lines_of(rows.iterator()))


def newest(*, limit: int = 50) -> list[LedgerLine]:
    """Return the newest entries of all, newest first."""
    return list(lines_of(LedgerEntry.objects.order_by("-id")[:limit].iterator()))


def lines_of(rows: Iterator[LedgerEntry]) -> Iterator[LedgerLine]:
    """Yield entries with their places, in the order given."""
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
