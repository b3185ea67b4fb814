"""The control library and imported frameworks over the API."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from django.http import HttpRequest
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from pydantic import BaseModel, ConfigDict, Field

from twofold.api.authentication import caller, unrestricted_reader
from twofold.api.schemas import Offset, Search, Text
from twofold.catalog.controls import LONGEST, LONGEST_PERIOD_DAYS
from twofold.catalog.imported import MOST_BYTES
from twofold.controls import actions, queries
from twofold.controls.models import ImportedFramework
from twofold.domain.checks import CheckKind
from twofold.domain.readiness import Relation
from twofold.findings import actions as findings
from twofold.people.errors import InvalidInput

router = Router(tags=["library"])
CONTROLS = 100
REQUIREMENTS = 200
Key = Annotated[Text, Field(min_length=1, max_length=60)]
Word = Annotated[Text, Field(max_length=60)]
_OF_CONTROL = LONGEST["control"]
Line = Annotated[Text, Field(min_length=1, max_length=_OF_CONTROL["activities"])]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]
Bound = Annotated[float, Field(allow_inf_nan=False, ge=-(2**53), le=2**53)]
Days = Annotated[int, Field(ge=1, le=LONGEST_PERIOD_DAYS)]


class Wording(StrEnum):
    SHIPPED = "shipped"
    ADDED = "added"
    ADAPTED = "adapted"
    RETIRED = "retired"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LibraryFilter(_In):
    framework: Word = ""
    area: Word = ""
    change: Wording | None = None
    q: Search = ""
    offset: Offset = 0


class NeedIn(_In):
    """Evidence that shows that the control works, and after how many days it is renewed."""

    kind: Annotated[Text, Field(min_length=1, max_length=LONGEST["evidence"]["kind"])]
    title: Annotated[Text, Field(min_length=1, max_length=LONGEST["evidence"]["title"])]
    period_days: Days


class CreditIn(_In):
    """A requirement that the control is credited to: "control RELATION requirement"."""

    id: Key
    relation: Relation
    strength: Annotated[int, Field(ge=1, le=10)]
    rationale: Annotated[Text, Field(min_length=1, max_length=LONGEST["requirement"]["rationale"])]


class CheckIn(_In):
    """An automated check: a kind, a population, and the keys that the kind has."""

    id: Annotated[Text, Field(min_length=1, max_length=LONGEST["check"]["id"])]
    title: Annotated[Text, Field(min_length=1, max_length=LONGEST["check"]["title"])]
    kind: CheckKind
    of: Key
    need: Word | None = None
    where: dict[Word, Word] | None = None
    days: Days | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    measure: Word | None = None
    by: Word | None = None
    first: Word | None = None
    second: Word | None = None


class ControlIn(_In):
    """A whole control, in the form of its TOML table; its id stands in the address."""

    title: Annotated[Text, Field(min_length=1, max_length=_OF_CONTROL["title"])]
    purpose: Annotated[Text, Field(min_length=1, max_length=_OF_CONTROL["purpose"])]
    activities: Annotated[list[Line], Field(min_length=2, max_length=30)]
    owner_role: Annotated[Text, Field(min_length=1, max_length=_OF_CONTROL["owner_role"])]
    evidence: Annotated[list[NeedIn], Field(min_length=1, max_length=30)]
    requirement: Annotated[list[CreditIn], Field(min_length=1, max_length=200)]
    check: Annotated[list[CheckIn], Field(max_length=30)] = []


class AdaptIn(_In):
    control: ControlIn
    reason: Reason


class AddIn(_In):
    """Controls as TOML: `[[control]]` tables in the form of the shipped library."""

    toml: Annotated[Text, Field(min_length=1, max_length=MOST_BYTES)]
    file_name: Annotated[Text, Field(max_length=200)] = ""
    reason: Reason


class ReasonIn(_In):
    reason: Reason


class ImportIn(_In):
    """Prefix of the requirements' ids; a file of TOML has its own, so that it may be blank."""

    code: Annotated[Text, Field(max_length=20)] = ""


class NeedOut(BaseModel):
    kind: str
    title: str
    period_days: int


class CreditOut(BaseModel):
    id: str
    relation: str
    strength: int
    rationale: str


class CheckOut(BaseModel):
    id: str
    title: str
    kind: str
    of: str
    need: str | None = None
    where: dict[str, str] | None = None
    days: int | None = None
    at_least: float | None = None
    at_most: float | None = None
    measure: str | None = None
    by: str | None = None
    first: str | None = None
    second: str | None = None


class ControlRowOut(BaseModel):
    """A control of the library; `change` is shipped, added, adapted or retired."""

    id: str
    title: str
    area: str
    owner_role: str
    change: str


class ControlOut(ControlRowOut):
    """A control with everything; `reason` tells why it was changed last, blank if it never was."""

    purpose: str
    activities: list[str]
    evidence: list[NeedOut]
    requirement: list[CreditOut]
    check: list[CheckOut]
    reason: str
    changed_at: datetime | None


class ImportedOut(BaseModel):
    """A framework that was imported; `requirements` counts those that ask something."""

    code: str
    title: str
    edition: str
    format: str
    requirements: int
    sha256: str
    imported_on: date


