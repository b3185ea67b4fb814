"""Collections: evidence that is fetched by itself, on a schedule, into one item.

Here a collection is planned and ended, and a run is entered; what is fetched, and from where, is
the business of whoever runs it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cronsim import CronSim, CronSimError
from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import actions
from twofold.evidence.actions import Content
from twofold.evidence.models import (
    CollectionRun,
    EvidenceCollection,
    EvidenceItem,
    EvidenceVersion,
)
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import required
from twofold.people.models import Unit

_MOST_DAYS = 3660
_MESSAGE_LENGTH = 300
_FIELDS = 5
_SCHEDULE_LENGTH = 100


@dataclass(frozen=True)
class Plan:
    """What is collected, from where, and when.

    Attributes:
        about: ledger name of the record that the evidence is about; blank: the unit.
        locator: ledger name of a monitor or implementation, a path, or an address.
        schedule: five fields of cron, in UTC, due at most once an hour: each may add a version.
        period_days: how many days, up to the day of the run, the content speaks of.
        valid_days: how many days after the run it counts.
    """

    title: str
    kind: str
    about: str
    source: EvidenceCollection.Source
    locator: str
    schedule: str
    period_days: int
    valid_days: int


@dataclass(frozen=True)
class Fetched:
    """A file that a collection brought.

    Attributes:
        chunks: the bytes, in pieces.
        sha256: of the bytes, in hex.
        note: where it was found, in words.
    """

    chunks: Iterable[bytes]
    sha256: str
    file_name: str
    media_type: str
    note: str


def plan(unit: Unit, plan: Plan, *, by: Actor, at: datetime) -> EvidenceCollection:
    """Plan a collection; it is due for the first time after now.

    Raises:
        AccessDenied: the actor may not collect evidence in the unit.
        InvalidInput: a field is not acceptable.
    """
    access.require(by, Permission.COLLECT_EVIDENCE, unit=unit, at=at, subject=plan.about)
    _require_schedule(plan.schedule, at)
    for field, days in (("period_days", plan.period_days), ("valid_days", plan.valid_days)):
        if not 1 <= days <= _MOST_DAYS:
            raise InvalidInput(
                _("Give 1 to %(maximum)d days.") % {"maximum": _MOST_DAYS}, field=field
            )
    with transaction.atomic():
        made = EvidenceCollection.objects.create(
            unit=unit,
            title=_given(plan.title, 200, "title"),
            kind=_given(plan.kind, 60, "kind"),
            about=plan.about,
            source=plan.source,
            locator=_given(plan.locator, 500, "locator"),
            schedule=plan.schedule.strip(),
            period_days=plan.period_days,
            valid_days=plan.valid_days,
            made_by=by.ledger_name,
            made_at=at,
        )
        ledger.record(made, "planned", by=by.ledger_name, at=at)
    return made


def end(collection: EvidenceCollection, *, by: Actor, at: datetime) -> EvidenceCollection:
    """End a collection; what it brought stays.

    Raises:
        AccessDenied: the actor may not collect evidence in the unit.
        Conflict: it has ended already.
    """
    access.require(
        by, Permission.COLLECT_EVIDENCE, unit=collection.unit, at=at, subject=collection.about
    )
    with transaction.atomic():
        held = _running(collection)
        held.ended_at = at
        held.save()
        ledger.record(held, "ended", by=by.ledger_name, at=at)
    return held


def bring(
    collection: EvidenceCollection, fetched: Fetched, *, due_at: datetime, by: Actor, at: datetime
) -> CollectionRun:
    """Put what a run fetched into the collection's item, unless it is what is there already.

    The file is stored before anything is locked: nobody waits for a large one.

    Args:
        due_at: the time of the schedule that the run is for; a run is entered once for each.

    Raises:
        AccessDenied: the actor may not add evidence in the unit.
        InvalidInput: the content is not acceptable.
        Conflict: the collection has ended, its item was erased, or this run was entered already.
    """
    with transaction.atomic():
        item = _item_of(_awaiting(collection, due_at))
    if item is not None and _holds(item, fetched.sha256):
        return enter_run(
            collection, CollectionRun.Outcome.UNCHANGED, message="", due_at=due_at, at=at
        )
    version = _add(collection, item, _content(collection, fetched, at), by=by, at=at)
    with transaction.atomic():
        held = _awaiting(collection, due_at)
        if held.item_id is None:
            held.item = version.item
            held.save()
            ledger.record(held, "begun", by=by.ledger_name, at=at)
        return CollectionRun.objects.create(
            collection=held,
            due_at=due_at,
            ran_at=at,
            outcome=CollectionRun.Outcome.ADDED,
            version=version,
        )


def enter_run(
    collection: EvidenceCollection,
    outcome: CollectionRun.Outcome,
    *,
    message: str,
    due_at: datetime,
    at: datetime,
) -> CollectionRun:
    """Enter a run that added nothing: there was nothing new, or it failed and why.

    A run that was entered already stays what it is, and is returned.
    """
    run, _made = CollectionRun.objects.get_or_create(
        collection=collection,
        due_at=due_at,
        defaults={"ran_at": at, "outcome": outcome, "message": message[:_MESSAGE_LENGTH]},
    )
    return run


def newest_due(schedule: str, *, after: datetime, until: datetime) -> datetime | None:
    """Return the newest time, after one and by another, at which a schedule was due; None: none.

    A worker that was away runs once for all that it missed.
    """
    # Backwards, from a minute that the search itself leaves out.
    minute = until.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    due = next(CronSim(schedule, minute, reverse=True), None)
    return due if due is not None and due > after else None


def _awaiting(collection: EvidenceCollection, due_at: datetime) -> EvidenceCollection:
    """Return the collection, locked, as long as it runs and awaits this run."""
    held = _running(collection)
    if CollectionRun.objects.filter(collection=held, due_at=due_at).exists():
        raise Conflict(_("This run was entered already."))
    return held


def _item_of(collection: EvidenceCollection) -> EvidenceItem | None:
    """Return the item that the versions go into.

    The first run gives it the collection's own key, so that one that was cut off after the item
    was stored finds it again.
    """
    if collection.item is not None:
        return collection.item
    return EvidenceItem.objects.filter(pk=collection.pk).select_related("unit").first()


def _holds(item: EvidenceItem, sha256: str) -> bool:
    """Return whether the newest version of an item has this content."""
    newest = EvidenceVersion.objects.filter(item=item).order_by("-number").first()
    return item.erased_at is None and newest is not None and newest.sha256 == sha256


def _content(collection: EvidenceCollection, fetched: Fetched, at: datetime) -> Content:
    return Content(
        chunks=fetched.chunks,
        file_name=fetched.file_name,
        media_type=fetched.media_type,
        source=fetched.note,
        period_from=first_day(at.date(), collection.period_days),
        period_to=at.date(),
        valid_until=at.date() + timedelta(days=collection.valid_days),
    )


def _add(
    collection: EvidenceCollection,
    item: EvidenceItem | None,
    content: Content,
    *,
    by: Actor,
    at: datetime,
) -> EvidenceVersion:
    if item is not None:
        return actions.add_version(item, content=content, by=by, at=at)
    made = actions.add_item(
        collection.title,
        kind=collection.kind,
        unit=collection.unit,
        content=content,
        about=collection.about,
        key=collection.pk,
        by=by,
        at=at,
    )
    return EvidenceVersion.objects.select_related("item").get(item=made)


def _running(collection: EvidenceCollection) -> EvidenceCollection:
    held = (
        EvidenceCollection.objects.select_for_update(of=("self",))
        .select_related("unit", "item__unit")
        .get(pk=collection.pk)
    )
    if held.ended_at is not None:
        raise Conflict(_("The collection has ended."))
    return held


def _require_schedule(schedule: str, at: datetime) -> None:
    try:
        times = CronSim(schedule, at.astimezone(UTC))
        next(times)
    except (CronSimError, StopIteration):
        times = None
    if times is None or len(schedule.split()) != _FIELDS or len(schedule) > _SCHEDULE_LENGTH:
        raise InvalidInput(
            _("Give five fields of cron, such as 0 6 * * 1 for Mondays at six in UTC."),
            field="schedule",
        )
    if len(times.minutes) > 1:
        raise InvalidInput(_("Collect at most once an hour: name one minute."), field="schedule")


def first_day(last: date, days: int) -> date:
    """Return the first of so many days up to the last."""
    return last - timedelta(days=days - 1)


def _given(text: str, maximum: int, field: str) -> str:
    return required(text, maximum, field=field, message=_("Give 1 to %(maximum)s characters."))
