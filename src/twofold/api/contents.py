"""What stands in evidence over the API: found by its words, compared, let out of quarantine."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import EvidenceOut, In, Offset, Text
from twofold.evidence import comparing, quarantine, searching
from twofold.evidence.repository import version_for

router = Router(tags=["records"])
ROWS = 100
_Number = Annotated[int, Field(ge=1, le=1_000_000)]


class SegmentOut(BaseModel):
    """A piece of a text, and whether it is what was looked for."""

    text: str
    hit: bool


class HitOut(BaseModel):
    """An item that was found, by the version that fits best."""

    id: UUID
    version: int
    newest: bool
    unit: str
    valid_until: date
    title: list[SegmentOut]
    kind: list[SegmentOut]
    source: list[SegmentOut]
    file_name: list[SegmentOut]
    excerpt: list[SegmentOut]


class FoundOut(BaseModel):
    """How many items were found, at most 1,000, whether there are more, and some of them."""

    count: int
    more: bool
    hits: list[HitOut]


class LineOut(BaseModel):
    """A line that is gone, new or the same, with its number in the text that it stands in."""

    change: comparing.Change
    number: int
    text: str


class ComparisonOut(BaseModel):
    """What changed in the text; `cut`: only the beginning was compared."""

    gone: int
    new: int
    cut: bool
    groups: list[list[LineOut]]


class ReleaseIn(In):
    """Why a version may be opened in spite of the scanner."""

    reason: Annotated[Text, Field(min_length=1, max_length=300)]


@router.get("/search", response=FoundOut)
def search_evidence(
    request: HttpRequest,
    q: Annotated[Text, Query(max_length=200)],
    offset: Offset = 0,
) -> FoundOut:
    """Return items that hold all words of `q`: `"words together"` and `begin*` are understood."""
    at = _now()
    found = searching.search(q, reader(request, at=at), at=at)
    rows = searching.hits(found, offset, offset + ROWS)
    return FoundOut(count=len(found.keys), more=found.more, hits=[_hit(row) for row in rows])


@router.get("/{uuid:evidence_id}/compare", response=ComparisonOut)
def compare_versions(
    request: HttpRequest, evidence_id: UUID, old: _Number, new: _Number
) -> ComparisonOut:
    """Return what changed in the text from version `old` to version `new`."""
    at = _now()
    by = reader(request, at=at)
    versions = (version_for(evidence_id, by, number=number, at=at) for number in (old, new))
    found = comparing.compare_versions(*versions)
    groups = [[_line(line) for line in comparing.unified(group)] for group in found.groups]
    return ComparisonOut(gone=found.gone, new=found.new, cut=found.cut, groups=groups)


@router.post("/{uuid:evidence_id}/versions/{int:number}/release", response=EvidenceOut)
def release_version(
    request: HttpRequest, evidence_id: UUID, number: int, given: ReleaseIn
) -> EvidenceOut:
    """Let a version out of quarantine, as somebody else than its author."""
    at = _now()
    # A number that the column cannot hold is that of no version.
    held = version_for(evidence_id, reader(request, at=at), number=min(number, 2**31 - 1), at=at)
    version = quarantine.release(held, reason=given.reason, by=caller(request), at=at)
    return EvidenceOut(
        id=held.item_id,
        title=held.item.title,
        kind=held.item.kind,
        version=version.number,
        sha256=version.sha256,
        size=version.size,
        valid_until=version.valid_until,
        quarantine=version.quarantine,
    )


def _hit(row: searching.Hit) -> HitOut:
    version = row.version
    return HitOut(
        id=version.item_id,
        version=version.number,
        newest=row.newest,
        unit=version.item.unit.name,
        valid_until=version.valid_until,
        title=_segments(row.title),
        kind=_segments(row.kind),
        source=_segments(row.source),
        file_name=_segments(row.file_name),
        excerpt=_segments(row.excerpt),
    )


def _segments(segments: tuple[searching.Segment, ...]) -> list[SegmentOut]:
    return [SegmentOut(text=segment.text, hit=segment.hit) for segment in segments]


def _line(line: comparing.Line) -> LineOut:
    text = "".join(piece.text for piece in line.pieces)
    return LineOut(change=line.change, number=line.number, text=text)


def _now() -> datetime:
    return datetime.now(UTC)
