"""Reading what stands around evidence: requests, collections and their runs, links, retention."""

from datetime import date, datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.evidence.models import (
    CollectionRun,
    EvidenceCollection,
    EvidenceItem,
    EvidenceLink,
    EvidenceRequest,
    EvidenceVersion,
)
from twofold.evidence.queries import visible_items, visible_requests, visible_versions
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.errors import NotFound


class RequestState(models.TextChoices):
    """How far a request has come; whether it is overdue is a matter of the day."""

    OPEN = "open", gettext_lazy("Open")
    OVERDUE = "overdue", gettext_lazy("Overdue")
    ANSWERED = "answered", gettext_lazy("Answered")
    WITHDRAWN = "withdrawn", gettext_lazy("Taken back")


def item_for(key: UUID, by: Actor, *, at: datetime) -> EvidenceItem:
    """Return an item that the actor may read.

    Raises:
        NotFound: there is none, or it lies elsewhere.
    """
    found = visible_items(by, at=at).select_related("unit", "owner").filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such evidence."), field="evidence")
    return found


def version_for(
    key: UUID, by: Actor, *, number: int | None = None, at: datetime
) -> EvidenceVersion:
    """Return a version of an item that the actor may read; without a number its newest.

    Raises:
        NotFound: there is none, or it lies elsewhere, or the item was erased.
    """
    rows = visible_versions(by, at=at).filter(item=key).select_related("item__unit")
    if number is not None:
        rows = rows.filter(number=number)
    found = rows.order_by("-number").first()
    if found is None:
        raise NotFound(_("There is no such evidence."), field="evidence")
    return found


def link_for(key: UUID, by: Actor, *, at: datetime) -> EvidenceLink:
    """Return a link of an item that the actor may read.

    Raises:
        NotFound: there is none, or its item lies elsewhere.
    """
    rows = EvidenceLink.objects.filter(item__in=visible_items(by, at=at).order_by())
    found = rows.select_related("item__unit").filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such link."), field="link")
    return found


def request_state(row: EvidenceRequest, *, on: date) -> RequestState:
    """Return how far a request has come on a day."""
    if row.closed_at is not None:
        return RequestState.WITHDRAWN if row.withdrawal else RequestState.ANSWERED
    return RequestState.OVERDUE if row.due_date < on else RequestState.OPEN


def requests_in(
    rows: QuerySet[EvidenceRequest], state: RequestState, *, on: date
) -> QuerySet[EvidenceRequest]:
    """Narrow requests to those that stand so on a day; an overdue one is open too."""
    if state is RequestState.OPEN:
        return rows.filter(closed_at=None)
    if state is RequestState.OVERDUE:
        return rows.filter(closed_at=None, due_date__lt=on)
    if state is RequestState.ANSWERED:
        return rows.filter(answer__isnull=False)
    return rows.filter(closed_at__isnull=False, answer=None)


def request_for(key: UUID, by: Actor, *, at: datetime) -> EvidenceRequest:
    """Return a request in a unit that the actor may read.

    Raises:
        NotFound: there is none, or it lies elsewhere.
    """
    found = visible_requests(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such request."), field="request")
    return found


def visible_collections(by: Actor, *, at: datetime) -> QuerySet[EvidenceCollection]:
    """Return the collections of units that the actor may read, those that run first, by title."""
    rows = EvidenceCollection.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
    if by.restricted_to:
        rows = rows.filter(about=by.restricted_to)
    return rows.select_related("unit", "item").order_by(
        F("ended_at").asc(nulls_first=True), "title", "pk"
    )


def collection_for(key: UUID, by: Actor, *, at: datetime) -> EvidenceCollection:
    """Return a collection of a unit that the actor may read.

    Raises:
        NotFound: there is none, or it lies elsewhere.
    """
    found = visible_collections(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such collection."), field="collection")
    return found


def running_collections() -> list[tuple[EvidenceCollection, datetime | None]]:
    """Return the collections that run, each with the time that its newest run was due."""
    rows = EvidenceCollection.objects.filter(ended_at=None).select_related("unit", "item__unit")
    newest = CollectionRun.objects.filter(collection__ended_at=None).order_by()
    last = dict(newest.values_list("collection").annotate(Max("due_at")))
    return [(row, last.get(row.pk)) for row in rows.order_by("pk")]


def newest_runs(collections: QuerySet[EvidenceCollection]) -> QuerySet[CollectionRun]:
    """Return the newest run of each of these collections that ever ran."""
    newest = CollectionRun.objects.filter(collection=OuterRef("collection")).order_by("-due_at")
    return CollectionRun.objects.filter(
        collection__in=collections.order_by(), pk=Subquery(newest.values("pk")[:1])
    ).select_related("collection__unit")


def failing_collections(by: Actor, *, at: datetime) -> QuerySet[CollectionRun]:
    """Return the newest run of each running collection where it failed, the latest first."""
    rows = newest_runs(visible_collections(by, at=at).filter(ended_at=None))
    return rows.filter(outcome=CollectionRun.Outcome.FAILED).order_by("-due_at", "pk")


def runs_of(collection: EvidenceCollection) -> QuerySet[CollectionRun]:
    """Return the runs of a collection, the newest first."""
    return (
        CollectionRun.objects.filter(collection=collection)
        .select_related("version__item")
        .order_by("-due_at")
    )


def past_retention(by: Actor, *, on: date, at: datetime) -> QuerySet[EvidenceItem]:
    """Return the items that need not be kept any longer on a day, those that waited longest first.

    Items on hold are among them; erased ones are not.
    """
    rows = visible_items(by, at=at).filter(retain_until__lt=on, erased_at=None)
    return rows.select_related("unit", "owner").order_by("retain_until", "title", "pk")
