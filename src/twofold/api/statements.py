"""Statements of Applicability over the API: listed, prepared, approved, compared and exported."""

from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, unrestricted_reader
from twofold.api.schemas import Expected, In, Offset, Text
from twofold.controls import actions
from twofold.controls.models import Statement
from twofold.controls.queries import visible_statements
from twofold.ledger.queries import revision_of, revisions_of
from twofold.people.queries import unit_by_name
from twofold.reporting.soa.comparison import Comparison, compared
from twofold.reporting.soa.content import content, content_for, open_points
from twofold.reporting.soa.exports import FORMATS, exported
from twofold.reporting.soa.version import read_version
from twofold.reporting.soa.versions import statement_for

router = Router(tags=["statements"])
ROWS = 100
Standard = Annotated[Text, Field(max_length=20)]
UnitName = Annotated[Text, Field(max_length=120)]
_FILES = {
    "responses": {
        200: {
            "description": "The file.",
            "content": {
                found.media_type: {"schema": {"type": "string", "format": "binary"}}
                for found in FORMATS.values()
            },
        }
    }
}


class ExportFormat(StrEnum):
    """The formats of an export."""

    XLSX = "xlsx"
    PDF = "pdf"
    DOCX = "docx"
    OSCAL = "oscal"


class StatementIn(In):
    """A version to prepare from the facts of today; unit by name (default: the root)."""

    framework: Standard
    unit: UnitName = ""
    change_note: Annotated[Text, Field(max_length=500)] = ""


class ApprovalIn(In):
    """From when the version is in effect."""

    effective_date: date
    expected: Expected = None


class StatementOut(BaseModel):
    """A version; persons by e-mail address, blank where nobody has approved it."""

    id: UUID
    framework: str
    unit: str
    number: int
    sha256: str
    change_note: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str
    approved_at: datetime | None
    effective_date: date | None
    revision: int


class StatementContentOut(StatementOut):
    """A version with its content as it was prepared or sealed."""

    content: dict[str, Any]


class TodayOut(BaseModel):
    """What a version would say that is prepared today, and what blocks its approval."""

    content: dict[str, Any]
    undecided: list[str]
    groundless: list[str]
    needed: dict[str, list[str]]


class ChangeOut(BaseModel):
    """One field that says something else."""

    control: str
    field: str
    before: list[str]
    after: list[str]


class ComparisonOut(BaseModel):
    """What changed from the earlier to the later content, by control."""

    added: list[str]
    removed: list[str]
    changed: list[ChangeOut]
    unchanged: int


@router.get("", response=list[StatementOut])
def list_statements(
    request: HttpRequest, framework: Standard = "", offset: Offset = 0
) -> list[StatementOut]:
    at = _now()
    rows = visible_statements(unrestricted_reader(request, at=at), at=at)
    if framework:
        rows = rows.filter(framework=framework)
    page = list(rows[offset : offset + ROWS])
    revisions = revisions_of([row.ledger_subject for row in page])
    return [StatementOut(**_values(row, revisions[row.ledger_subject])) for row in page]


@router.post("", response={201: StatementOut})
def prepare_statement(request: HttpRequest, given: StatementIn) -> StatementOut:
    at, by, unit = _now(), caller(request), unit_by_name(given.unit)
    made = actions.prepare_statement(
        given.framework,
        partial(content, given.framework, unit=unit, by=by, at=at),
        unit=unit,
        change_note=given.change_note,
        by=by,
        at=at,
    )
    return StatementOut(**_values(made, revision_of(made.ledger_subject)))


@router.get("/today", response=TodayOut)
def get_today(request: HttpRequest, framework: Standard, unit: UnitName = "") -> TodayOut:
    at = _now()
    of = unit_by_name(unit)
    found = content(framework, unit=of, by=unrestricted_reader(request, at=at), at=at)
    points = open_points(found, of)
    return TodayOut(
        content=found,
        undecided=list(points.undecided),
        groundless=list(points.groundless),
        needed={control: list(names) for control, names in points.needed.items()},
    )


@router.get("/{statement_id}", response=StatementContentOut)
def get_statement(request: HttpRequest, statement_id: UUID) -> StatementContentOut:
    # Read before the record: what is told is never older than what it is taken for.
    revision = revision_of(Statement(pk=statement_id).ledger_subject)
    version = read_version(_found(request, statement_id))
    values = _values(version.statement, revision)
    return StatementContentOut(**values, content=dict(version.content))


@router.post("/{statement_id}/approve", response=StatementOut)
def approve_statement(request: HttpRequest, statement_id: UUID, given: ApprovalIn) -> StatementOut:
    at, by = _now(), caller(request)
    found = _found(request, statement_id)
    approved = actions.approve_statement(
        found,
        content_now=partial(content_for, by=by, at=at),
        effective_date=given.effective_date,
        expected=given.expected,
        by=by,
        at=at,
    )
    return StatementOut(**_values(approved, revision_of(approved.ledger_subject)))


@router.get("/{statement_id}/compare", response=ComparisonOut)
def compare_statement(
    request: HttpRequest,
    statement_id: UUID,
    other: Annotated[UUID | None, Query(description="A later version; none: today.")] = None,
) -> ComparisonOut:
    at = _now()
    first = read_version(_found(request, statement_id))
    if other is not None:
        later = read_version(_found(request, other)).content
    else:
        by, row = unrestricted_reader(request, at=at), first.statement
        later = content(row.framework, unit=row.unit, by=by, at=at)
    return _comparison(compared(first.content, later))


@router.get("/{statement_id}/export/{format_}", openapi_extra=_FILES)
def export_statement(
    request: HttpRequest, statement_id: UUID, format_: ExportFormat
) -> HttpResponse:
    made = exported(read_version(_found(request, statement_id)), format_.value)
    response = HttpResponse(made.octets, content_type=made.media_type)
    header = content_disposition_header(as_attachment=True, filename=made.name)
    response["Content-Disposition"] = header or "attachment"
    return response


def _found(request: HttpRequest, key: UUID) -> Statement:
    at = _now()
    return statement_for(key, unrestricted_reader(request, at=at), at=at)


def _values(row: Statement, revision: int) -> dict[str, Any]:
    return {
        "id": row.pk,
        "framework": row.framework,
        "unit": row.unit.name,
        "number": row.number,
        "sha256": row.sha256,
        "change_note": row.change_note,
        "prepared_by": row.prepared_by.email,
        "prepared_at": row.prepared_at,
        "approved_by": row.approved_by.email if row.approved_by else "",
        "approved_at": row.approved_at,
        "effective_date": row.effective_date,
        "revision": revision,
    }


def _comparison(found: Comparison) -> ComparisonOut:
    return ComparisonOut(
        added=[row["id"] for row in found.added],
        removed=[row["id"] for row in found.removed],
        changed=[
            ChangeOut(
                control=entry.row["id"],
                field=change.key,
                before=list(change.before),
                after=list(change.after),
            )
            for entry in found.changed
            for change in entry.changes
        ],
        unchanged=found.unchanged,
    )


def _now() -> datetime:
    return datetime.now(UTC)
