"""Statements of Applicability of the cast's unit: the lead prepares, the approver approves."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

import factories
from factories import AT, Cast
from twofold.catalog.load import catalog
from twofold.controls import actions
from twofold.controls.actions import Decision, GivenGround
from twofold.controls.models import Ground, Statement
from twofold.people.models import Unit
from twofold.reporting.soa.content import content, content_for

GROUND = GivenGround(Ground.RISK, "R-1 Unwatched decisions")


def annex(framework: str) -> list[str]:
    """Return the controls of an annex."""
    return [entry.id for entry in catalog().framework(framework).requirements if entry.excludable]


def decide(
    cast: Cast,
    framework: str = "42001",
    *,
    excluded: Mapping[str, str] | None = None,
    unit: Unit | None = None,
    at: datetime = AT,
) -> None:
    """Include every control of an annex on one ground, but those excluded for their reasons."""
    out = excluded or {}
    actions.decide_applicability(
        [
            Decision(key, applicable=False, reason=out[key])
            if key in out
            else Decision(key, applicable=True, reason="We run such systems.", grounds=(GROUND,))
            for key in annex(framework)
        ],
        unit=unit or cast.unit,
        by=factories.actor(cast.lead),
        at=at,
    )


def prepare(
    cast: Cast, framework: str = "42001", *, note: str = "", at: datetime = AT
) -> Statement:
    """Prepare a version of the unit by the lead."""
    by = factories.actor(cast.lead)
    return actions.prepare_statement(
        framework,
        partial(content, framework, unit=cast.unit, by=by, at=at),
        unit=cast.unit,
        change_note=note,
        by=by,
        at=at,
    )


def approve(statement: Statement, cast: Cast, *, at: datetime = AT) -> Statement:
    """Approve a version by the approver, in effect from that day."""
    by = factories.actor(cast.approver)
    return actions.approve_statement(
        statement,
        content_now=partial(content_for, by=by, at=at),
        effective_date=at.date(),
        by=by,
        at=at,
    )


def sealed(cast: Cast, framework: str = "42001", *, at: datetime = AT) -> Statement:
    """Decide on an annex, prepare its statement and have it approved."""
    decide(cast, framework, at=at)
    return approve(prepare(cast, framework, at=at), cast, at=at)
