"""Sealing: counted batches become immutable Parquet files, one per schema and day.

The file is complete and on the disk before the row that names it is committed; segments go when all
that they held is sealed.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction

from twofold.domain.profile import FieldType
from twofold.evidence.blobs import sync_folder
from twofold.ledger import actions as ledger
from twofold.people.access import Actor
from twofold.telemetry import segments
from twofold.telemetry.events import Codec, by_day, codec_of
from twofold.telemetry.models import Batch, EventSchema, SealedFile
from twofold_verify.entry import Blob

_ARROW = {
    FieldType.NUMBER: pa.float64(),
    FieldType.CATEGORY: pa.string(),
    FieldType.BOOLEAN: pa.bool_(),
}
READY_EVENTS = 50_000
READY_AGE = timedelta(minutes=1)


def seal(*, by: Actor, at: datetime, everything: bool = False) -> list[SealedFile]:
    """Seal counted batches, once there are many of them or the oldest has waited long enough.

    Args:
        everything: seal now whatever is counted.

    Returns:
        The files that were made.

    Raises:
        SegmentDamaged: bytes of an accepted batch are not there any more.
    """
    made: list[SealedFile] = []
    with transaction.atomic():
        waiting = list(
            Batch.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(profiled=True)
            .select_related("schema")
            .order_by("schema_id", "id")[:1000]
        )
        if not waiting or not (everything or _ready(waiting, at)):
            return made
        for schema, batches in _by_schema(waiting).items():
            made += _seal_schema(schema, batches, by=by, at=at)
        Batch.objects.filter(id__in=[batch.pk for batch in waiting]).delete()
    _remove_empty_segments()
    return made


def _ready(waiting: Sequence[Batch], at: datetime) -> bool:
    oldest = min(batch.received_at for batch in waiting)
    return at - oldest >= READY_AGE or sum(batch.events for batch in waiting) >= READY_EVENTS


def _by_schema(batches: Sequence[Batch]) -> dict[EventSchema, list[Batch]]:
    groups: dict[EventSchema, list[Batch]] = {}
    for batch in batches:
        groups.setdefault(batch.schema, []).append(batch)
    return groups


def _seal_schema(
    schema: EventSchema, batches: Sequence[Batch], *, by: Actor, at: datetime
) -> list[SealedFile]:
    codec = codec_of(schema)
    events: list[Any] = []
    for batch in batches:
        place = segments.Place(batch.segment, batch.offset, batch.length, batch.sha256)
        events += codec.decode_stored(segments.read(place))
    return [
        _seal_day(schema, day, _table(codec, of_day), by=by, at=at)
        for day, of_day in sorted(by_day(events).items())
    ]


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
    schema: EventSchema, day: date, table: pa.Table, *, by: Actor, at: datetime
) -> SealedFile:
    folder = Path(f"sealed/system={schema.system_id}/day={day.isoformat()}")
    root = Path(settings.TELEMETRY)
    (root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(12)}.parquet"
    with (root / path).open("xb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    for level in (root / folder, *list((root / folder).parents)[:3]):
        sync_folder(level)
    with (root / path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = (root / path).stat().st_size
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


def _remove_empty_segments() -> None:
    for name in segments.names():
        if not _is_held(name):
            segments.remove_if_idle(name, is_held=_is_held)


def _is_held(segment: str) -> bool:
    return Batch.objects.filter(segment=segment).exists()
