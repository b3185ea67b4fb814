"""One implementation opened: its state with reasons, the evidence asked for, its checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from twofold.catalog.model import EvidenceNeed, LibraryControl
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import library, needs_of
from twofold.domain.readiness import Cause, Readiness
from twofold.evidence.queries import names_behind
from twofold.people.access import Actor, Permission, may
from twofold.reporting.checks import CheckView, check_views
from twofold.reporting.controls import ClaimView, claim_names, claim_view, state_of
from twofold.reporting.standing import standing

#: So many of the newest claims of a need are shown.
CLAIMS = 12


@dataclass(frozen=True)
class OpenedNeed:
    """Evidence that is asked for, or was, with the newest claims that answer it.

    Attributes:
        cause: how the need stands today, as readiness sees it; None: it is not asked for any more.
        claims: newest first.
        older: how many more there are.
    """

    need: EvidenceNeed
    cause: Cause | None
    claims: tuple[ClaimView, ...]
    older: int


@dataclass(frozen=True)
class OpenedImplementation:
    """An implementation with all that its page shows, and what the actor may do.

    Attributes:
        control: None where the library does not have it any more.
        readiness: of this scope by itself; None when it is not run on this day.
        dropped: needs that are no longer asked for and have claims.
    """

    implementation: Implementation
    control: LibraryControl | None
    readiness: Readiness | None
    needs: tuple[OpenedNeed, ...]
    dropped: tuple[OpenedNeed, ...]
    checks: tuple[CheckView, ...]
    may_change: bool
    may_approve: bool
    may_claim: bool
    may_run: bool
    may_confirm_end: bool


def opened(row: Implementation, by: Actor, *, at: datetime) -> OpenedImplementation:
    """Return an implementation as the actor may see and act on it; a fixed number of queries."""
    running = row.retired_at is None
    subject = row.system.ledger_subject if row.system else ""
    permitted = {
        permission: running and may(by, permission, unit=row.unit, at=at, subject=subject)
        for permission in (
            Permission.IMPLEMENT_CONTROL,
            Permission.APPROVE_CONTROL,
            Permission.CLAIM,
            Permission.RUN_CHECKS,
        )
    }
    readiness = _readiness(row, by, at=at)
    needs, dropped = _needs(row, readiness, by, at=at)
    return OpenedImplementation(
        implementation=row,
        control=library().control_by_id.get(row.control),
        readiness=readiness,
        needs=needs,
        dropped=dropped,
        checks=tuple(check_views([row])),
        may_change=permitted[Permission.IMPLEMENT_CONTROL],
        may_approve=permitted[Permission.APPROVE_CONTROL] and by.person_id not in row.hands,
        may_claim=permitted[Permission.CLAIM],
        may_run=permitted[Permission.RUN_CHECKS],
        may_confirm_end=permitted[Permission.APPROVE_CONTROL]
        and row.retirement_asked_by_id not in {None, by.person_id},
    )


def _readiness(row: Implementation, by: Actor, *, at: datetime) -> Readiness | None:
    if row.retired_at is not None:
        return None
    found = standing(by, at=at)
    facts = [
        fact for fact in found.implementations(row.control) if fact.record == row.ledger_subject
    ]
    return state_of(row.control, facts, found.on) if facts else None


def _needs(
    row: Implementation, readiness: Readiness | None, by: Actor, *, at: datetime
) -> tuple[tuple[OpenedNeed, ...], tuple[OpenedNeed, ...]]:
    """Return the needs that are asked for, and those that were."""
    causes = {reason.detail: reason.cause for reason in readiness.reasons} if readiness else {}
    views = _claims(row, by, at=at)
    counts = dict(
        EvidenceClaim.objects.filter(implementation=row)
        .order_by()
        .values_list("need")
        .annotate(count=Count("pk"))
    )

    def need_of(need: EvidenceNeed, cause: Cause | None) -> OpenedNeed:
        claims = tuple(view for view in views if view.claim.need == need.kind)
        return OpenedNeed(need, cause, claims, counts.get(need.kind, 0) - len(claims))

    asked = needs_of(row)
    kinds = {need.kind for need in asked}
    return (
        tuple(need_of(need, causes.get(need.kind, Cause.NO_EVIDENCE)) for need in asked),
        tuple(
            need_of(library().needs.get(kind, EvidenceNeed(kind, kind, 0)), None)
            for kind in counts
            if kind not in kinds
        ),
    )


def _claims(row: Implementation, by: Actor, *, at: datetime) -> Sequence[ClaimView]:
    """Return the newest claims of each need, newest first."""
    place = Window(
        RowNumber(), partition_by=[F("need")], order_by=[F("claimed_at").desc(), F("pk")]
    )
    claims = list(
        EvidenceClaim.objects.filter(implementation=row)
        .annotate(place=place)
        .filter(place__lte=CLAIMS)
        .select_related("evidence__item")
        .order_by("-claimed_at", "pk")
    )
    names, own = claim_names(claims), names_behind(by)
    return [claim_view(claim, row, names, own, by=by, at=at) for claim in claims]
