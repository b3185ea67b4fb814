"""Evidence over the API: items, their keeping and links, the calendar, retention."""

import mimetypes
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Router
from ninja.files import UploadedFile
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import (
    EvidenceIn,
    EvidenceOut,
    Expected,
    In,
    Offset,
    Search,
    Text,
)
from twofold.evidence import actions, keeping, links
from twofold.evidence.keeping import Description
from twofold.evidence.models import Classification, EvidenceItem, EvidenceLink
from twofold.evidence.queries import (
    items_linked_to,
    links_of,
    matching,
    newest_versions,
    versions_of,
)
from twofold.evidence.repository import item_for, link_for, past_retention, version_for
from twofold.ledger.queries import revision_of
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.freshness import OVERDUE, calendar, lapses
from twofold.reporting.linkable import require_linkable

router = Router(tags=["evidence"])
ROWS = 100
_Reason = Annotated[Text, Field(min_length=1, max_length=300)]


class DescriptionIn(In):
    """What is said of an item; owner by e-mail address, blank: nobody."""

    title: Annotated[Text, Field(min_length=1, max_length=200)]
    kind: Annotated[Text, Field(min_length=1, max_length=60)]
    classification: Classification
    owner: Annotated[Text, Field(max_length=254)] = ""
    retain_until: date | None = None
    expected: Expected = None


class HoldIn(In):
    """Why an item is held, or is no longer."""

    reason: _Reason


class LinkIn(In):
    """The record that an item bears on, by its ledger name, and what it shows of it."""

    target: Annotated[Text, Field(min_length=1, max_length=120)]
    purpose: Annotated[Text, Field(max_length=300)] = ""


class LinkOut(BaseModel):
    """A link; actors by their ledger names, blank: it stands."""

    id: UUID
    evidence: UUID
    title: str
    target: str
    purpose: str
    made_by: str
    made_at: datetime
    removed_by: str
    removed_at: datetime | None


class ItemOut(BaseModel):
    """An item with its newest version; none when it was erased. Owner by e-mail address."""

    id: UUID
    title: str
    kind: str
    unit: str
    about: str
    classification: str
    owner: str
    retain_until: date | None
    hold: str
    created_at: datetime
    erased_at: datetime | None
    revision: int
    version: int | None
    valid_until: date | None


class NewestOut(BaseModel):
    """An item in the list, with its newest version."""

    id: UUID
    title: str
    kind: str
    unit: str
    version: int
    valid_until: date


class SpanOut(BaseModel):
    """A part of the calendar, and how many items end to count in it."""

    name: str
    count: int


class LapseOut(BaseModel):
    """An item that ends to count; owner by e-mail address, requirements by their ids."""

    evidence: UUID
    title: str
    last_day: date
    owner: str
    lost: list[str]
    kept: list[str]


class CalendarOut(BaseModel):
    spans: list[SpanOut]
    ending: list[LapseOut]


@router.get("", response=list[NewestOut])
def list_evidence(request: HttpRequest, q: Search = "", offset: Offset = 0) -> list[NewestOut]:
    at = _now()
    rows = matching(newest_versions(reader(request, at=at), at=at), q)
    return [
        NewestOut(
            id=row.item.pk,
            title=row.item.title,
            kind=row.item.kind,
            unit=row.item.unit.name,
            version=row.number,
            valid_until=row.valid_until,
        )
        for row in rows[offset : offset + ROWS]
    ]


@router.post("", response={201: EvidenceOut})
def add_evidence(
    request: HttpRequest, file: File[UploadedFile], given: Form[EvidenceIn]
) -> EvidenceOut:
    name = file.name or ""
    content = actions.Content(
        chunks=file.chunks(),
        file_name=name,
        # By its name: what a program says of the type is free text.
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        source=given.source,
        period_from=given.period_from,
        period_to=given.period_to,
        valid_until=given.valid_until,
    )
    item = actions.add_item(
        given.title,
        kind=given.kind,
        unit=unit_by_name(given.unit),
        content=content,
        by=caller(request),
        at=_now(),
    )
    return _added(item)


@router.get("/calendar", response=CalendarOut)
def get_calendar(
    request: HttpRequest,
    span: Annotated[Text, Field(max_length=10)] = OVERDUE,
    offset: Offset = 0,
) -> CalendarOut:
    """Return when evidence ends to count; span: `overdue`, `later`, or a month as `2026-11`."""
    at = _now()
    by = reader(request, at=at)
    found = calendar(by, chosen=span, at=at)
    return CalendarOut(
        spans=[SpanOut(name=entry.name, count=entry.count) for entry in found.spans],
        ending=[
            LapseOut(
                evidence=entry.version.item_id,
                title=entry.version.item.title,
                last_day=entry.day,
                owner=_owner(entry.version.item),
                lost=[credit.requirement.id for credit in entry.lost],
                kept=[credit.requirement.id for credit in entry.kept],
            )
            for entry in lapses(found.ending[offset : offset + ROWS], by, at=at)
        ],
    )


