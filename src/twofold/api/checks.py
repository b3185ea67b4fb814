"""Checks of implementations over the API: what they found, and running them now."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.problems import MEDIA_TYPE
from twofold.api.schemas import In, Offset, Text
from twofold.controls import actions
from twofold.controls.models import Implementation
from twofold.controls.queries import rule_values, visible_implementations
from twofold.people.access import Actor
from twofold.people.errors import NotFound
from twofold.reporting.checks import CheckView, check_views, run_checks

router = Router(tags=["checks"])
ROWS = 100
_CONFLICT = {
    "responses": {
        409: {
            "description": "The control is no longer run there.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
}


class CheckOut(BaseModel):
    """A check with its newest result; `outcome` is `not_run` where there is none.

    `records` are the ledger names of what speaks against it, at most 20.
    """

    check: str
    title: str
    rule: dict[str, Any]
    outcome: str
    value: float | None
    looked_at: int | None
    records: list[str]
    fault: str
    ran_at: datetime | None


class ImplementationOut(BaseModel):
    """How a control is run in a unit, or for one AI system of it."""

    id: UUID
    control: str
    unit: str
    system: str | None
    owner: str | None
    description: str
    approved_at: datetime | None
    review_due_date: date | None
    retirement_asked_at: datetime | None
    retired_at: datetime | None
    retirement: str


class EndIn(In):
    """Why a control should no longer be run in a scope."""

    reason: Annotated[Text, Field(min_length=1, max_length=500)]


@router.get("", response=list[ImplementationOut])
def list_implementations(
    request: HttpRequest,
    control: Annotated[Text, Field(max_length=40)] = "",
    offset: Offset = 0,
) -> list[ImplementationOut]:
    at = _now()
    rows = visible_implementations(reader(request, at=at), at=at).filter(retired_at=None)
    if control:
        rows = rows.filter(control=control)
    page = rows.prefetch_related(None).order_by("control", "started_at", "pk")
    return [_implementation(row) for row in page[offset : offset + ROWS]]


@router.get("/{uuid:key}/checks", response=list[CheckOut])
def list_checks(request: HttpRequest, key: UUID) -> list[CheckOut]:
    at = _now()
    return _checks(_found(key, reader(request, at=at), at=at))


@router.post("/{uuid:key}/checks/run", response=list[CheckOut], openapi_extra=_CONFLICT)
def run_checks_now(request: HttpRequest, key: UUID) -> list[CheckOut]:
    by, at = caller(request), _now()
    found = _found(key, by, at=at)
    run_checks([found], by=by, at=at)
    return _checks(found)


@router.post("/{uuid:key}/retirement", response=ImplementationOut, openapi_extra=_CONFLICT)
def ask_to_retire(request: HttpRequest, key: UUID, given: EndIn) -> ImplementationOut:
    by, at = caller(request), _now()
    found = _found(key, by, at=at)
    return _implementation(actions.ask_to_retire(found, reason=given.reason, by=by, at=at))


@router.post("/{uuid:key}/retirement/confirm", response=ImplementationOut, openapi_extra=_CONFLICT)
def confirm_retirement(request: HttpRequest, key: UUID) -> ImplementationOut:
    by, at = caller(request), _now()
    return _implementation(actions.confirm_retirement(_found(key, by, at=at), by=by, at=at))


@router.post("/{uuid:key}/retirement/drop", response=ImplementationOut, openapi_extra=_CONFLICT)
def keep_running(request: HttpRequest, key: UUID) -> ImplementationOut:
    by, at = caller(request), _now()
    return _implementation(actions.keep_running(_found(key, by, at=at), by=by, at=at))


def _found(key: UUID, by: Actor, *, at: datetime) -> Implementation:
    rows = visible_implementations(by, at=at).prefetch_related(None)
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such implementation.", field="key")
    return found


def _implementation(row: Implementation) -> ImplementationOut:
    return ImplementationOut(
        id=row.pk,
        control=row.control,
        unit=row.unit.name,
        system=row.system.code if row.system else None,
        owner=row.owner.email if row.owner else None,
        description=row.description,
        approved_at=row.approved_at,
        review_due_date=row.review_due_date,
        retirement_asked_at=row.retirement_asked_at,
        retired_at=row.retired_at,
        retirement=row.retirement,
    )


def _checks(row: Implementation) -> list[CheckOut]:
    return [_check(view) for view in check_views([row])]


def _check(view: CheckView) -> CheckOut:
    found = view.result
    return CheckOut(
        check=view.check.id,
        title=view.check.title,
        rule=rule_values(view.check.rule),
        outcome=view.outcome.value,
        value=found.value if found else None,
        looked_at=found.looked_at if found else None,
        records=list(found.records) if found else [],
        fault=found.fault if found else "",
        ran_at=found.ran_at if found else None,
    )


def _now() -> datetime:
    return datetime.now(UTC)
