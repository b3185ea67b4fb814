"""Reading applicability, implementations and claims."""

from datetime import datetime

from django.db.models import Prefetch, QuerySet

from twofold.controls.models import Applicability, EvidenceClaim, Implementation
from twofold.evidence.models import EvidenceItem
from twofold.people.access import Actor, Permission, permitted_units


def visible_implementations(by: Actor, *, at: datetime) -> QuerySet[Implementation]:
    """Return the implementations that the actor may read, with claims and their evidence."""
    claims = EvidenceClaim.objects.select_related("evidence__item").order_by("claimed_at")
    return (
        Implementation.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
        .select_related("unit", "system", "owner", "approved_by", "described_by")
        .prefetch_related(Prefetch("claims", queryset=claims))
        .order_by("control", "started_at")
    )


def visible_decisions(by: Actor, *, at: datetime) -> QuerySet[Applicability]:
    """Return the applicability decisions of units that the actor may read."""
    return (
        Applicability.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
        .select_related("unit", "decided_by")
        .order_by("requirement")
    )


def claims_on(item: EvidenceItem) -> QuerySet[EvidenceClaim]:
    """Return the claims that lean on any version of an item, newest first."""
    return (
        EvidenceClaim.objects.filter(evidence__item=item)
        .select_related("evidence", "implementation__system", "implementation__unit", "accepted_by")
        .order_by("-claimed_at")
    )


def waiting_claims(by: Actor, *, at: datetime) -> QuerySet[EvidenceClaim]:
    """Return the claims that the actor may accept and nobody has, oldest first."""
    return (
        EvidenceClaim.objects.filter(
            accepted_at=None,
            implementation__unit__in=permitted_units(by, Permission.ACCEPT_CLAIM, at=at),
        )
        .exclude(claimed_by_id=by.person_id)
        .select_related("evidence__item", "implementation__system", "implementation__unit")
        .order_by("claimed_at")
    )