@router.get("/retention", response=list[ItemOut])
def list_past_retention(request: HttpRequest, offset: Offset = 0) -> list[ItemOut]:
    """Return the items that need not be kept any longer; an erasure disposes of one."""
    at = _now()
    rows = past_retention(reader(request, at=at), on=at.date(), at=at)
    return [_item(row) for row in rows[offset : offset + ROWS]]


@router.get("/linked", response=list[LinkOut])
def list_linked(
    request: HttpRequest,
    target: Annotated[Text, Field(max_length=120)],
    offset: Offset = 0,
) -> list[LinkOut]:
    """Return the links that stand between a record, by its ledger name, and evidence."""
    at = _now()
    rows = items_linked_to(target, reader(request, at=at), at=at)
    return [_link(row) for row in rows[offset : offset + ROWS]]


@router.post("/links/{link_id}/remove", response=LinkOut)
def remove_link(request: HttpRequest, link_id: UUID) -> LinkOut:
    at = _now()
    row = link_for(link_id, reader(request, at=at), at=at)
    return _link(links.unlink(row, by=caller(request), at=at))


@router.get("/{uuid:evidence_id}", response=ItemOut)
def get_evidence(request: HttpRequest, evidence_id: UUID) -> ItemOut:
    at = _now()
    by = reader(request, at=at)
    row = item_for(evidence_id, by, at=at)
    version = version_for(evidence_id, by, at=at) if row.erased_at is None else None
    found = _item(row)
    if version is not None:
        found.version, found.valid_until = version.number, version.valid_until
    return found


@router.put("/{uuid:evidence_id}/description", response=ItemOut)
def describe_evidence(request: HttpRequest, evidence_id: UUID, given: DescriptionIn) -> ItemOut:
    at = _now()
    row = item_for(evidence_id, reader(request, at=at), at=at)
    description = Description(
        title=given.title,
        kind=given.kind,
        classification=given.classification,
        owner=person_by_email(given.owner, field="owner") if given.owner else None,
        retain_until=given.retain_until,
    )
    keeping.describe(row, description, expected=given.expected, by=caller(request), at=at)
    return get_evidence(request, evidence_id)


@router.post("/{uuid:evidence_id}/hold", response=ItemOut)
def hold_evidence(request: HttpRequest, evidence_id: UUID, given: HoldIn) -> ItemOut:
    at = _now()
    row = item_for(evidence_id, reader(request, at=at), at=at)
    keeping.hold(row, reason=given.reason, by=caller(request), at=at)
    return get_evidence(request, evidence_id)


@router.post("/{uuid:evidence_id}/end-hold", response=ItemOut)
def end_hold(request: HttpRequest, evidence_id: UUID, given: HoldIn) -> ItemOut:
    at = _now()
    row = item_for(evidence_id, reader(request, at=at), at=at)
    keeping.end_hold(row, reason=given.reason, by=caller(request), at=at)
    return get_evidence(request, evidence_id)


@router.get("/{uuid:evidence_id}/links", response=list[LinkOut])
def list_links(request: HttpRequest, evidence_id: UUID, offset: Offset = 0) -> list[LinkOut]:
    at = _now()
    item = item_for(evidence_id, reader(request, at=at), at=at)
    rows = links_of(item).select_related("item")
    return [_link(row) for row in rows[offset : offset + ROWS]]


@router.post("/{uuid:evidence_id}/links", response={201: LinkOut})
def link_evidence(request: HttpRequest, evidence_id: UUID, given: LinkIn) -> LinkOut:
    at = _now()
    by = reader(request, at=at)
    item = item_for(evidence_id, by, at=at)
    require_linkable(given.target, by, field="target", at=at)
    return _link(links.link(item, given.target, purpose=given.purpose, by=by, at=at))


def _added(item: EvidenceItem) -> EvidenceOut:
    version = versions_of(item)[0]
    return EvidenceOut(
        id=item.pk,
        title=item.title,
        kind=item.kind,
        version=version.number,
        sha256=version.sha256,
        size=version.size,
        valid_until=version.valid_until,
        quarantine=version.quarantine,
    )


def _item(row: EvidenceItem) -> ItemOut:
    return ItemOut(
        id=row.pk,
        title=row.title,
        kind=row.kind,
        unit=row.unit.name,
        about=row.about,
        classification=row.classification,
        owner=_owner(row),
        retain_until=row.retain_until,
        hold=row.hold_reason,
        created_at=row.created_at,
        erased_at=row.erased_at,
        revision=revision_of(row.ledger_subject),
        version=None,
        valid_until=None,
    )


def _owner(item: EvidenceItem) -> str:
    return item.owner.email if item.owner else ""


def _link(row: EvidenceLink) -> LinkOut:
    fields: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("target", "purpose", "made_by", "made_at", "removed_by", "removed_at")
    }
    return LinkOut(id=row.pk, evidence=row.item_id, title=row.item.title, **fields)


def _now() -> datetime:
    return datetime.now(UTC)
