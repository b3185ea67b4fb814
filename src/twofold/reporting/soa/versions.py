"""Finding versions of the Statements of Applicability, and where each standard's stand today."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from twofold.catalog.model import Framework
from twofold.controls.models import Statement
from twofold.controls.queries import canonical, library, visible_statements
from twofold.people.access import Actor
from twofold.people.errors import NotFound
from twofold.people.models import Unit
from twofold.reporting.soa.comparison import compared
from twofold.reporting.soa.content import (
    OpenPoints,
    as_of_the_day_of,
    content,
    content_for,
    open_points,
)


@dataclass(frozen=True)
class StandardStatements:
    """The versions of one standard's statement in a unit, as they stand today.

    Attributes:
        in_force: the newest version that has taken effect; coming: a newer one that will.
        outrun: how many rows of the one in force the facts of today tell otherwise; None where
            nothing has changed since, whatever the day, and where none is in force.
        draft: what waits for an approval; its content is not what the facts say when `stale`.
        now: what a version would say that is prepared today.
        open_points: what would keep it from being approved.
    """

    framework: Framework
    in_force: Statement | None
    coming: Statement | None
    outrun: int | None
    draft: Statement | None
    stale: bool
    now: Mapping[str, Any]
    open_points: OpenPoints


def statements_of(unit: Unit, by: Actor, *, at: datetime) -> list[StandardStatements]:
    """Return where the statement of each standard stands in a unit.

    Raises:
        AccessDenied: the actor may not read the unit.
    """
    rows = list(visible_statements(by, at=at).filter(unit=unit))
    return [
        _standing(entry, [row for row in rows if row.framework == entry.id], unit, by, at)
        for entry in library().frameworks
        if entry.certifiable
    ]


def statement_for(key: UUID, by: Actor, *, at: datetime) -> Statement:
    """Return a version by its key, with its content.

    Raises:
        NotFound: there is none that the actor may read.
    """
    return _one(visible_statements(by, at=at).filter(pk=key))


def statement_numbered(
    framework: str, number: int | None, *, unit: Unit, by: Actor, at: datetime
) -> Statement:
    """Return a version of a standard's statement in a unit by its number; None: the newest one.

    Raises:
        NotFound: there is none that the actor may read.
    """
    rows = visible_statements(by, at=at).filter(unit=unit, framework=framework)
    return _one(rows if number is None else rows.filter(number=number))


def draft_of(framework: str, *, unit: Unit, by: Actor, at: datetime) -> Statement:
    """Return the version that waits for an approval.

    Raises:
        NotFound: there is none that the actor may read.
    """
    rows = visible_statements(by, at=at).filter(unit=unit, framework=framework)
    return _one(rows.filter(approved_at=None))


def version_before(statement: Statement, by: Actor, *, at: datetime) -> Statement | None:
    """Return the approved version before a version, without its content; None: it is the first."""
    rows = visible_statements(by, at=at).filter(
        unit=statement.unit, framework=statement.framework, number__lt=statement.number
    )
    return rows.exclude(approved_at=None).order_by("-number").first()


def is_stale(draft: Statement, *, by: Actor, at: datetime) -> bool:
    """Return whether the facts say something else today than a draft does.

    Raises:
        AccessDenied: the actor may not read the unit.
    """
    return _differs(draft, content_for(draft, by=by, at=at))


def rows_outrun(statement: Statement, *, by: Actor, at: datetime) -> int | None:
    """Return how many rows of the version in force the facts of today tell otherwise.

    None where nothing has changed since, whatever the day, and for a version that is not in force.

    Raises:
        AccessDenied: the actor may not read the unit.
    """
    rows = visible_statements(by, at=at).filter(
        unit=statement.unit, framework=statement.framework, effective_date__lte=at.date()
    )
    if rows.order_by("-number").values_list("pk", flat=True).first() != statement.pk:
        return None
    return _outrun(statement, content_for(statement, by=by, at=at))


def _standing(
    framework: Framework, rows: list[Statement], unit: Unit, by: Actor, at: datetime
) -> StandardStatements:
    # Newest first, and the one that is not approved is newer than all others.
    approved = [row for row in rows if row.effective_date is not None]
    in_force = next((row for row in approved if _in_effect(row, at)), None)
    newest = next(iter(approved), None)
    draft = next((row for row in rows if row.approved_at is None), None)
    now = content(framework.id, unit=unit, by=by, at=at)
    return StandardStatements(
        framework=framework,
        in_force=in_force,
        coming=newest if newest is not in_force else None,
        outrun=_outrun(in_force, as_of_the_day_of(in_force, now)) if in_force else None,
        draft=draft,
        stale=draft is not None and _differs(draft, as_of_the_day_of(draft, now)),
        now=now,
        open_points=open_points(now, unit),
    )


def _outrun(sealed: Statement, found: Mapping[str, Any]) -> int | None:
    if not _differs(sealed, found):
        return None
    return compared(json.loads(sealed.content), found).differing


def _differs(draft: Statement, found: Mapping[str, Any]) -> bool:
    return hashlib.sha256(canonical(found).encode()).hexdigest() != draft.sha256


def _in_effect(row: Statement, at: datetime) -> bool:
    return row.effective_date is not None and row.effective_date <= at.date()


def _one(rows: QuerySet[Statement]) -> Statement:
    found = rows.defer(None).order_by("-number").first()
    if found is None:
        raise NotFound(_("There is no such Statement of Applicability."))
    return found
