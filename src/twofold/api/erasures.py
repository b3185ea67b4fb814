"""Erasures over the API: listed, asked for, confirmed by a second person, and taken back."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import In, Offset, Text
from twofold.controls import actions
from twofold.people import erasure as people
from twofold.people.queries import ErasureState, erasure_for, erasures_in, visible_erasures
from twofold.reporting.erasures import (
    ErasureView,
    EvidenceLoss,
    PersonLoss,
    erasure_views,
    loss_of,
)

router = Router(tags=["erasures"])
ROWS = 100
_Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class ErasureIn(In):
    """What is to be erased, by its ledger name, and why.

    The subject is `evidence.evidenceitem:<key>` or `people.person:<key>`. The reason stays on
    record for good: it names no person.
    """

    subject: Annotated[Text, Field(max_length=120)]
    reason: _Reason


class ErasureReasonIn(In):
    """Why an erasure is taken back."""

    reason: _Reason


class ErasingEntryOut(BaseModel):
    """An entry of the ledger that says what was erased; index none: not under a checkpoint yet."""

    index: int | None
    leaf_hash: str
    recorded_at: datetime


class ErasureOut(BaseModel):
    """An erasure; persons by e-mail address, blank: nobody, or erased themselves."""

    id: UUID
    subject: str
    kind: str
    unit: str
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    withdrawal: str
    files: int
    entries: list[ErasingEntryOut]


class LossOut(BaseModel):
    """What an erasure that waits would take away.

    Of evidence: versions, bytes, claims that would be withdrawn, requirements that lose their
    credit, and kept states from before titles were committed to, which stay readable. Of a person:
    roles and tokens that end, and how many records they own.
    """

    versions: int = 0
    size: int = 0
    kept_in_clear: int = 0
    claims: list[UUID] = []
    requirements: list[str] = []
    roles: int = 0
    tokens: int = 0
    owned: int = 0


class OneErasureOut(ErasureOut):
    """An erasure with what it would take away; none once it is decided."""

    loss: LossOut | None


@router.get("", response=list[ErasureOut])
def list_erasures(
    request: HttpRequest, state: ErasureState | None = None, offset: Offset = 0
) -> list[ErasureOut]:
    at = _now()
    by = reader(request, at=at)
    rows = visible_erasures(by, at=at)
    if state is not None:
        rows = erasures_in(rows, state)
    views = erasure_views(list(rows[offset : offset + ROWS]), by, at=at)
    return [ErasureOut(**_fields(view)) for view in views]


@router.post("", response={201: OneErasureOut})
def ask_for_erasure(request: HttpRequest, given: ErasureIn) -> OneErasureOut:
    by, at = caller(request), _now()
    made = actions.ask_for_erasure(given.subject, reason=given.reason, by=by, at=at)
    return _one(made.pk, request)


@router.get("/{erasure_id}", response=OneErasureOut)
def get_erasure(request: HttpRequest, erasure_id: UUID) -> OneErasureOut:
    return _one(erasure_id, request)


@router.post("/{erasure_id}/confirm", response=OneErasureOut)
def confirm_erasure(request: HttpRequest, erasure_id: UUID) -> OneErasureOut:
    at = _now()
    found = erasure_for(erasure_id, reader(request, at=at), at=at)
    actions.confirm_erasure(found, by=caller(request), at=at)
    return _one(erasure_id, request)


@router.post("/{erasure_id}/withdraw", response=OneErasureOut)
def withdraw_erasure(
    request: HttpRequest, erasure_id: UUID, given: ErasureReasonIn
) -> OneErasureOut:
    at = _now()
    found = erasure_for(erasure_id, reader(request, at=at), at=at)
    people.withdraw(found, reason=given.reason, by=caller(request), at=at)
    return _one(erasure_id, request)


def _one(key: UUID, request: HttpRequest) -> OneErasureOut:
    at = _now()
    by = caller(request)
    found = erasure_for(key, by, at=at)
    (view,) = erasure_views([found], by, at=at)
    return OneErasureOut(**_fields(view), loss=_loss(loss_of(found, by, at=at)))


def _loss(found: EvidenceLoss | PersonLoss | None) -> LossOut | None:
    if isinstance(found, EvidenceLoss):
        return LossOut(
            versions=found.extent.versions,
            size=found.extent.size,
            kept_in_clear=found.extent.in_clear,
            claims=[claim.pk for claim in found.claims],
            requirements=[entry.requirement.id for entry in found.credited],
        )
    if found is None:
        return None
    return LossOut(
        roles=found.roles,
        tokens=found.tokens,
        owned=found.systems + found.controls + found.items,
    )


def _fields(view: ErasureView) -> dict[str, Any]:
    row = view.erasure
    return {
        "id": row.pk,
        "subject": row.subject,
        "kind": row.kind,
        "unit": row.unit.name,
        "reason": row.reason,
        "state": view.state.value,
        "asked_by": row.asked_by.email,
        "asked_at": row.asked_at,
        "decided_by": row.decided_by.email if row.decided_by else "",
        "decided_at": row.decided_at,
        "withdrawal": row.withdrawal,
        "files": view.files,
        "entries": [
            ErasingEntryOut(
                index=line.index, leaf_hash=line.leaf_hash, recorded_at=line.entry.recorded_at
            )
            for line in view.lines
        ],
    }


def _now() -> datetime:
    return datetime.now(UTC)
