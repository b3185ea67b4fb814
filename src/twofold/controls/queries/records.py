"""Reading the tables of this context, scoped to what an actor may see."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from twofold.controls.models import (
    Applicability,
    CheckResult,
    EvidenceClaim,
    GapAnswer,
    Implementation,
    Override,
    Statement,
)
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import names_behind
from twofold.inventory.queries import systems_in_reach
from twofold.people.access import Actor, Permission, paths_above, permitted_units, reach
from twofold.people.models import Unit


def visible_implementations(by: Actor, *, at: datetime) -> QuerySet[Implementation]:
    """Return the implementations that the actor may read, with claims and their evidence.

    Those that were retired are among them: they have `retired_at`.
    """
    claims = EvidenceClaim.objects.select_related("evidence__item").order_by("claimed_at")
    return (
        _implementations_in_reach(by, Permission.READ, at)
        .select_related("unit", "system", "owner", "approved_by", "described_by")
        .prefetch_related(Prefetch("claims", queryset=claims))
        .order_by("control", "started_at")
    )


def visible_decisions(by: Actor, *, at: datetime) -> QuerySet[Applicability]:
    """Return the applicability decisions of units that the actor may read, and of those above.

    What is decided in a unit holds below it. They are decisions of a unit: an actor that is
    restricted to one record of it sees none.
    """
    paths = () if by.restricted_to else reach(by, Permission.READ, at=at)
    return (
        Applicability.objects.filter(
            Q(unit__in=_units(by, at)) | Q(unit__path__in=paths_above(paths))
        )
        .select_related("unit", "decided_by")
        .order_by("requirement")
    )


def visible_overrides(by: Actor, *, at: datetime) -> QuerySet[Override]:
    """Return the overrides of units that the actor may read, newest first."""
    return (
        Override.objects.filter(unit__in=_units(by, at))
        .select_related("unit", "requested_by", "approved_by")
        .order_by("-requested_at", "pk")
    )


def visible_statements(by: Actor, *, at: datetime) -> QuerySet[Statement]:
    """Return the versions of Statements of Applicability, newest first; without their content."""
    return (
        Statement.objects.filter(unit__in=_units(by, at))
        .select_related("unit", "prepared_by", "approved_by")
        .defer("content")
        .order_by("framework", "-number")
    )


def statements_in_force(by: Actor, *, at: datetime) -> dict[str, Statement]:
    """Return the approved statement of each standard that is in force, with its content.

    Of several the one of the widest unit, and of that the newest; those of units above what the
    actor may read are among them, because they hold below. One query.
    """
    paths = () if by.restricted_to else reach(by, Permission.READ, at=at)
    rows = Statement.objects.filter(
        Q(unit__in=_units(by, at)) | Q(unit__path__in=paths_above(paths)),
        approved_at__isnull=False,
        effective_date__lte=at.astimezone(UTC).date(),
    ).select_related("unit")
    found: dict[str, Statement] = {}
    for row in sorted(rows, key=lambda row: (len(row.unit.path), row.unit.path, -row.number)):
        found.setdefault(row.framework, row)
    return found


def canonical(content: Mapping[str, Any]) -> str:
    """Return the one text of a content: equal contents have equal texts, and so equal hashes."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def gap_answers(unit: Unit) -> QuerySet[GapAnswer]:
    """Return what was answered in a unit."""
    return GapAnswer.objects.filter(unit=unit).select_related("answered_by")


def check_results(implementation: Implementation) -> QuerySet[CheckResult]:
    """Return the newest result of each check of an implementation."""
    return CheckResult.objects.filter(implementation=implementation).order_by("check_id")


def claims_on(item: EvidenceItem) -> QuerySet[EvidenceClaim]:
    """Return the claims that lean on any version of an item, newest first."""
    return (
        EvidenceClaim.objects.filter(evidence__item=item)
        .select_related("evidence", "implementation__system", "implementation__unit", "accepted_by")
        .order_by("-claimed_at")
    )


def waiting_claims(by: Actor, *, at: datetime) -> QuerySet[EvidenceClaim]:
    """Return the claims that the actor may judge and nobody has, oldest first."""
    return (
        EvidenceClaim.objects.filter(
            accepted_at=None,
            rejected_at=None,
            withdrawn_at=None,
            implementation__retired_at=None,
            implementation__in=_implementations_in_reach(by, Permission.ACCEPT_CLAIM, at),
        )
        .exclude(claimed_by_id=by.person_id)
        .exclude(evidence__author__in=names_behind(by))
        .select_related("evidence__item", "implementation__system", "implementation__unit")
        .order_by("claimed_at")
    )


def running(by: Actor, *, permission: Permission, at: datetime) -> QuerySet[Implementation]:
    """Return the implementations in operation that the actor may act on in this way."""
    return (
        _implementations_in_reach(by, permission, at)
        .filter(retired_at=None)
        .select_related("unit", "system")
    )


def _units(by: Actor, at: datetime) -> QuerySet[Unit]:
    """Return the units whose decisions the actor may read."""
    return Unit.objects.none() if by.restricted_to else permitted_units(by, Permission.READ, at=at)


def _implementations_in_reach(
    by: Actor, permission: Permission, at: datetime
) -> QuerySet[Implementation]:
    """Return the implementations that the actor may act on in this way."""
    rows = Implementation.objects.filter(unit__in=permitted_units(by, permission, at=at))
    if by.restricted_to:
        return rows.filter(system__in=systems_in_reach(by, permission=permission, at=at))
    return rows
