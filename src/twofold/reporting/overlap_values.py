"""Overlap and crosswalk as plain values, which the API and the command line print alike."""

from collections.abc import Iterable
from typing import Any

from twofold.catalog.model import LibraryControl
from twofold.domain.readiness import Readiness
from twofold.reporting.crosswalk import NONE, CrosswalkRow
from twofold.reporting.overlap import (
    ControlOverlap,
    Counterpart,
    Remaining,
    RequirementOverlap,
    StandardOverlap,
    Work,
)

Values = dict[str, Any]


def standard_values(found: StandardOverlap) -> Values:
    """Return how much of a second framework a first one asks; shares are 0 to 1, or None."""
    return {
        "first": found.first.id,
        "second": found.second.id,
        "wholly": found.wholly,
        "partly": found.partly,
        "not_at_all": found.not_at_all,
        "least": found.least,
        "most": found.most,
        "shown": found.shown,
        "controls": found.controls,
        "running": found.running,
        "excluded": found.excluded,
        "remaining": [_remaining(entry) for entry in found.remaining],
    }


def requirement_values(found: RequirementOverlap) -> Values:
    """Return what else a requirement serves, and where it has no counterpart."""
    return {
        "id": found.requirement.id,
        "framework": found.framework.id,
        "title": found.requirement.title,
        "status": _status(found.readiness),
        "controls": _ids(found.controls),
        "counterparts": [_counterpart(entry) for entry in found.counterparts],
        "none": [
            {"framework": framework.id, "rationale": entry.rationale}
            for framework, entry in found.none
        ],
    }


def control_values(found: ControlOverlap) -> Values:
    """Return what a control serves."""
    return {
        "id": found.control.id,
        "title": found.control.title,
        "shown": found.shown,
        "counterparts": [_counterpart(entry) for entry in found.counterparts],
    }


def crosswalk_values(row: CrosswalkRow) -> Values:
    """Return a row of the crosswalk; its relation is `none` where there is no counterpart."""
    return {
        "source": row.left.id,
        "framework": row.other.id,
        "target": row.right.id if row.right else None,
        "relation": row.relation.value if row.relation else NONE,
        "strength": row.strength,
        "rationale": row.rationale,
    }


def _remaining(entry: Remaining) -> Values:
    return {
        "requirement": entry.requirement.id,
        "title": entry.requirement.title,
        "status": _status(entry.readiness),
        "asked": entry.asked,
        "work": _work(entry.work),
    }


def _counterpart(entry: Counterpart) -> Values:
    return {
        "requirement": entry.requirement.id,
        "framework": entry.framework.id,
        "title": entry.requirement.title,
        "relation": entry.code.value,
        "relation_text": entry.relation,
        "back_text": entry.back,
        "strength": entry.strength,
        "rationale": entry.rationale,
        "status": _status(entry.readiness),
        "work": _work(entry.work) if entry.work else None,
    }


def _work(entry: Work) -> Values:
    return {
        "potential": entry.potential,
        "shown": entry.shown,
        "by": _ids(entry.by),
        "closing": _ids(entry.closing),
    }


def _ids(controls: Iterable[LibraryControl]) -> list[str]:
    return [control.id for control in controls]


def _status(readiness: Readiness | None) -> str | None:
    return readiness.status.value if readiness else None
