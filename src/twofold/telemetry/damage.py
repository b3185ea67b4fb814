"""Damaged batches: set aside so that they hold nobody up, named in the log and in the ledger.

Counting and sealing read accepted batches through `sound_batches` and `events_of`. A batch whose
bytes are not there is tried again every hour, for its segment may come back from a backup.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from django.db.models import Q, QuerySet

from twofold.ledger import actions as ledger
from twofold.people.access import Actor
from twofold.telemetry import segments
from twofold.telemetry.events import codec_of
from twofold.telemetry.models import Batch

RETRY_AFTER = timedelta(hours=1)
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


def sound_batches(*, profiled: bool, at: datetime) -> QuerySet[Batch]:
    """Return the batches that are counted or not, without those set aside within the hour."""
    due = Q(damaged_at=None) | Q(damaged_at__lte=at - RETRY_AFTER)
    return Batch.objects.filter(due, profiled=profiled)


def read_each(
    batches: Iterable[Batch],
    read: Callable[[Batch, list[Any]], Result],
    *,
    by: Actor,
    at: datetime,
) -> Iterator[tuple[Batch, Result]]:
    """Yield each batch with what `read` makes of its events, and set the damaged ones aside.

    Called in the transaction that has locked the batches.
    """
    for batch in batches:
        try:
            result = read(batch, _events_of(batch))
        except (segments.SegmentDamaged, msgspec.MsgspecError) as fault:
            _set_aside(batch, str(fault), by=by, at=at)
            continue
        if batch.damaged_at is not None:
            _take_back(batch, by=by, at=at)
        yield batch, result


def _events_of(batch: Batch) -> list[Any]:
    place = segments.Place(batch.segment, batch.offset, batch.length, batch.sha256)
    return codec_of(batch.schema).decode_stored(segments.read(place))


def _set_aside(batch: Batch, damage: str, *, by: Actor, at: datetime) -> None:
    _log.error("%d accepted events cannot be read and are set aside: %s", batch.events, damage)
    if batch.damaged_at is None:
        _note(batch, "damaged", by=by, at=at)
    batch.damaged_at = at
    batch.damage = damage[:200]
    batch.save(update_fields=["damaged_at", "damage"])


def _take_back(batch: Batch, *, by: Actor, at: datetime) -> None:
    _log.warning("%d events that were damaged are there again: %s", batch.events, batch)
    _note(batch, "restored", by=by, at=at)
    batch.damaged_at = None
    batch.damage = ""
    batch.save(update_fields=["damaged_at", "damage"])


def _note(batch: Batch, kind: str, *, by: Actor, at: datetime) -> None:
    ledger.note(
        f"telemetry.batch:{batch.pk}",
        f"telemetry.batch.{kind}",
        by=by.ledger_name,
        at=at,
        body={
            "schema": batch.schema.ledger_subject,
            "events": batch.events,
            "segment": batch.segment,
            "offset": batch.offset,
            "sha256": batch.sha256,
        },
    )
