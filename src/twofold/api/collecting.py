"""Collections of evidence over the API: listed, planned, ended, and their runs."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import In, Offset, Text
from twofold.evidence import collections
from twofold.evidence.collections import Plan
from twofold.evidence.models import EvidenceCollection
from twofold.evidence.repository import collection_for, runs_of, visible_collections
from twofold.people.queries import unit_by_name
from twofold.reporting.collecting import places_of_installation, plan_collection

router = Router(tags=["evidence"])
ROWS = 100


class CollectionIn(In):
    """What is collected, from where and when; unit by name (default: the root).

    The locator is the ledger name of a monitor or of a control as it is run, a path below the
    permitted folder, or an address of a permitted host. The schedule is five fields of cron, UTC.
    """

    title: Annotated[Text, Field(min_length=1, max_length=200)]
    kind: Annotated[Text, Field(min_length=1, max_length=60)]
    about: Annotated[Text, Field(max_length=120)] = ""
    unit: Annotated[Text, Field(max_length=120)] = ""
    source: EvidenceCollection.Source
    locator: Annotated[Text, Field(min_length=1, max_length=500)]
    schedule: Annotated[Text, Field(min_length=1, max_length=100)]
    period_days: Annotated[int, Field(ge=1, le=3660)]
    valid_days: Annotated[int, Field(ge=1, le=3660)]


class CollectionOut(BaseModel):
    """A collection; evidence: the item that its versions go into, none before the first run."""

    id: UUID
    title: str
    kind: str
    about: str
    unit: str
    source: str
    locator: str
    schedule: str
    period_days: int
    valid_days: int
    evidence: UUID | None
    made_at: datetime
    ended_at: datetime | None


class RunOut(BaseModel):
    """A run: `added`, `unchanged` or `failed`, with the reason or the number of the version."""

    due_at: datetime
    ran_at: datetime
    outcome: str
    message: str
    version: int | None


@router.get("", response=list[CollectionOut])
def list_collections(request: HttpRequest, offset: Offset = 0) -> list[CollectionOut]:
    at = _now()
    rows = visible_collections(reader(request, at=at), at=at)
    return [_out(row) for row in rows[offset : offset + ROWS]]


@router.post("", response={201: CollectionOut})
def make_collection(request: HttpRequest, given: CollectionIn) -> CollectionOut:
    plan = Plan(
        title=given.title,
        kind=given.kind,
        about=given.about,
        source=given.source,
        locator=given.locator,
        schedule=given.schedule,
        period_days=given.period_days,
        valid_days=given.valid_days,
    )
    unit = unit_by_name(given.unit)
    places = places_of_installation()
    return _out(plan_collection(unit, plan, places, by=caller(request), at=_now()))


@router.get("/{collection_id}", response=CollectionOut)
def get_collection(request: HttpRequest, collection_id: UUID) -> CollectionOut:
    at = _now()
    return _out(collection_for(collection_id, reader(request, at=at), at=at))


@router.get("/{collection_id}/runs", response=list[RunOut])
def list_runs(request: HttpRequest, collection_id: UUID, offset: Offset = 0) -> list[RunOut]:
    at = _now()
    row = collection_for(collection_id, reader(request, at=at), at=at)
    return [
        RunOut(
            due_at=run.due_at,
            ran_at=run.ran_at,
            outcome=run.outcome,
            message=run.message,
            version=run.version.number if run.version else None,
        )
        for run in runs_of(row)[offset : offset + ROWS]
    ]


@router.post("/{collection_id}/end", response=CollectionOut)
def end_collection(request: HttpRequest, collection_id: UUID) -> CollectionOut:
    at = _now()
    row = collection_for(collection_id, reader(request, at=at), at=at)
    return _out(collections.end(row, by=caller(request), at=at))


def _out(row: EvidenceCollection) -> CollectionOut:
    return CollectionOut(
        id=row.pk,
        title=row.title,
        kind=row.kind,
        about=row.about,
        unit=row.unit.name,
        source=row.source,
        locator=row.locator,
        schedule=row.schedule,
        period_days=row.period_days,
        valid_days=row.valid_days,
        evidence=row.item_id,
        made_at=row.made_at,
        ended_at=row.ended_at,
    )


def _now() -> datetime:
    return datetime.now(UTC)
