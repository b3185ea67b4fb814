"""What a Statement of Applicability says, computed from the facts of a unit and from nothing else.

The content is plain JSON. It holds no moment, only days that facts have, so that the same facts
give the same text however often it is computed; and it names persons by their ledger names, so
that what is sealed holds no personal data.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from twofold.catalog.load import catalog
from twofold.catalog.model import Framework
from twofold.controls.exclusions import needs_of_excluded
from twofold.controls.models import Statement
from twofold.domain.soa import Progress
from twofold.inventory.models import AISystem
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import InvalidInput
from twofold.people.models import Unit
from twofold.people.queries import root_unit
from twofold.reporting.soa.rows import Rows, System
from twofold.reporting.standing import Standing, standing_of

#: Changes when the keys of a content do, so that a reader of sealed ones knows what to expect.
FORMAT = 1


@dataclass(frozen=True)
class OpenPoints:
    """What keeps a statement from being approved.

    Attributes:
        undecided: controls on which nobody has decided.
        groundless: controls that are included without a ground.
        needed: controls that are excluded, each with what needs it.
    """

    undecided: tuple[str, ...]
    groundless: tuple[str, ...]
    needed: Mapping[str, Sequence[str]]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.undecided or self.groundless or self.needed)


def content(framework: str, *, unit: Unit, by: Actor, at: datetime) -> dict[str, Any]:
    """Return the statement of a standard for a unit, as the facts stand today.

    One row for each control of its annex in the order of the standard, then one for each control of
    the organisation's own that is run there and credited to none of them. It is the same for
    whoever asks: it speaks of the unit, its subtree, and what is run for units above it.

    Raises:
        AccessDenied: the actor may not read the unit.
        InvalidInput: there is no standard of this id that organisations are certified against.
    """
    access.require(by, Permission.READ, unit=unit, at=at)
    found = standing_of(unit, at=at)
    standard = _standard(framework, found)
    organisation = root_unit()
    systems = _systems(unit)
    annex = [entry for entry in standard.requirements if entry.excludable and entry.auditable]
    made = Rows(found, unit, systems, whole_unit=framework == "42001")
    rows = [
        *made.of_annex(annex, {group.id: group.title for group in standard.groups}),
        *made.of_own(_own_controls(standard, found)),
    ]
    return {
        "format": FORMAT,
        "framework": {
            "id": standard.id,
            "title": standard.title,
            "short_title": standard.short_title,
            "edition": standard.edition,
        },
        "organisation": organisation.name if organisation else "",
        "unit": {"id": str(unit.pk), "name": unit.name},
        "as_of": found.on.isoformat(),
        "systems": [
            {"code": system.code, "name": system.name, "stage": system.stage}
            for system in systems.values()
        ],
        "rows": rows,
        "summary": summary(rows),
    }


def content_for(statement: Statement, *, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what a version would say of the facts of today.

    It keeps the day of the version: while nothing has changed since, both are the same text.

    Raises:
        AccessDenied: the actor may not read the unit.
    """
    found = content(statement.framework, unit=statement.unit, by=by, at=at)
    return as_of_the_day_of(statement, found)


def as_of_the_day_of(statement: Statement, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content under the day of a version, so that the two can be compared."""
    return {**found, "as_of": json.loads(statement.content)["as_of"]}


def open_points(given: Mapping[str, Any], unit: Unit) -> OpenPoints:
    """Return what keeps a content of a unit from being approved."""
    rows = given["rows"]
    excluded = [row["id"] for row in rows if row["applicable"] is False]
    return OpenPoints(
        undecided=tuple(row["id"] for row in rows if row["applicable"] is None),
        groundless=tuple(row["id"] for row in rows if row["applicable"] and not row["grounds"]),
        needed=needs_of_excluded(excluded, unit),
    )


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures of a statement; statuses are counted over the controls that apply."""
    given = list(rows)
    statuses = Counter(row["status"] for row in given if row["applicable"])
    return {
        "controls": len(given),
        "own": sum(row["own"] for row in given),
        "applicable": sum(row["applicable"] is True for row in given),
        "excluded": sum(row["applicable"] is False for row in given),
        "undecided": sum(row["applicable"] is None for row in given),
        "statuses": {progress.value: statuses[progress.value] for progress in Progress},
        "with_findings": sum(bool(row["findings"]) for row in given),
        "set_by_hand": sum(row["override"] is not None for row in given),
    }


def _standard(framework: str, found: Standing) -> Framework:
    for entry in found.catalog.frameworks:
        if entry.id == framework and entry.certifiable:
            return entry
    raise InvalidInput(
        _("There is no standard %(id)s with such a statement.") % {"id": framework},
        field="framework",
    )


def _systems(unit: Unit) -> dict[str, System]:
    """Return the AI systems of a unit and below it by key, in the order of their names."""
    rows = AISystem.objects.filter(unit__path__startswith=unit.path).order_by("name", "code")
    return {
        str(key): System(*columns)
        for key, *columns in rows.values_list("pk", "code", "name", "stage", "unit__path")
    }


def _own_controls(standard: Framework, found: Standing) -> list[str]:
    """Return the controls that the organisation added and no control of the annex accounts for."""
    annex = {entry.id for entry in standard.requirements if entry.excludable}
    shipped = catalog().control_by_id
    return [
        control.id
        for control in found.catalog.controls
        if control.id not in shipped
        and not annex & {credit.requirement for credit in control.credits}
    ]
