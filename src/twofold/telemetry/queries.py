"""Reading schemas and profiles."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from twofold.domain.profile import Profile, from_json, merge, profile_of
from twofold.inventory.models import AISystem
from twofold.people.errors import NotFound
from twofold.telemetry.events import codec_of
from twofold.telemetry.models import (
    Batch,
    DayProfile,
    DirtyDay,
    EventSchema,
    ReferenceProfile,
    SealedFile,
)


def current_schema(system: AISystem, version: str = "") -> EventSchema:
    """Return a system's schema of this version, or its newest.

    Raises:
        NotFound: none was declared.
    """
    schemas = EventSchema.objects.filter(system=system).order_by("-declared_at")
    if version:
        schemas = schemas.filter(version=version)
    schema = schemas.first()
    if schema is None:
        raise NotFound(
            _("%(system)s has no such schema: declare it first.") % {"system": system.code},
            field="version",
        )
    return schema


def newest_schemas(systems: Iterable[AISystem]) -> dict[object, EventSchema]:
    """Return the newest schema of each system that has one, by system id."""
    schemas = EventSchema.objects.filter(system__in=systems).order_by("declared_at")
    return {schema.system_id: schema for schema in schemas}


def reference_of(schema: EventSchema) -> Profile | None:
    """Return the reference profile of a schema, or None when none was sent."""
    kept = ReferenceProfile.objects.filter(schema=schema).first()
    return from_json(bytes(kept.profile).decode()) if kept else None


def day_profiles(schema: EventSchema, first: date, last: date) -> QuerySet[DayProfile]:
    """Return the kept profiles of the days from first to last, in order."""
    return DayProfile.objects.filter(schema=schema, day__range=(first, last)).order_by("day")


def window_profile(schema: EventSchema, first: date, last: date) -> Profile:
    """Return the profile of the days from first to last together; of no events when none came."""
    days = day_profiles(schema, first, last)
    profiles = [from_json(bytes(day.profile).decode()) for day in days]
    return merge([profile_of({}, codec_of(schema).fields), *profiles])


def system_profile(schema: EventSchema, first: date, last: date) -> Profile:
    """Return the profile of all events of the schema's system in these days, whatever their schema.

    A version is replaced in the middle of a window, and what came before it counts too. A field
    that this schema declares otherwise than another is taken from this one alone.
    """
    rows = DayProfile.objects.filter(schema__system=schema.system_id, day__range=(first, last))
    own = [profile_of({}, codec_of(schema).fields)]
    others: list[Profile] = []
    for row in rows.order_by("day", "schema_id"):
        (own if row.schema_id == schema.pk else others).append(
            from_json(bytes(row.profile).decode())
        )
    whole = merge(own)
    return merge([whole, *(_agreeing(other, whole) for other in others)])


def _agreeing(other: Profile, own: Profile) -> Profile:
    """Return a profile without the fields that another holds as a different type."""
    return replace(
        other,
        numbers={name: n for name, n in other.numbers.items() if name not in own.categories},
        categories={name: c for name, c in other.categories.items() if name not in own.numbers},
    )


def events_by_day(schema: EventSchema, first: date, last: date) -> dict[date, int]:
    """Return how many events each day of the range has; days without events are left out."""
    return dict(day_profiles(schema, first, last).values_list("day", "events"))


def event_total(systems: Iterable[AISystem]) -> int:
    """Return how many events of these systems are counted in profiles."""
    total = DayProfile.objects.filter(schema__system__in=systems).aggregate(total=Sum("events"))
    return total["total"] or 0


def dirty_days(*, at: datetime) -> QuerySet[DirtyDay]:
    """Return the days that monitors are to look at now, the earliest first."""
    due = Q(not_before=None) | Q(not_before__lte=at)
    days = DirtyDay.objects.filter(due).select_related("schema__system__unit")
    return days.order_by("day", "id")


def something_to_profile() -> bool:
    """Return whether accepted events are not yet counted, other than damaged ones."""
    return Batch.objects.filter(profiled=False, damaged_at=None).exists()


def open_sealed(sha256: str) -> BinaryIO | None:
    """Return a sealed file open for reading by its SHA-256, or None."""
    kept = SealedFile.objects.filter(sha256=sha256).first()
    if kept is None:
        return None
    try:
        return (Path(settings.TELEMETRY) / kept.path).open("rb")
    except FileNotFoundError:
        return None


def last_day(schema: EventSchema) -> date | None:
    """Return the last day that has events, or None when none came yet."""
    newest: date | None = DayProfile.objects.filter(schema=schema).aggregate(last=Max("day"))[
        "last"
    ]
    return newest


def damaged_batches(systems: Iterable[AISystem]) -> QuerySet[Batch]:
    """Return the accepted batches of these systems whose bytes are not there, oldest first."""
    return (
        Batch.objects.filter(schema__system__in=systems, damaged_at__isnull=False)
        .select_related("schema__system")
        .order_by("received_at", "id")
    )
