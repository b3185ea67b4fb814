"""Decisions whether requirements apply, over the API: listed and taken."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, unrestricted_reader
from twofold.api.schemas import Expected, In, Offset, Text
from twofold.controls import actions
from twofold.controls.actions import Decision, GivenGround
from twofold.controls.models import Applicability, Ground
from twofold.controls.queries import visible_decisions
from twofold.ledger.queries import revisions_of
from twofold.people.queries import unit_by_name

router = Router(tags=["applicability"])
ROWS = 200
_Unit = Annotated[Text, Field(max_length=120)]


class GroundIn(In):
    """Why a control is included, and what says so."""

    kind: Ground
    reference: Annotated[Text, Field(min_length=1, max_length=200)]


class DecisionIn(In):
    """Whether one requirement applies."""

    requirement: Annotated[Text, Field(max_length=60)]
    applicable: bool
    reason: Annotated[Text, Field(min_length=1, max_length=1000)]
    grounds: Annotated[list[GroundIn], Field(max_length=20)] = []
    expected: Expected = None


class DecisionsIn(In):
    """Decisions of one unit, all taken or none; unit by name (default: the root)."""

    unit: _Unit = ""
    decisions: Annotated[list[DecisionIn], Field(min_length=1, max_length=200)]


class DecisionOut(BaseModel):
    """A decision that stands."""

    id: UUID
    unit: str
    requirement: str
    applicable: bool
    reason: str
    grounds: list[dict[str, str]]
    decided_by: str
    decided_at: datetime
    revision: int


@router.get("", response=list[DecisionOut])
def list_decisions(request: HttpRequest, unit: _Unit = "", offset: Offset = 0) -> list[DecisionOut]:
    at = _now()
    rows = visible_decisions(unrestricted_reader(request, at=at), at=at)
    rows = rows.filter(unit=unit_by_name(unit)).order_by("requirement", "pk")
    return _told(list(rows[offset : offset + ROWS]))


@router.post("", response={201: list[DecisionOut]})
def decide(request: HttpRequest, given: DecisionsIn) -> list[DecisionOut]:
    made = actions.decide_applicability(
        [
            Decision(
                entry.requirement,
                applicable=entry.applicable,
                reason=entry.reason,
                grounds=tuple(GivenGround(g.kind, g.reference) for g in entry.grounds),
                expected=entry.expected,
            )
            for entry in given.decisions
        ],
        unit=unit_by_name(given.unit),
        by=caller(request),
        at=_now(),
    )
    return _told(made)


def _told(rows: Sequence[Applicability]) -> list[DecisionOut]:
    revisions = revisions_of([row.ledger_subject for row in rows])
    return [_out(row, revisions[row.ledger_subject]) for row in rows]


def _out(row: Applicability, revision: int) -> DecisionOut:
    return DecisionOut(
        id=row.pk,
        unit=row.unit.name,
        requirement=row.requirement,
        applicable=row.applicable,
        reason=row.reason,
        grounds=row.grounds,
        decided_by=row.decided_by.email,
        decided_at=row.decided_at,
        revision=revision,
    )


def _now() -> datetime:
    return datetime.now(UTC)
