"""Reading what a certification auditor expects out of tables."""

from collections.abc import Mapping
from pathlib import Path

from twofold.catalog.entries import Table, tables
from twofold.catalog.model import Predicate, Requirement
from twofold.domain.certification import Level

STAGES = (1, 2)


def predicates(path: Path, requirements: Mapping[str, Requirement]) -> tuple[Predicate, ...]:
    """Return the predicates of a file in its order; none when there is no such file.

    What is missing for a standard that is certified is told by `twofold catalog check`.

    Args:
        requirements: those that may be rested on, by id.

    Raises:
        CatalogError: a predicate is malformed or stands twice; file, line and reason.
    """
    found: dict[str, Predicate] = {}
    for table in tables(path, "predicate") if path.is_file() else ():
        predicate = _predicate(table, requirements)
        if predicate.id in found:
            raise table.refuse(f"{predicate.id} stands twice")
        found[predicate.id] = predicate
    return tuple(found.values())


def _predicate(table: Table, requirements: Mapping[str, Requirement]) -> Predicate:
    table.only(
        "id",
        "stage",
        "level",
        "title",
        "expects",
        "requirements",
        "evidence",
        "statements",
        "not_kept",
    )
    rests_on = table.texts("requirements", 1)
    for requirement in rests_on:
        if requirement not in requirements or not requirements[requirement].auditable:
            raise table.refuse(f"there is no auditable requirement {requirement!r}")
        if rests_on.count(requirement) > 1:
            raise table.refuse(f"{requirement} is named twice")
    return Predicate(
        id=table.text("id"),
        stage=table.number("stage", STAGES[0], STAGES[-1]),
        level=table.choice("level", Level),
        title=table.text("title"),
        expects=table.text("expects"),
        requirements=rests_on,
        evidence=table.texts("evidence", 0),
        statements="statements" in table.values and table.flag("statements"),
        not_kept=table.texts("not_kept", 0),
    )
