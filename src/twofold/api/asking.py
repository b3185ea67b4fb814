"""Requests for evidence over the API: listed, made, answered and taken back."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import In, Offset, Text
from twofold.evidence import requests
from twofold.evidence.models import EvidenceRequest
from twofold.evidence.queries import visible_requests
from twofold.evidence.repository import (
    RequestState,
    request_for,
    request_state,
    requests_in,
    version_for,
)
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.linkable import require_linkable

router = Router(tags=["evidence"])
ROWS = 100


class RequestIn(In):
    """What is asked for; owner by e-mail address, unit by name (default: the root)."""

    title: Annotated[Text, Field(min_length=1, max_length=200)]
    details: Annotated[Text, Field(max_length=4000)] = ""
    kind: Annotated[Text, Field(min_length=1, max_length=60)]
    about: Annotated[Text, Field(max_length=120)] = ""
    unit: Annotated[Text, Field(max_length=120)] = ""
    owner: Annotated[Text, Field(max_length=254)]
    due_date: date


class AnswerIn(In):
    """The item that answers a request, by its key; version: its newest unless a number is given."""

    evidence: UUID
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class WithdrawalIn(In):
    """Why a request is taken back."""

    reason: Annotated[Text, Field(min_length=1, max_length=300)]


class RequestOut(BaseModel):
    """A request; owner by e-mail address, who asked by ledger name; overdue is computed."""

    id: UUID
    state: str
    title: str
    details: str
    kind: str
    about: str
    unit: str
    owner: str
    due_date: date
    asked_by: str
    asked_at: datetime
    evidence: UUID | None
    version: int | None
    closed_at: datetime | None
    withdrawal: str


@router.get("", response=list[RequestOut])
def list_requests(
    request: HttpRequest,
    state: RequestState | None = None,
    mine: bool = False,  # noqa: FBT001, FBT002 - a parameter of the query
    offset: Offset = 0,
) -> list[RequestOut]:
    at = _now()
    by = reader(request, at=at)
    rows = visible_requests(by, at=at)
    if state is not None:
        rows = requests_in(rows, state, on=at.date())
    if mine:
        rows = rows.filter(owner=by.person_id)
    return [_out(row, at) for row in rows[offset : offset + ROWS]]


@router.post("", response={201: RequestOut})
def ask_for_evidence(request: HttpRequest, given: RequestIn) -> RequestOut:
    by, at = caller(request), _now()
    if given.about:
        require_linkable(given.about, by, field="about", at=at)
    asked = requests.Asked(
        title=given.title,
        details=given.details,
        kind=given.kind,
        about=given.about,
        owner=person_by_email(given.owner, field="owner"),
        due_date=given.due_date,
    )
    return _out(requests.ask(unit_by_name(given.unit), asked, by=by, at=at), at)


@router.get("/{request_id}", response=RequestOut)
def get_request(request: HttpRequest, request_id: UUID) -> RequestOut:
    at = _now()
    return _out(request_for(request_id, reader(request, at=at), at=at), at)


@router.post("/{request_id}/answer", response=RequestOut)
def answer_request(request: HttpRequest, request_id: UUID, given: AnswerIn) -> RequestOut:
    at = _now()
    by = reader(request, at=at)
    row = request_for(request_id, by, at=at)
    version = version_for(given.evidence, by, number=given.version, at=at)
    requests.answer(row, version=version, by=by, at=at)
    return get_request(request, request_id)


@router.post("/{request_id}/withdraw", response=RequestOut)
def withdraw_request(request: HttpRequest, request_id: UUID, given: WithdrawalIn) -> RequestOut:
    at = _now()
    row = request_for(request_id, reader(request, at=at), at=at)
    requests.withdraw(row, reason=given.reason, by=caller(request), at=at)
    return get_request(request, request_id)


def _out(row: EvidenceRequest, at: datetime) -> RequestOut:
    return RequestOut(
        id=row.pk,
        state=request_state(row, on=at.date()).value,
        title=row.title,
        details=row.details,
        kind=row.kind,
        about=row.about,
        unit=row.unit.name,
        owner=row.owner.email,
        due_date=row.due_date,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        evidence=row.answer.item_id if row.answer else None,
        version=row.answer.number if row.answer else None,
        closed_at=row.closed_at,
        withdrawal=row.withdrawal,
    )


def _now() -> datetime:
    return datetime.now(UTC)
