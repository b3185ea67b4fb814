"""Reading findings."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from twofold.findings.models import Finding
from twofold.people.access import Actor, Permission, permitted_units


def visible_findings(by: Actor, *, at: datetime) -> QuerySet[Finding]:
    """Return the findings that the actor may read: open ones first, then the newest first.

    An actor that is restricted to one record sees none.
    """
    rows = Finding.objects.none() if by.restricted_to else Finding.objects.all()
    return (
        rows.filter(unit__in=permitted_units(by, Permission.READ, at=at))
        .select_related("unit", "owner", "raised_by", "closed_by", "implementation__system")
        .order_by(F("closed_at").asc(nulls_first=True), "-number")
    )


def matching(rows: QuerySet[Finding], text: str) -> QuerySet[Finding]:
    """Narrow findings to those whose title, statement or requirement holds the text."""
    if not text:
        return rows
    return rows.filter(
        Q(title__icontains=text) | Q(statement__icontains=text) | Q(requirement__icontains=text)
    )
