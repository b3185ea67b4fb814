"""Overlap and crosswalk over the API: what a standard, requirement or control serves besides."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from twofold.api.authentication import unrestricted_reader
from twofold.api.schemas import Offset, Search, Text
from twofold.controls.queries import library
from twofold.people.errors import NotFound
from twofold.reporting.crosswalk import Wanted, crosswalk_rows
from twofold.reporting.overlap import (
    Basis,
    basis,
    compared,
    control_overlap,
    requirement_overlap,
    standard_overlap,
)
from twofold.reporting.overlap_values import (
    Values,
    control_values,
    crosswalk_values,
    requirement_values,
    standard_values,
)

router = Router(tags=["overlap"])
ROWS = 200
#: Id of a framework; blank: whichever.
Id = Annotated[Text, Field(max_length=120)]


class CrosswalkIn(BaseModel):
    """What is looked for; blank or 0: anything. A framework named first stands on the left."""

    framework: Id = ""
    other: Id = ""
    relation: Literal["", "equal", "superset", "subset", "intersects", "none"] = ""
    strength: Annotated[int, Field(ge=0, le=10)] = 0
    q: Search = ""


class WorkOut(BaseModel):
    """0 to 1, served once the controls are run, and today; the controls; those that close it."""

    potential: float
    shown: float | None
    by: list[str]
    closing: list[str]


class CounterpartOut(BaseModel):
    requirement: str
    framework: str
    title: str
    relation: str
    relation_text: str
    back_text: str
    strength: int
    rationale: str
    status: str | None
    work: WorkOut | None


class UnpairedOut(BaseModel):
    framework: str
    rationale: str


class RequirementOverlapOut(BaseModel):
    id: str
    framework: str
    title: str
    status: str | None
    controls: list[str]
    counterparts: list[CounterpartOut]
    none: list[UnpairedOut]


class ControlOverlapOut(BaseModel):
    id: str
    title: str
    shown: float | None
    counterparts: list[CounterpartOut]


class RemainingOut(BaseModel):
    requirement: str
    title: str
    status: str | None
    asked: float
    work: WorkOut


class StandardOverlapOut(BaseModel):
    """How much of the second framework the work for the first does; null: unknown.

    `least` counts what the first asks wholly alone; `most` also counts what it asks in part, by the
    strength of the strongest pair in tenths, at most one half each.
    """

    first: str
    second: str
    wholly: int
    partly: int
    not_at_all: int
    least: float | None
    most: float | None
    shown: float | None
    controls: int
    running: int | None
    excluded: int
    remaining: list[RemainingOut]


class CrosswalkRowOut(BaseModel):
    source: str
    framework: str
    target: str | None
    relation: str
    strength: int | None
    rationale: str


class CrosswalkOut(BaseModel):
    total: int
    rows: list[CrosswalkRowOut]


@router.get("/overlap/standards", response=StandardOverlapOut)
def get_standard_overlap(request: HttpRequest, first: Id = "", second: Id = "") -> Values:
    on = _basis(request)
    return standard_values(standard_overlap(on, *compared(on, first, second)))


@router.get("/overlap/requirements/{requirement_id}", response=RequirementOverlapOut)
def get_requirement_overlap(request: HttpRequest, requirement_id: str) -> Values:
    on = _basis(request)
    requirement = on.catalog.requirements.get(requirement_id)
    if requirement is None or not requirement.auditable:
        raise NotFound("There is no such requirement.", field="requirement_id")
    return requirement_values(requirement_overlap(on, requirement))


@router.get("/overlap/controls/{control_id}", response=ControlOverlapOut)
def get_control_overlap(request: HttpRequest, control_id: str) -> Values:
    on = _basis(request)
    control = on.catalog.control_by_id.get(control_id)
    if control is None:
        raise NotFound("There is no such control.", field="control_id")
    return control_values(control_overlap(on, control))


@router.get("/crosswalk", response=CrosswalkOut)
def list_crosswalk(
    request: HttpRequest, given: Query[CrosswalkIn], offset: Offset = 0
) -> dict[str, object]:
    unrestricted_reader(request, at=_now())
    wanted = Wanted(given.framework, given.other, given.relation, given.strength, given.q)
    rows = crosswalk_rows(library(), wanted)
    return {
        "total": len(rows),
        "rows": [crosswalk_values(row) for row in rows[offset : offset + ROWS]],
    }


def _basis(request: HttpRequest) -> Basis:
    at = _now()
    return basis(unrestricted_reader(request, at=at), at=at)


def _now() -> datetime:
    return datetime.now(UTC)
