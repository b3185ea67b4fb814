"""Reading schemas and profiles."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
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


def events_by_day(schema: EventSchema, first: date, last: date) -> dict[date, int]:
    """Return how many events each day of the range has; days without events are left out."""
    return dict(day_profiles(schema, first, last).values_list("day", "events"))


def event_total(systems: Iterable[AISystem]) -> int:
    """Return how many events of these systems are counted in profiles."""
    total = DayProfile.objects.filter(schema__system__in=systems).aggregate(total=Sum("events"))
    return total["total"] or 0


def dirty_days(*, at: datetime) -> QuerySet[DirtyDay]:
    """Return the days that monitors are to look at now."""
    due = Q(not_before=None) | Q(not_before__lte=at)
    return DirtyDay.objects.filter(due).select_related("schema__system__unit").order_by("id")


def something_to_profile() -> bool:
    """Return whether accepted events are not yet counted."""
    return Batch.objects.filter(profiled=False).exists()


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
    newest = DayProfile.objects.filter(schema=schema).order_by("-day").first()
    return newest.day if newest else None
