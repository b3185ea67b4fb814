"""Certification, roadmap and gap assessment over the API."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, unrestricted_reader
from twofold.api.schemas import In, Offset, Text
from twofold.controls import actions
from twofold.controls.models import Answer
from twofold.controls.queries import gap_answers
from twofold.domain.forecast import Forecast, Point
from twofold.people.access import Actor, Permission, permitted_units, require
from twofold.people.models import Unit
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.certification import Owed, PredicateView, certification
from twofold.reporting.forecasts import forecast_text, method_text
from twofold.reporting.gap import gap_assessment
from twofold.reporting.posture import FrameworkPosture
from twofold.reporting.roadmap import Step, roadmap
from twofold.reporting.words import action_text, reason_text

router = Router(tags=["certification"])
ROWS = 200
UnitName = Annotated[Text, Field(max_length=120)]
AnswerWord = Literal["shown", "done", "partly", "missing", "unknown"]


class OwedOut(BaseModel):
    """What a requirement lacks, the next action, and who owes it; `owner` blank: nobody named."""

    requirement: str
    cause: str
    record: str
    text: str
    action: str
    owner: str
    usual_role: str
    second_person: bool


class PredicateOut(BaseModel):
    id: str
    stage: int
    level: str
    title: str
    expects: str
    state: str
    missing: list[OwedOut]
    met: list[str]
    excluded: list[str]


class PointOut(BaseModel):
    on: date
    open: int
    closed: int


class ForecastOut(BaseModel):
    """When everything is closed; without a date, `why_not` says why."""

    open: int
    days: int
    closed: int
    opened: int
    dispersion: float
    expected: date | None
    earliest: date | None
    latest: date | None
    why_not: str | None
    text: str
    method: str


class StandardOut(BaseModel):
    id: str
    title: str
    predicates: list[PredicateOut]
    history: list[PointOut]
    forecast: ForecastOut


class CertificationOut(BaseModel):
    on: date
    standards: list[StandardOut]


class StepOut(BaseModel):
    number: int
    phase: str
    control: str | None
    framework: str | None
    scopes: int
    owner_role: str
    unlocks: dict[str, list[str]]


class GapAnswerIn(In):
    """What is said of a control; owner by e-mail address, taken with a description."""

    control: Annotated[Text, Field(max_length=40)]
    answer: AnswerWord
    note: Annotated[Text, Field(max_length=4000)] = ""
    owner: Annotated[Text, Field(max_length=254)] = ""


class GapAnswersIn(In):
    unit: UnitName = ""
    answers: Annotated[list[GapAnswerIn], Field(min_length=1, max_length=500)]


class GapAnswerOut(BaseModel):
    control: str
    answer: str
    note: str
    answered_by: str
    answered_at: datetime


class EstimateOut(BaseModel):
    """A standard as it is computed, and as the answers have it: an estimate."""

    id: str
    score: float | None
    met: int
    estimated_score: float | None
    estimated_met: int
    total: int


class GapOut(BaseModel):
    unit: str
    answered: int
    total: int
    standards: list[EstimateOut]
    answers: list[GapAnswerOut]


@router.get("/certification", response=CertificationOut)
def get_certification(request: HttpRequest) -> CertificationOut:
    at = _now()
    found = certification(unrestricted_reader(request, at=at), at=at)
    return CertificationOut(
        on=found.on,
        standards=[
            StandardOut(
                id=view.framework.id,
                title=view.framework.title,
                predicates=[
                    _predicate(entry) for stage in view.stages for entry in stage.predicates
                ],
                history=[_point(point) for point in view.history],
                forecast=_forecast(view.forecast),
            )
            for view in found.standards
        ],
    )


@router.get("/roadmap", response=list[StepOut])
def get_roadmap(request: HttpRequest, unit: UnitName = "", offset: Offset = 0) -> list[StepOut]:
    at = _now()
    by = unrestricted_reader(request, at=at)
    steps = roadmap(by, unit=_unit(unit, by, at), at=at)
    return [_step(step) for step in steps[offset : offset + ROWS]]


@router.get("/gap", response=GapOut)
def get_gap(request: HttpRequest, unit: UnitName = "") -> GapOut:
    at = _now()
    by = unrestricted_reader(request, at=at)
    return _gap(_unit(unit, by, at), by, at)


@router.post("/gap", response=GapOut)
def post_gap(request: HttpRequest, given: GapAnswersIn) -> GapOut:
    at = _now()
    by = caller(request)
    unit = unit_by_name(given.unit)
    answers = [
        actions.GivenAnswer(
            entry.control,
            Answer(entry.answer),
            entry.note,
            person_by_email(entry.owner, field="owner") if entry.owner else None,
        )
        for entry in given.answers
    ]
    actions.take_stock(answers, unit=unit, by=by, at=at)
    return _gap(unit, by, at)


def _gap(unit: Unit, by: Actor, at: datetime) -> GapOut:
    found = gap_assessment(unit, by, at=at)
    return GapOut(
        unit=unit.name,
        answered=found.answered,
        total=found.total,
        standards=[_estimate(entry.now, entry.estimate) for entry in found.standards],
        answers=[
            GapAnswerOut(
                control=row.control,
                answer=row.answer,
                note=row.note,
                answered_by=row.answered_by.email,
                answered_at=row.answered_at,
            )
            for row in gap_answers(unit).order_by("control")
        ],
    )


def _estimate(now: FrameworkPosture, estimate: FrameworkPosture) -> EstimateOut:
    return EstimateOut(
        id=now.framework.id,
        score=now.score,
        met=_met(now),
        estimated_score=estimate.score,
        estimated_met=_met(estimate),
        total=now.total,
    )


def _met(entry: FrameworkPosture) -> int:
    counts = {status.value: count for status, count in entry.counts.items()}
    return counts["conforming"] + counts["effective"]


def _predicate(view: PredicateView) -> PredicateOut:
    return PredicateOut(
        id=view.predicate.id,
        stage=view.predicate.stage,
        level=view.predicate.level.value,
        title=view.predicate.title,
        expects=view.predicate.expects,
        state=view.state.value,
        missing=[_owed(entry) for entry in view.owed],
        met=[entry.id for entry in view.met],
        excluded=[entry.id for entry in view.excluded],
    )


def _owed(entry: Owed) -> OwedOut:
    return OwedOut(
        requirement=entry.requirement.id,
        cause=entry.reason.cause.value,
        record=entry.reason.record,
        text=reason_text(entry.reason),
        action=action_text(entry.reason),
        owner=entry.owner,
        usual_role=entry.role,
        second_person=entry.second,
    )


def _point(point: Point) -> PointOut:
    return PointOut(on=point.on, open=point.open, closed=point.closed)


def _forecast(found: Forecast) -> ForecastOut:
    return ForecastOut(
        open=found.open,
        days=found.days,
        closed=found.closed,
        opened=found.opened,
        dispersion=found.dispersion,
        expected=found.expected,
        earliest=found.earliest,
        latest=found.latest,
        why_not=found.why_not.value if found.why_not else None,
        text=forecast_text(found),
        method=method_text(found),
    )


def _step(step: Step) -> StepOut:
    return StepOut(
        number=step.number,
        phase=step.phase.value,
        control=step.control.id if step.control else None,
        framework=step.framework.id if step.framework else None,
        scopes=step.scopes,
        owner_role=step.owner_role,
        unlocks={
            entry.framework.id: [requirement.id for requirement in entry.requirements]
            for entry in step.unlocks
        },
    )


def _unit(name: str, by: Actor, at: datetime) -> Unit:
    """Return a unit within the actor's reach; blank: the widest."""
    if name:
        found = unit_by_name(name)
        require(by, Permission.READ, unit=found, at=at)
        return found
    return permitted_units(by, Permission.READ, at=at).order_by("path")[0]


def _now() -> datetime:
    return datetime.now(UTC)
