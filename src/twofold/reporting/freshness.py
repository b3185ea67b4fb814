"""The freshness calendar: when evidence ends to count, and which requirements lose credit then.

A version counts until its last day, and for what is claimed of it perhaps only for as long as the
control asks for something newer. Of an item the newest version alone is looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from twofold.controls.models import EvidenceClaim
from twofold.controls.queries import ClaimState, claim_state, claims_in, needs_of, visible_claims
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import newest_versions
from twofold.people.access import Actor
from twofold.reporting.controls import CreditedRequirement, credited_requirements
from twofold.reporting.facts import counts_until

#: So many months are shown, the running one among them.
MONTHS = 12
OVERDUE = "overdue"
LATER = "later"


@dataclass(frozen=True)
class Span:
    """A part of the calendar and how many items end to count in it.

    Attributes:
        name: `overdue`, `later`, or the month as `2026-11`.
        first: first day of the month; None for what is overdue or later.
    """

    name: str
    first: date | None
    count: int


@dataclass(frozen=True)
class Calendar:
    """All spans, and the versions that end to count in the one that is looked at, by their day."""

    spans: tuple[Span, ...]
    chosen: str
    ending: tuple[tuple[date, UUID], ...]


@dataclass(frozen=True)
class Lapse:
    """A version that ends to count.

    Attributes:
        day: the last on which all of it counts.
        lost: requirements that rest on it and on nothing newer.
        kept: requirements that other evidence carries further.
        claimed: whether anything is held to be shown by it; else nothing is lost.
    """

    version: EvidenceVersion
    day: date
    lost: tuple[CreditedRequirement, ...]
    kept: tuple[CreditedRequirement, ...]
    claimed: bool


@dataclass(frozen=True)
class Loss:
    """What becomes of requirements when claims count no longer; each stands in one place.

    Attributes:
        lost: requirements that rest on them and on nothing else.
        kept: requirements that other evidence carries.
        ended: requirements that nothing carries, and these claims themselves no longer.
    """

    lost: tuple[CreditedRequirement, ...]
    kept: tuple[CreditedRequirement, ...]
    ended: tuple[CreditedRequirement, ...] = ()


def calendar(by: Actor, *, chosen: str = "", at: datetime) -> Calendar:
    """Return what ends to count when, as the actor may see it; two queries.

    Args:
        chosen: name of the span that is looked at; of an unknown one nothing ends. Blank: what is
            overdue, or else the running month.
    """
    today = at.date()
    months = _months(today)
    last_days = dict(newest_versions(by, at=at).order_by().values_list("pk", "valid_until"))
    for claim in _accepted(by, at).filter(evidence__in=newest_versions(by, at=at).order_by()):
        if claim.evidence_id in last_days:
            last_days[claim.evidence_id] = min(last_days[claim.evidence_id], _until(claim))
    spans: dict[str, list[tuple[date, UUID]]] = {OVERDUE: []}
    spans |= {_month(first): [] for first in months}
    spans[LATER] = []
    for key, day in last_days.items():
        spans[_span_of(day, today, spans)].append((day, key))
    if not chosen:
        chosen = OVERDUE if spans[OVERDUE] else _month(months[0])
    return Calendar(
        spans=tuple(
            Span(name, date.fromisoformat(f"{name}-01") if name[0].isdigit() else None, len(rows))
            for name, rows in spans.items()
        ),
        chosen=chosen,
        ending=tuple(sorted(spans.get(chosen, []))),
    )


def lapses(ending: Iterable[tuple[date, UUID]], by: Actor, *, at: datetime) -> list[Lapse]:
    """Return what ends, with the requirements that lose credit, in the order given."""
    given = list(ending)
    rows = EvidenceVersion.objects.select_related("item__unit", "item__owner").in_bulk(
        [key for _day, key in given]
    )
    accepted = _accepted(by, at)
    claims: dict[UUID, list[EvidenceClaim]] = {}
    for claim in accepted.filter(evidence__in=list(rows)):
        claims.setdefault(claim.evidence_id, []).append(claim)
    lasting = _lasting(accepted, claims.values())
    return [_lapse(rows[key], day, claims.get(key, []), lasting) for day, key in given]


def loss_without(claims: Iterable[EvidenceClaim], *, on: date) -> Loss:
    """Return what loses credit if these claims count no longer from a day on; one query.

    Claims that nobody accepted, and those on controls that are run no longer, carry nothing.
    Whatever else is accepted carries further, whether or not somebody may see it.
    """
    given = list(claims)
    accepted = _counted(EvidenceClaim.objects.all())
    others = accepted.exclude(pk__in=[claim.pk for claim in given])
    lasting = _lasting(others, [given])
    carrying = [claim for claim in given if _carries(claim)]
    found = _loss(
        [claim for claim in carrying if _until(claim) >= on or _lasts(claim, lasting) >= on],
        lambda claim: _lasts(claim, lasting) >= on,
    )
    told = {entry.requirement.id for entry in (*found.lost, *found.kept)}
    ended = [e for e in credited_requirements(carrying) if e.requirement.id not in told]
    return Loss(found.lost, found.kept, tuple(ended))


def _lapse(
    version: EvidenceVersion,
    day: date,
    claims: list[EvidenceClaim],
    lasting: Mapping[tuple[UUID, str], date],
) -> Lapse:
    found = _loss(claims, lambda claim: _lasts(claim, lasting) > _until(claim))
    return Lapse(version, day, found.lost, found.kept, claimed=bool(claims))


def _loss(claims: Iterable[EvidenceClaim], goes_on: Callable[[EvidenceClaim], bool]) -> Loss:
    """Return what is lost without these claims, and what is kept because an answer goes on."""
    ends: list[EvidenceClaim] = []
    stays: list[EvidenceClaim] = []
    for claim in claims:
        (stays if goes_on(claim) else ends).append(claim)
    lost = tuple(credited_requirements(ends))
    gone = {entry.requirement.id for entry in lost}
    kept = [e for e in credited_requirements(stays) if e.requirement.id not in gone]
    return Loss(lost, tuple(kept))


def _lasting(
    accepted: QuerySet[EvidenceClaim], claims: Iterable[list[EvidenceClaim]]
) -> dict[tuple[UUID, str], date]:
    """Return until when each need of these scopes is answered by any evidence."""
    scopes = {claim.implementation_id for group in claims for claim in group}
    found: dict[tuple[UUID, str], date] = {}
    for claim in accepted.filter(implementation__in=scopes):
        key = _answered(claim)
        found[key] = max(found.get(key, date.min), _until(claim))
    return found


def _lasts(claim: EvidenceClaim, lasting: Mapping[tuple[UUID, str], date]) -> date:
    """Return until when what a claim answers is answered; the first of all days: by nothing."""
    return lasting.get(_answered(claim), date.min)


def _carries(claim: EvidenceClaim) -> bool:
    accepted = claim_state(claim) is ClaimState.ACCEPTED
    return accepted and claim.implementation.retired_at is None


def _answered(claim: EvidenceClaim) -> tuple[UUID, str]:
    return claim.implementation_id, claim.need


def _accepted(by: Actor, at: datetime) -> QuerySet[EvidenceClaim]:
    """Return the accepted claims on controls that are run, with no more than is asked of them."""
    return _counted(visible_claims(by, at=at))


def _counted(rows: QuerySet[EvidenceClaim]) -> QuerySet[EvidenceClaim]:
    return (
        claims_in(rows, ClaimState.ACCEPTED)
        .filter(implementation__retired_at=None)
        .select_related(None)
        .select_related("implementation")
        .order_by()
    )


def _until(claim: EvidenceClaim) -> date:
    periods = {need.kind: need.period_days for need in needs_of(claim.implementation)}
    return counts_until(claim.period_to, claim.valid_until, periods.get(claim.need))


def _span_of(day: date, today: date, spans: Mapping[str, object]) -> str:
    if day < today:
        return OVERDUE
    return _month(day) if _month(day) in spans else LATER


def _months(today: date) -> list[date]:
    counted = [today.year * 12 + today.month - 1 + ahead for ahead in range(MONTHS)]
    return [date(month // 12, month % 12 + 1, 1) for month in counted]


def _month(day: date) -> str:
    return day.strftime("%Y-%m")
