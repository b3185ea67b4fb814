"""Reading evidence."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from twofold.evidence.models import EvidenceItem, EvidenceLink, EvidenceRequest, EvidenceVersion
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.models import ApiToken


def visible_items(by: Actor, *, at: datetime) -> QuerySet[EvidenceItem]:
    """Return the items in units that the actor may read, by title; erased ones have none."""
    return _items_in_reach(by, at).select_related("unit").order_by("title", "pk")


def newest_versions(by: Actor, *, at: datetime) -> QuerySet[EvidenceVersion]:
    """Return the newest version of each item that the actor may read, the latest addition first.

    Items that were erased are left out.

    The first page costs the same however many there are: versions are walked by the day they were
    added, and one that has a successor is passed over.
    """
    newer = EvidenceVersion.objects.filter(item=OuterRef("item"), number__gt=OuterRef("number"))
    # Asked of each version in turn: a join would be walked from the items, and sorted.
    in_reach = _items_in_reach(by, at).filter(pk=OuterRef("item"), erased_at=None)
    return (
        EvidenceVersion.objects.filter(Exists(in_reach), ~Exists(newer))
        .select_related("item__unit")
        .order_by("-added_at", "pk")
    )


def matching(versions: QuerySet[EvidenceVersion], text: str) -> QuerySet[EvidenceVersion]:
    """Narrow versions to those whose item's title or kind holds the text, in any case."""
    if not text:
        return versions
    return versions.filter(Q(item__title__icontains=text) | Q(item__kind__icontains=text))


def versions_of(item: EvidenceItem) -> QuerySet[EvidenceVersion]:
    """Return the item's versions, newest first."""
    return EvidenceVersion.objects.filter(item=item).order_by("-number")


def visible_versions(by: Actor, *, at: datetime) -> QuerySet[EvidenceVersion]:
    """Return the versions of all items that the actor may read, newest first, with their item.

    Items that were erased are left out.
    """
    return (
        EvidenceVersion.objects.filter(item__in=_items_in_reach(by, at).filter(erased_at=None))
        .select_related("item")
        .order_by("-added_at", "pk")
    )


def matching_versions(versions: QuerySet[EvidenceVersion], text: str) -> QuerySet[EvidenceVersion]:
    """Narrow versions to those whose title, kind, source or file name holds the text."""
    if not text:
        return versions
    return versions.filter(
        Q(item__title__icontains=text)
        | Q(item__kind__icontains=text)
        | Q(source__icontains=text)
        | Q(file_name__icontains=text)
    )


def names_behind(by: Actor) -> frozenset[str]:
    """Return every ledger name under which the person behind an actor may have made evidence."""
    if by.person_id is None:
        return frozenset({by.ledger_name})
    tokens = ApiToken.objects.filter(person_id=by.person_id).values_list("pk", flat=True)
    return frozenset({f"person:{by.person_id}", *(f"token:{key}" for key in tokens)})


def _items_in_reach(by: Actor, at: datetime) -> QuerySet[EvidenceItem]:
    """Return the items that the actor may read: those about one record when restricted to it."""
    items = EvidenceItem.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
    return items.filter(about=by.restricted_to) if by.restricted_to else items


def links_of(item: EvidenceItem) -> QuerySet[EvidenceLink]:
    """Return the links of an item, those that stand first, then the newest."""
    return EvidenceLink.objects.filter(item=item).order_by(
        F("removed_at").desc(nulls_first=True), "-made_at", "pk"
    )


def items_linked_to(target: str, by: Actor, *, at: datetime) -> QuerySet[EvidenceLink]:
    """Return the links that stand between a record and items that the actor may read, by title."""
    rows = EvidenceLink.objects.filter(
        target=target, removed_at=None, item__in=_items_in_reach(by, at)
    )
    return rows.select_related("item__unit").order_by("item__title", "pk")


def visible_requests(by: Actor, *, at: datetime) -> QuerySet[EvidenceRequest]:
    """Return the requests of units that the actor may read, the open ones first, by due date."""
    rows = EvidenceRequest.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
    if by.restricted_to:
        rows = rows.filter(about=by.restricted_to)
    return rows.select_related("unit", "owner", "answer__item").order_by(
        F("closed_at").asc(nulls_first=True), "due_date", "pk"
    )


def requests_owed(person_id: UUID) -> QuerySet[EvidenceRequest]:
    """Return the open requests that a person owes an answer to, by due date."""
    rows = EvidenceRequest.objects.filter(owner=person_id, closed_at=None)
    return rows.select_related("unit").order_by("due_date", "pk")


def ending_between(
    by: Actor, first: date, last: date, *, at: datetime
) -> QuerySet[EvidenceVersion]:
    """Return the newest versions that end to count from one day to another, by that day."""
    rows = newest_versions(by, at=at).filter(valid_until__range=(first, last))
    return rows.order_by("valid_until", "item__title", "pk")