class WithdrawnOut(BaseModel):
    """A framework that is followed no longer, and why."""

    code: str
    title: str
    withdrawn_at: datetime | None
    reason: str


class ImportedRequirementOut(BaseModel):
    id: str
    title: str
    parent: str
    auditable: bool
    summary: str


@router.get("/library", response=list[ControlRowOut])
def list_controls(request: HttpRequest, asked: Query[LibraryFilter]) -> list[ControlRowOut]:
    unrestricted_reader(request, at=_now())
    rows = queries.library_rows(
        framework=asked.framework, area=asked.area, change=asked.change or "", text=asked.q
    )
    return [ControlRowOut(**_row(row)) for row in rows[asked.offset : asked.offset + CONTROLS]]


@router.post("/library", response={201: list[ControlOut]})
def add_controls(request: HttpRequest, given: AddIn) -> list[ControlOut]:
    made = actions.add_controls(
        given.toml, file_name=given.file_name, reason=given.reason, by=caller(request), at=_now()
    )
    return [_control(entry.control) for entry in made]


@router.get("/library/{control_id}", response=ControlOut)
def get_control(request: HttpRequest, control_id: Key) -> ControlOut:
    unrestricted_reader(request, at=_now())
    return _control(control_id)


@router.put("/library/{control_id}", response=ControlOut)
def adapt_control(request: HttpRequest, control_id: Key, given: AdaptIn) -> ControlOut:
    values = given.control.model_dump(mode="json")
    # A key that a check has not is not there, as in its TOML.
    values["check"] = [_given(check) for check in values["check"]]
    actions.adapt_control(
        control_id,
        {"id": control_id, **values},
        reason=given.reason,
        by=caller(request),
        at=_now(),
    )
    return _control(control_id)


@router.post("/library/{control_id}/retire", response=ControlOut)
def retire_control(request: HttpRequest, control_id: Key, given: ReasonIn) -> ControlOut:
    actions.retire_control(control_id, reason=given.reason, by=caller(request), at=_now())
    return _control(control_id)


@router.post("/library/{control_id}/restore", response=ControlOut)
def restore_control(request: HttpRequest, control_id: Key, given: ReasonIn) -> ControlOut:
    actions.restore_control(control_id, reason=given.reason, by=caller(request), at=_now())
    return _control(control_id)


@router.get("/frameworks", response=list[ImportedOut])
def list_frameworks(request: HttpRequest) -> list[ImportedOut]:
    unrestricted_reader(request, at=_now())
    return [_framework(row) for row in queries.imported_frameworks()]


@router.post("/frameworks", response={201: ImportedOut})
def import_framework(
    request: HttpRequest, file: File[UploadedFile], given: Form[ImportIn]
) -> ImportedOut:
    if (file.size or 0) > MOST_BYTES:
        reason = f"The file may have at most {MOST_BYTES // 1024**2} MB."
        raise InvalidInput(reason, field="file")
    made = actions.import_framework_file(
        file.read(), file_name=file.name or "", code=given.code, by=caller(request), at=_now()
    )
    return _framework(made)


@router.post("/frameworks/{framework}/withdraw", response=WithdrawnOut)
def withdraw_framework(request: HttpRequest, framework: Key, given: ReasonIn) -> WithdrawnOut:
    row = findings.withdraw_framework(framework, reason=given.reason, by=caller(request), at=_now())
    return WithdrawnOut(
        code=row.code, title=row.title, withdrawn_at=row.withdrawn_at, reason=row.withdrawal
    )


@router.get("/frameworks/{framework}/requirements", response=list[ImportedRequirementOut])
def list_requirements(
    request: HttpRequest, framework: Key, offset: Offset = 0
) -> list[ImportedRequirementOut]:
    unrestricted_reader(request, at=_now())
    _record, found = queries.imported_framework(framework)
    return [
        ImportedRequirementOut(
            id=entry.id,
            title=entry.title,
            parent=entry.parent,
            auditable=entry.auditable,
            summary=entry.summary,
        )
        for entry in found.requirements[offset : offset + REQUIREMENTS]
    ]


def _row(row: queries.LibraryRow) -> dict[str, str]:
    control = row.control
    return {
        "id": control.id,
        "title": control.title,
        "area": control.area,
        "owner_role": control.owner_role,
        "change": row.change,
    }


def _control(control_id: str) -> ControlOut:
    row = queries.library_row(control_id)
    entry = row.entry
    return ControlOut.model_validate(
        {
            **queries.control_values(row.control),
            **_row(row),
            "reason": entry.reason if entry else "",
            "changed_at": entry.changed_at if entry else None,
        }
    )


def _framework(row: ImportedFramework) -> ImportedOut:
    found = queries.library().framework(row.code)
    return ImportedOut(
        code=row.code,
        title=row.title,
        edition=found.edition,
        format=row.format,
        requirements=row.requirement_count,
        sha256=row.sha256,
        imported_on=row.imported_at.date(),
    )


def _given(check: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in check.items() if value is not None}


def _now() -> datetime:
    return datetime.now(UTC)
