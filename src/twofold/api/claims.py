"""Evidence claims over the API: listed, made, accepted, rejected and withdrawn."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import In, Offset, Text
from twofold.controls import actions, queries
from twofold.controls.actions.claims import Period
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import ClaimState
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import visible_versions
from twofold.people.access import Actor
from twofold.people.errors import InvalidInput

router = Router(tags=["claims"])
ROWS = 100
_Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class ClaimIn(In):
    """What a version of evidence is held to show of a control as it is run, both by their keys.

    Evidence by the key of the item; version: its newest unless a number is given. The period is a
    part of the evidence's own; a day that is left out is the evidence's.
    """

    implementation: UUID
    evidence: UUID
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    need: Annotated[Text, Field(max_length=60)]
    statement: _Reason
    period_from: date | None = None
    period_to: date | None = None
    valid_until: date | None = None


class ClaimReasonIn(In):
    """Why a claim is rejected or withdrawn."""

    reason: _Reason


class ClaimOut(BaseModel):
    """A claim; persons by e-mail address, blank: nobody, or the product itself."""

    id: UUID
    state: str
    implementation: UUID
    control: str
    scope: str
    evidence: UUID
    evidence_title: str
    version: int
    need: str
    statement: str
    period_from: date
    period_to: date
    valid_until: date
    claimed_by: str
    claimed_at: datetime
    accepted_by: str
    accepted_at: datetime | None
    rejected_by: str
    rejected_at: datetime | None
    rejection: str
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawal: str


@router.get("", response=list[ClaimOut])
def list_claims(
    request: HttpRequest,
    implementation: UUID | None = None,
    state: ClaimState | None = None,
    offset: Offset = 0,
) -> list[ClaimOut]:
    at = _now()
    rows = queries.visible_claims(reader(request, at=at), at=at)
    if implementation is not None:
        rows = rows.filter(implementation=implementation)
    if state is not None:
        rows = queries.claims_in(rows, state)
    return [_out(row) for row in rows[offset : offset + ROWS]]


@router.post("", response={201: ClaimOut})
def make_claim(request: HttpRequest, given: ClaimIn) -> ClaimOut:
    by, at = caller(request), _now()
    version = _version(given, by, at)
    made = actions.claim(
        _implementation(given.implementation, by, at),
        evidence=version,
        need=given.need,
        statement=given.statement,
        period=_period(given, version),
        by=by,
        at=at,
    )
    return _out(queries.claim_for(made.pk, by, at=at))


@router.get("/{claim_id}", response=ClaimOut)
def get_claim(request: HttpRequest, claim_id: UUID) -> ClaimOut:
    at = _now()
    return _out(queries.claim_for(claim_id, reader(request, at=at), at=at))


@router.post("/{claim_id}/accept", response=ClaimOut)
def accept_claim(request: HttpRequest, claim_id: UUID) -> ClaimOut:
    at = _now()
    found = queries.claim_for(claim_id, reader(request, at=at), at=at)
    actions.accept_claim(found, by=caller(request), at=at)
    return get_claim(request, claim_id)


@router.post("/{claim_id}/reject", response=ClaimOut)
def reject_claim(request: HttpRequest, claim_id: UUID, given: ClaimReasonIn) -> ClaimOut:
    at = _now()
    found = queries.claim_for(claim_id, reader(request, at=at), at=at)
    actions.reject_claim(found, reason=given.reason, by=caller(request), at=at)
    return get_claim(request, claim_id)


@router.post("/{claim_id}/withdraw", response=ClaimOut)
def withdraw_claim(request: HttpRequest, claim_id: UUID, given: ClaimReasonIn) -> ClaimOut:
    at = _now()
    found = queries.claim_for(claim_id, reader(request, at=at), at=at)
    actions.withdraw_claim(found, reason=given.reason, by=caller(request), at=at)
    return get_claim(request, claim_id)


def _implementation(key: UUID, by: Actor, at: datetime) -> Implementation:
    rows = queries.visible_implementations(by, at=at).prefetch_related(None)
    found = rows.filter(pk=key).first()
    if found is None:
        raise InvalidInput("There is no such implementation.", field="implementation")
    return found


def _version(given: ClaimIn, by: Actor, at: datetime) -> EvidenceVersion:
    rows = visible_versions(by, at=at).filter(item=given.evidence).order_by("-number")
    if given.version is not None:
        rows = rows.filter(number=given.version)
    found = rows.first()
    if found is None:
        raise InvalidInput("There is no such evidence.", field="evidence")
    return found


def _period(given: ClaimIn, version: EvidenceVersion) -> Period | None:
    if not (given.period_from or given.period_to or given.valid_until):
        return None
    return Period(
        given.period_from or version.period_from,
        given.period_to or version.period_to,
        given.valid_until or version.valid_until,
    )


def _out(row: EvidenceClaim) -> ClaimOut:
    return ClaimOut(
        id=row.pk,
        state=queries.claim_state(row).value,
        implementation=row.implementation_id,
        control=row.implementation.control,
        scope=row.implementation.scope,
        evidence=row.evidence.item_id,
        evidence_title=row.evidence.item.title,
        version=row.evidence.number,
        need=row.need,
        statement=row.statement,
        period_from=row.period_from,
        period_to=row.period_to,
        valid_until=row.valid_until,
        claimed_by=row.claimed_by.email if row.claimed_by else "",
        claimed_at=row.claimed_at,
        accepted_by=row.accepted_by.email if row.accepted_by else "",
        accepted_at=row.accepted_at,
        rejected_by=row.rejected_by.email if row.rejected_by else "",
        rejected_at=row.rejected_at,
        rejection=row.rejection,
        withdrawn_by=row.withdrawn_by.email if row.withdrawn_by else "",
        withdrawn_at=row.withdrawn_at,
        withdrawal=row.withdrawal,
    )


def _now() -> datetime:
    return datetime.now(UTC)
