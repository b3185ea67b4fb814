"""What if, over the API: what may be supposed, and how the standards would move."""

from datetime import UTC, date, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import unrestricted_reader
from twofold.api.schemas import In, Text
from twofold.domain.forecast import Forecast
from twofold.domain.supposition import Change
from twofold.reporting.forecasts import forecast_text
from twofold.reporting.posture import FrameworkPosture
from twofold.reporting.supposable import Choice, supposable, suppositions
from twofold.reporting.whatif import StandardTurn, what_if
from twofold.reporting.words import reason_text

router = Router(tags=["what if"])
_MOST = 50


class SuppositionIn(In):
    """A change, and the value that it is supposed of: one of those that are offered for it.

    `detail` has the words of a nonconformity that is supposed to be raised.
    """

    change: Change
    value: Annotated[Text, Field(min_length=1, max_length=500)]
    detail: Annotated[Text, Field(max_length=200)] = ""


class WhatIfIn(In):
    suppositions: Annotated[list[SuppositionIn], Field(min_length=1, max_length=_MOST)]


class SupposableOut(BaseModel):
    """Something that may be supposed, in words; lists are cut, longer ones may be chosen from."""

    change: str
    value: str
    label: str
    group: str


class FiguresOut(BaseModel):
    """A standard in figures; `met` are conforming or effective, `score` null where unknown."""

    score: float | None
    met: int
    total: int


class DateOut(BaseModel):
    """How many are open and when they will be closed; without a date the text says why."""

    open: int
    expected: date | None
    text: str


class TurnOut(BaseModel):
    """A requirement that turns; `reason` is the first one of its state after."""

    requirement: str
    before: str
    after: str
    score_before: float | None
    score_after: float | None
    reason: str


class PredicateTurnOut(BaseModel):
    predicate: str
    before: str
    after: str


class StandardTurnOut(BaseModel):
    id: str
    title: str
    before: FiguresOut
    after: FiguresOut
    forecast_before: DateOut
    forecast_after: DateOut
    requirements: list[TurnOut]
    predicates: list[PredicateTurnOut]


@router.get("/what-if", response=list[SupposableOut])
def list_supposable(request: HttpRequest, change: Change | None = None) -> list[SupposableOut]:
    at = _now()
    offered = supposable(unrestricted_reader(request, at=at), at=at, chosen={})
    return [
        SupposableOut(change=kind.value, value=option.value, label=option.label, group=option.group)
        for kind, options in offered.items()
        if change in {None, kind}
        for option in options
    ]


@router.post("/what-if", response=list[StandardTurnOut])
def ask_what_if(request: HttpRequest, given: WhatIfIn) -> list[StandardTurnOut]:
    at = _now()
    by = unrestricted_reader(request, at=at)
    choices = [Choice(entry.change, entry.value, entry.detail) for entry in given.suppositions]
    return [_turn(turn) for turn in what_if(suppositions(choices, by, at=at), by, at=at)]


def _turn(turn: StandardTurn) -> StandardTurnOut:
    return StandardTurnOut(
        id=turn.framework.id,
        title=turn.framework.title,
        before=_figures(turn.before),
        after=_figures(turn.after),
        forecast_before=_date(turn.forecast_before),
        forecast_after=_date(turn.forecast_after),
        requirements=[
            TurnOut(
                requirement=entry.requirement.id,
                before=entry.before.status.value,
                after=entry.after.status.value,
                score_before=entry.before.score,
                score_after=entry.after.score,
                reason=reason_text(entry.after.reasons[0]),
            )
            for entry in turn.requirements
        ],
        predicates=[
            PredicateTurnOut(
                predicate=entry.predicate.id, before=entry.before.value, after=entry.after.value
            )
            for entry in turn.predicates
        ],
    )


def _figures(entry: FrameworkPosture) -> FiguresOut:
    return FiguresOut(score=entry.score, met=entry.met, total=entry.total)


def _date(found: Forecast) -> DateOut:
    return DateOut(open=found.open, expected=found.expected, text=forecast_text(found))


def _now() -> datetime:
    return datetime.now(UTC)
