"""Group commit of accepted events: many callers, one fsync, one transaction.

A caller that finds nobody committing commits for all that wait; the others find their answer ready.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from twofold.telemetry import segments
from twofold.telemetry.events import encode
from twofold.telemetry.models import Batch, EventId, EventSchema


@dataclass(frozen=True)
class Receipt:
    """What became of a batch: how many events are new and durable, how many were known."""

    accepted: int
    duplicates: int


@dataclass
class _Waiting:
    schema: EventSchema
    events: Sequence[Any]
    at: datetime
    receipt: Receipt | None = None
    failure: Exception | None = None


class Intake:
    """Takes batches from many threads and makes them durable together."""

    def __init__(self) -> None:
        self._list_lock = threading.Lock()
        self._waiting: list[_Waiting] = []

    def submit(self, schema: EventSchema, events: Sequence[Any], *, at: datetime) -> Receipt:
        """Return when the events are on the disk.

        Raises:
            OSError: the disk refused; nothing was accepted.
            django.db.DatabaseError: the database refused; nothing was accepted.
        """
        mine = _Waiting(schema, events, at)
        with self._list_lock:
            self._waiting.append(mine)
        with segments.writer_lock:
            if mine.receipt is None and mine.failure is None:
                with self._list_lock:
                    group, self._waiting = self._waiting, []
                _commit(group)
        if mine.failure is not None:
            raise mine.failure
        if mine.receipt is None:
            raise RuntimeError("A batch was left without an answer.")
        return mine.receipt


def _commit(group: Sequence[_Waiting]) -> None:
    try:
        receipts = _write(group)
    except Exception as failure:  # noqa: BLE001 - each caller is told, in its own thread
        for waiting in group:
            waiting.failure = failure
        return
    for waiting, receipt in zip(group, receipts, strict=True):
        waiting.receipt = receipt


@transaction.atomic
def _write(group: Sequence[_Waiting]) -> list[Receipt]:
    fresh = [new_events(waiting.schema, waiting.events) for waiting in group]
    kept = [(waiting, events) for waiting, events in zip(group, fresh, strict=True) if events]
    places = segments.writer.append([encode(events) for _waiting, events in kept]) if kept else []
    Batch.objects.bulk_create(
        Batch(
            schema=waiting.schema,
            segment=place.segment,
            offset=place.offset,
            length=place.length,
            sha256=place.sha256,
            events=len(events),
            received_at=waiting.at,
        )
        for (waiting, events), place in zip(kept, places, strict=True)
    )
    return [
        Receipt(len(events), len(waiting.events) - len(events))
        for waiting, events in zip(group, fresh, strict=True)
    ]


def new_events(schema: EventSchema, events: Sequence[Any]) -> list[Any]:
    """Enter the ids of events and return those that were not known, the first of each id."""
    digests = [hashlib.sha256(event.id.encode()).digest()[:16] for event in events]
    entered: set[bytes] = set()
    for start in range(0, len(digests), 5000):
        entered |= _enter(schema, digests[start : start + 5000])
    fresh = []
    for digest, event in zip(digests, events, strict=True):
        if digest in entered:
            entered.remove(digest)
            fresh.append(event)
    return fresh


def _enter(schema: EventSchema, digests: Sequence[bytes]) -> set[bytes]:
    """Insert what is not there yet; the database says which rows it took."""
    table = connection.ops.quote_name(EventId._meta.db_table)
    system = EventId._meta.get_field("system").get_db_prep_value(schema.system_id, connection)
    # In one order everywhere, so that two processes never wait for each other.
    ordered = sorted(set(digests))
    rows = ", ".join(["(%s, %s)"] * len(ordered))
    values = [value for digest in ordered for value in (system, digest)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (system_id, digest) VALUES {rows} "  # noqa: S608 - no input in it
            "ON CONFLICT DO NOTHING RETURNING digest",
            values,
        )
        return {bytes(row[0]) for row in cursor.fetchall()}


intake = Intake()
