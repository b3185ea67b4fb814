"""Declaring schemas, taking events in, counting them into profiles."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.domain.profile import Profile, from_json, merge, profile_of, to_json
from twofold.inventory.models import AISystem
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import InvalidInput
from twofold.telemetry import arrivals
from twofold.telemetry.damage import read_each, sound_batches
from twofold.telemetry.events import by_day, codec_of, encode, fields_of
from twofold.telemetry.intake import Receipt, intake, new_reference
from twofold.telemetry.models import Batch, DayProfile, DirtyDay, EventSchema, ReferenceProfile


@transaction.atomic
def declare_schema(
    system: AISystem,
    *,
    version: str,
    fields: Sequence[Mapping[str, str]],
    by: Actor,
    at: datetime,
) -> EventSchema:
    """Declare what the events of one version of a system look like.

    Declaring the same fields for a known version again returns what stands.

    Args:
        fields: `name`, `type` (number, category, boolean) and `role` of each.

    Raises:
        AccessDenied: the actor may not configure the system's telemetry.
        InvalidInput: the version or a field is not acceptable, or the version stands with others.
    """
    access.require(
        by, Permission.CONFIGURE_TELEMETRY, unit=system.unit, at=at, subject=system.ledger_subject
    )
    version = version.strip()
    if not 1 <= len(version) <= 40 or "\0" in version:
        raise InvalidInput(_("Give a version of 1 to 40 characters."), field="version")
    declared = [
        {"name": field.name, "type": field.type.value, "role": field.role.value}
        for field in fields_of(fields)
    ]
    # Whoever declares the same at once waits here.
    AISystem.objects.select_for_update(no_key=True).get(pk=system.pk)
    standing = EventSchema.objects.filter(system=system, version=version).first()
    if standing:
        if standing.fields != declared:
            raise InvalidInput(
                _("This version stands with other fields: declare a new version."),
                field="version",
            )
        return standing
    schema = EventSchema.objects.create(
        system=system, version=version, fields=declared, declared_at=at
    )
    ledger.record(schema, "declared", by=by.ledger_name, at=at)
    return schema


def accept_events(schema: EventSchema, *, body: bytes, by: Actor, at: datetime) -> Receipt:
    """Take a batch of events in; when this returns they are on the disk.

    An event whose id was accepted before is counted as a duplicate and changes nothing.

    Args:
        schema: loaded with its system and unit.
        body: JSON, `{"events": [{"id", "at", "values"}, ...]}`, at most 10,000 events.

    Raises:
        AccessDenied: the actor may not send telemetry of this system.
        InvalidInput: an event is not acceptable; nothing of the batch is kept.
    """
    system = schema.system
    access.require(
        by, Permission.SEND_TELEMETRY, unit=system.unit, at=at, subject=system.ledger_subject
    )
    events = codec_of(schema).decode(body, at=at)
    receipt = intake.submit(schema, events, at=at)
    arrivals.tell()
    return receipt


@transaction.atomic
def add_reference(schema: EventSchema, *, body: bytes, by: Actor, at: datetime) -> Receipt:
    """Add events to the reference of a schema: usually its training data.

    Monitors look again at all days of the schema, for what they compared with has changed.

    Raises:
        AccessDenied: the actor may not configure the system's telemetry.
        InvalidInput: an event is not acceptable; nothing of the batch is kept.
    """
    system = schema.system
    access.require(
        by, Permission.CONFIGURE_TELEMETRY, unit=system.unit, at=at, subject=system.ledger_subject
    )
    codec = codec_of(schema)
    events = codec.decode(body, at=at)
    # Whoever adds to the same reference at once waits here.
    EventSchema.objects.select_for_update(no_key=True).get(pk=schema.pk)
    fresh = new_reference(schema, events)
    if fresh:
        kept = ReferenceProfile.objects.filter(schema=schema).first()
        kept = kept or ReferenceProfile(schema=schema, events=0, profile=b"")
        stored = codec.decode_stored(encode(fresh))
        added = profile_of(codec.columns(stored), codec.fields)
        kept.profile = _sum(kept.profile, added)
        kept.events += len(fresh)
        kept.updated_at = at
        kept.save()
        ledger.record(kept, "extended", by=by.ledger_name, at=at, body={"events": len(fresh)})
        look_again(schema, by=by, at=at)
    return Receipt(len(fresh), len(events) - len(fresh))


@transaction.atomic
def profile_pending(*, by: Actor, at: datetime, limit: int = 200) -> int:
    """Count accepted batches into the profiles of their days; called by the worker.

    A damaged batch is set aside, in the log and in the ledger, and the others are counted.

    Returns:
        How many batches were dealt with; at most `limit`.
    """
    batches = list(
        sound_batches(profiled=False, at=at)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("schema")
        .order_by("id")[:limit]
    )
    added: dict[tuple[EventSchema, date], list[Profile]] = {}
    counted = []
    for batch, profiles in read_each(batches, _profiles_by_day, by=by, at=at):
        counted.append(batch.pk)
        for day, profile in profiles.items():
            added.setdefault((batch.schema, day), []).append(profile)
    # In one order everywhere, so that two workers never wait for each other.
    changed = [
        _add_to_day(schema, day, added[schema, day], at=at)
        for schema, day in sorted(added, key=lambda key: (key[0].pk, key[1]))
    ]
    ledger.record_all(changed, "counted", by=by.ledger_name, at=at)
    _mark_dirty((day.schema_id, day.day) for day in changed)
    Batch.objects.filter(id__in=counted).update(profiled=True)
    return len(batches)


def days_looked_at(
    days: Sequence[DirtyDay], *, again_at: datetime | None = None, by: Actor, at: datetime
) -> None:
    """Note that monitors have looked at changed days: for good, or until they look again."""
    del by, at
    rows = DirtyDay.objects.filter(id__in=[day.pk for day in days])
    if again_at is None:
        rows.delete()
    else:
        rows.update(not_before=again_at)


def look_again(schema: EventSchema, *, by: Actor, at: datetime) -> None:
    """Have monitors look at every day of a schema that is known, at once."""
    del by, at
    days = DayProfile.objects.filter(schema=schema).values_list("day", flat=True).order_by("day")
    _mark_dirty((schema.pk, day) for day in days)


def _mark_dirty(days: Iterable[tuple[uuid.UUID, date]]) -> None:
    DirtyDay.objects.bulk_create(
        (DirtyDay(schema_id=schema_id, day=day) for schema_id, day in days),
        update_conflicts=True,
        unique_fields=["schema", "day"],
        update_fields=["not_before"],
    )


def _profiles_by_day(batch: Batch, events: list[Any]) -> dict[date, Profile]:
    codec = codec_of(batch.schema)
    return {
        day: profile_of(codec.columns(of_day), codec.fields)
        for day, of_day in by_day(events).items()
    }


def _add_to_day(
    schema: EventSchema, day: date, profiles: Sequence[Profile], *, at: datetime
) -> DayProfile:
    kept = DayProfile.objects.select_for_update().filter(schema=schema, day=day).first()
    kept = kept or DayProfile(schema=schema, day=day, events=0, profile=b"")
    whole = merge(profiles)
    kept.profile = _sum(kept.profile, whole)
    kept.events += whole.events
    kept.updated_at = at
    kept.save()
    return kept


def _sum(kept: bytes | memoryview, added: Profile) -> bytes:
    if not kept:
        return to_json(added).encode()
    return to_json(merge([from_json(bytes(kept).decode()), added])).encode()
