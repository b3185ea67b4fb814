"""Sealing: counted batches become immutable Parquet files, one per schema and day.

The file is complete and on the disk before the row that names it is committed; segments go when all
that they held is sealed.
"""

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.db.models import Min, Sum

from twofold.domain.profile import FieldType
from twofold.ledger import actions as ledger
from twofold.ledger.durable import sync_folder
from twofold.people.access import Actor
from twofold.telemetry import segments
from twofold.telemetry.damage import read_each, sound_batches
from twofold.telemetry.events import Codec, by_day, codec_of
from twofold.telemetry.models import Batch, EventSchema, SealedFile
from twofold_verify.entry import Blob

_ARROW = {
    FieldType.NUMBER: pa.float64(),
    FieldType.CATEGORY: pa.string(),
    FieldType.BOOLEAN: pa.bool_(),
}
READY_EVENTS = 50_000
PORTION_EVENTS = 50_000
READY_AGE = timedelta(minutes=1)


def seal(*, by: Actor, at: datetime, everything: bool = False) -> list[SealedFile]:
    """Seal counted batches, once a schema has many of them or its oldest has waited long enough.

    Each portion is a transaction, and of at most about `PORTION_EVENTS` events: that bounds memory.
    Damaged batches are set aside.

    Args:
        everything: seal now whatever is counted.

    Returns:
        The files that were made.
    """
    made: list[SealedFile] = []
    for schema in _ready_schemas(at, everything=everything):
        portion = _seal_portion(schema, by=by, at=at)
        while portion is not None:
            made += portion
            portion = _seal_portion(schema, by=by, at=at)
    if made:
        _remove_empty_segments()
    return made


def _ready_schemas(at: datetime, *, everything: bool) -> list[EventSchema]:
    waiting = (
        sound_batches(profiled=True, at=at)
        .values("schema")
        .annotate(oldest=Min("received_at"), total=Sum("events"))
    )
    ready = [
        row["schema"]
        for row in waiting
        if everything or at - row["oldest"] >= READY_AGE or row["total"] >= READY_EVENTS
    ]
    return list(EventSchema.objects.filter(pk__in=ready).order_by("pk"))


@transaction.atomic
def _seal_portion(schema: EventSchema, *, by: Actor, at: datetime) -> list[SealedFile] | None:
    """Seal the oldest waiting batches of a schema; return None when none waits."""
    batches = _portion(schema, at)
    if not batches:
        return None
    events: list[Any] = []
    sealed = []
    for batch, of_batch in read_each(batches, lambda _batch, found: found, by=by, at=at):
        events += of_batch
        sealed.append(batch.pk)
    if not sealed:
        return []
    codec = codec_of(schema)
    # No other file begins with the same batch, so what a crash leaves behind is written over by
    # the next attempt.
    name = f"{sealed[0]:012d}.parquet"
    files = [
        _seal_day(schema, day, name, _table(codec, of_day), by=by, at=at)
        for day, of_day in sorted(by_day(events).items())
    ]
    Batch.objects.filter(id__in=sealed).delete()
    return files


def _portion(schema: EventSchema, at: datetime) -> list[Batch]:
    """Return the schema's oldest counted batches, locked: at least one, and not too many events."""
    found = (
        sound_batches(profiled=True, at=at)
        .select_for_update(skip_locked=True, of=("self",))
        .filter(schema=schema)
        .select_related("schema")
        .order_by("id")[:1000]
    )
    portion: list[Batch] = []
    room = PORTION_EVENTS
    for batch in found:
        if portion and batch.events > room:
            break
        portion.append(batch)
        room -= batch.events
    return portion


def _table(codec: Codec, events: Sequence[Any]) -> pa.Table:
    columns = codec.columns(events)
    arrays = {
        "event_id": pa.array([event.id for event in events], pa.string()),
        "event_at": pa.array(
            [event.at.astimezone(UTC) for event in events], pa.timestamp("us", tz="UTC")
        ),
    }
    for field in codec.fields:
        arrays[f"value_{field.name}"] = pa.array(columns[field.name], _ARROW[field.type])
    return pa.table(arrays)


def _seal_day(
    schema: EventSchema, day: date, name: str, table: pa.Table, *, by: Actor, at: datetime
) -> SealedFile:
    folder = Path(f"sealed/system={schema.system_id}/day={day.isoformat()}")
    path = folder / name
    sha256, size = _write(folder, name, table)
    sealed = SealedFile.objects.create(
        schema=schema,
        day=day,
        path=str(path),
        sha256=sha256,
        size=size,
        events=table.num_rows,
        sealed_at=at,
    )
    ledger.record(sealed, "sealed", by=by.ledger_name, at=at, blobs=[Blob(sha256, size)])
    return sealed


def _write(folder: Path, name: str, table: pa.Table) -> tuple[str, int]:
    """Put a whole file in its place and on the disk; return its SHA-256 and size."""
    root = Path(settings.TELEMETRY)
    (root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = root / folder / f"{name}.unfinished"
    with unfinished.open("wb+") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    unfinished.replace(root / folder / name)
    for level in (root / folder, *list((root / folder).parents)[:3]):
        sync_folder(level)
    return sha256, size


def _remove_empty_segments() -> None:
    for name in segments.names():
        if not _is_held(name):
            segments.remove_if_idle(name, is_held=_is_held)


def _is_held(segment: str) -> bool:
    return Batch.objects.filter(segment=segment).exists()
