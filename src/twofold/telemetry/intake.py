"""Group commit of accepted events: many callers, one fsync, one transaction.

A caller that finds nobody committing commits for all that wait; the others find their answer ready.
"""

import hashlib
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from twofold.telemetry import segments
from twofold.telemetry.events import encode
from twofold.telemetry.models import Batch, EventId, EventSchema

#: SQLite takes a limited number of values in one statement.
_TOGETHER = 5000


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


# Durable: inside a transaction of one caller, the answer to the others could be rolled back.
@transaction.atomic(durable=True)
def _write(group: Sequence[_Waiting]) -> list[Receipt]:
    fresh = _new_of_all([(waiting.schema, waiting.events, _key_of) for waiting in group])
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


def new_reference(schema: EventSchema, events: Sequence[Any]) -> list[Any]:
    """Enter the ids of reference events and return those that this reference did not know.

    A reference is beside the events that are decided on, and each schema has its own: the same rows
    may train two versions, and come again as events.
    """
    return _new_of_all([(schema, events, lambda event: f"reference {schema.pk} {event.id}")])[0]


def _key_of(event: Any) -> str:  # noqa: ANN401 - a type made per schema
    return str(event.id)


def _new_of_all(
    sent: Sequence[tuple[EventSchema, Sequence[Any], Callable[[Any], str]]],
) -> list[list[Any]]:
    """Enter the ids of events and return, list by list, those not known, the first of each id."""
    digests = [[_digest(key_of(event)) for event in events] for _schema, events, key_of in sent]
    wanted: dict[uuid.UUID, set[bytes]] = {}
    for (schema, _events, _key), keys in zip(sent, digests, strict=True):
        wanted.setdefault(schema.system_id, set()).update(keys)
    # In one order everywhere, so that two processes never wait for each other.
    entered = {system: _enter(system, sorted(wanted[system])) for system in sorted(wanted)}
    fresh: list[list[Any]] = []
    for (schema, events, _key), keys in zip(sent, digests, strict=True):
        unclaimed = entered[schema.system_id]
        fresh.append([])
        for key, event in zip(keys, events, strict=True):
            if key in unclaimed:
                unclaimed.remove(key)
                fresh[-1].append(event)
    return fresh


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:16]


def _enter(system_id: uuid.UUID, digests: Sequence[bytes]) -> set[bytes]:
    """Insert what is not there yet; the database says which rows it took."""
    table = connection.ops.quote_name(EventId._meta.db_table)
    system = EventId._meta.get_field("system").get_db_prep_value(system_id, connection)
    entered: set[bytes] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(digests), _TOGETHER):
            part = digests[start : start + _TOGETHER]
            rows = ", ".join(["(%s, %s)"] * len(part))
            cursor.execute(
                f"INSERT INTO {table} (system_id, digest) VALUES {rows} "  # noqa: S608 - no input
                "ON CONFLICT DO NOTHING RETURNING digest",
                [value for digest in part for value in (system, digest)],
            )
            entered.update(bytes(row[0]) for row in cursor.fetchall())
    return entered


intake = Intake()
