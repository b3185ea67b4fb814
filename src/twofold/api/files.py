"""Contents of evidence over the API, streamed: sent as the body itself, and handed out again.

The body is not a form and is never held in memory, so a file may be as large as the installation
takes. What is said of it stands in the query.
"""

import mimetypes
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router
from pydantic import Field

from twofold.api.authentication import caller, reader
from twofold.api.bodies import WrongContentType
from twofold.api.schemas import EvidenceOut, In, Text
from twofold.evidence import actions
from twofold.evidence.contents import handed_out
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.evidence.queries import versions_of, visible_items
from twofold.people.errors import NotFound
from twofold.people.queries import unit_by_name

router = Router(tags=["records"])
_MEDIA_TYPE = "application/octet-stream"
_PIECE_BYTES = 1 << 20
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ContentIn(In):
    """What a file speaks of."""

    file_name: Annotated[Text, Field(min_length=1, max_length=200)]
    source: Annotated[Text, Field(max_length=200)] = ""
    period_from: date
    period_to: date
    valid_until: date


class NewEvidenceIn(ContentIn):
    """What is said of a new item and its first file; unit by name (default: the root)."""

    title: Annotated[Text, Field(min_length=1, max_length=200)]
    kind: Annotated[Text, Field(min_length=1, max_length=60)]
    unit: Annotated[Text, Field(max_length=120)] = ""


@router.put("/{uuid:evidence_id}/content", response={201: EvidenceOut}, openapi_extra=_BODY)
def send_evidence(
    request: HttpRequest, evidence_id: UUID, given: Query[NewEvidenceIn]
) -> EvidenceOut:
    """Add an item under a key that the sender draws: sent again, it is refused and not doubled."""
    made = actions.add_item(
        given.title,
        kind=given.kind,
        unit=unit_by_name(given.unit),
        content=_content(request, given),
        key=evidence_id,
        by=caller(request),
        at=_now(),
    )
    return _out(made, made.versions.get())


@router.post("/{uuid:evidence_id}/versions", response={201: EvidenceOut}, openapi_extra=_BODY)
def send_version(request: HttpRequest, evidence_id: UUID, given: Query[ContentIn]) -> EvidenceOut:
    item = _item(request, evidence_id)
    content = _content(request, given)
    made = actions.add_version(item, content=content, by=caller(request), at=_now())
    return _out(item, made)


@router.get("/{uuid:evidence_id}/versions/{int:number}/content")
def get_content(request: HttpRequest, evidence_id: UUID, number: int) -> StreamingHttpResponse:
    item = _item(request, evidence_id)
    # A number that the column cannot hold is that of no version.
    found = versions_of(item).filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound("There is no such version.", field="number")
    response = StreamingHttpResponse(handed_out(found), content_type=_MEDIA_TYPE)
    response["Content-Length"] = str(found.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _content(request: HttpRequest, given: ContentIn) -> actions.Content:
    if request.content_type != _MEDIA_TYPE:
        raise WrongContentType(request.content_type or "", wanted=_MEDIA_TYPE)
    return actions.Content(
        chunks=_pieces(request),
        file_name=given.file_name,
        # By its name: what a program says of the type is free text.
        media_type=mimetypes.guess_type(given.file_name)[0] or _MEDIA_TYPE,
        source=given.source,
        period_from=given.period_from,
        period_to=given.period_to,
        valid_until=given.valid_until,
    )


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece


def _item(request: HttpRequest, key: UUID) -> EvidenceItem:
    at = _now()
    found = visible_items(reader(request, at=at), at=at).filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such evidence.", field="evidence_id")
    return found


def _out(item: EvidenceItem, version: EvidenceVersion) -> EvidenceOut:
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


def _now() -> datetime:
    return datetime.now(UTC)
