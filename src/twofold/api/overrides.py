"""Statuses that are set by hand over the API: listed, asked for, approved and withdrawn."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import In, Offset, Text
from twofold.controls import actions
from twofold.controls.models import Override
from twofold.controls.queries import (
    OverrideState,
    override_for,
    override_state,
    overrides_in,
    visible_overrides,
)
from twofold.domain.readiness import Status
from twofold.people.queries import unit_by_name

router = Router(tags=["overrides"])
ROWS = 100


class OverrideIn(In):
    """A status to be shown instead of the computed one; unit by name (default: the root)."""

    requirement: Annotated[Text, Field(max_length=60)]
    unit: Annotated[Text, Field(max_length=120)] = ""
    status: Status
    reason: Annotated[Text, Field(min_length=1, max_length=1000)]
    expires_date: date


class OverrideOut(BaseModel):
    """An override; persons by e-mail address, blank where nobody has approved it."""

    id: UUID
    unit: str
    requirement: str
    status: str
    reason: str
    state: str
    requested_by: str
    requested_at: datetime
    approved_by: str
    approved_at: datetime | None
    expires_date: date
    withdrawn_at: datetime | None


@router.get("", response=list[OverrideOut])
def list_overrides(
    request: HttpRequest, state: OverrideState | None = None, offset: Offset = 0
) -> list[OverrideOut]:
    at = _now()
    rows = visible_overrides(reader(request, at=at), at=at)
    if state is not None:
        rows = overrides_in(rows, state, on=at.date())
    return [_out(row, at) for row in rows[offset : offset + ROWS]]


@router.post("", response={201: OverrideOut})
def request_override(request: HttpRequest, given: OverrideIn) -> OverrideOut:
    at = _now()
    made = actions.request_override(
        given.requirement,
        status=given.status,
        reason=given.reason,
        expires_date=given.expires_date,
        unit=unit_by_name(given.unit),
        by=caller(request),
        at=at,
    )
    return _out(made, at)


@router.get("/{override_id}", response=OverrideOut)
def get_override(request: HttpRequest, override_id: UUID) -> OverrideOut:
    at = _now()
    return _out(override_for(override_id, reader(request, at=at), at=at), at)


@router.post("/{override_id}/approve", response=OverrideOut)
def approve_override(request: HttpRequest, override_id: UUID) -> OverrideOut:
    at = _now()
    found = override_for(override_id, reader(request, at=at), at=at)
    return _out(actions.approve_override(found, by=caller(request), at=at), at)


@router.post("/{override_id}/withdraw", response=OverrideOut)
def withdraw_override(request: HttpRequest, override_id: UUID) -> OverrideOut:
    at = _now()
    found = override_for(override_id, reader(request, at=at), at=at)
    return _out(actions.withdraw_override(found, by=caller(request), at=at), at)


def _out(row: Override, at: datetime) -> OverrideOut:
    return OverrideOut(
        id=row.pk,
        unit=row.unit.name,
        requirement=row.requirement,
        status=row.status,
        reason=row.reason,
        state=override_state(row, on=at.date()).value,
        requested_by=row.requested_by.email,
        requested_at=row.requested_at,
        approved_by=row.approved_by.email if row.approved_by else "",
        approved_at=row.approved_at,
        expires_date=row.expires_date,
        withdrawn_at=row.withdrawn_at,
    )


def _now() -> datetime:
    return datetime.now(UTC)
