"""Reading evidence."""

from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.models import ApiToken


def visible_items(by: Actor, *, at: datetime) -> QuerySet[EvidenceItem]:
    """Return the items in units that the actor may read, newest content first.

    Each row carries `newest_number`, `newest_valid_until` and `newest_added_at`.
    """
    newest = EvidenceVersion.objects.filter(item=OuterRef("pk")).order_by("-number")
    return (
        _items_in_reach(by, at)
        .select_related("unit")
        .annotate(
            newest_number=Subquery(newest.values("number")[:1]),
            newest_valid_until=Subquery(newest.values("valid_until")[:1]),
            newest_added_at=Subquery(newest.values("added_at")[:1]),
        )
        .order_by("-newest_added_at", "pk")
    )


def matching(items: QuerySet[EvidenceItem], text: str) -> QuerySet[EvidenceItem]:
    """Narrow items to those whose title or kind holds the text, in any case."""
    if not text:
        return items
    return items.filter(Q(title__icontains=text) | Q(kind__icontains=text))


def versions_of(item: EvidenceItem) -> QuerySet[EvidenceVersion]:
    """Return the item's versions, newest first."""
    return EvidenceVersion.objects.filter(item=item).order_by("-number")


def visible_versions(by: Actor, *, at: datetime) -> QuerySet[EvidenceVersion]:
    """Return the versions of all items that the actor may read, newest first, with their item."""
    return (
        EvidenceVersion.objects.filter(item__in=_items_in_reach(by, at))
        .select_related("item")
        .order_by("-added_at", "pk")
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
