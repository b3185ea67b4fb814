"""Loading and validating the catalogue's files.

The top of the package: it turns tables and rows into the values of the model and checks what one
entry cannot know of itself, such as identifiers that stand twice or name nothing.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from twofold.catalog.entries import Table, read_text, tables
from twofold.catalog.errors import CatalogError
from twofold.catalog.model import (
    Catalog,
    ControlCredit,
    EvidenceNeed,
    Framework,
    Group,
    Kind,
    LibraryControl,
    Pair,
    Requirement,
)
from twofold.domain.readiness import Relation

DATA = Path(__file__).parent / "data"
_HEADER = ["source", "target", "relation", "strength", "rationale"]
_STRENGTHS = {str(strength) for strength in range(1, 11)}
_Value = TypeVar("_Value")


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """Return the product's catalogue, loaded once.

    Raises:
        CatalogError: a file is malformed; file, line and reason.
    """
    return load(DATA)


def load(folder: Path) -> Catalog:
    """Return the catalogue of a folder: `frameworks.toml`, what it names, crosswalk and controls.

    Raises:
        CatalogError: a file is missing or malformed; file, line and reason.
    """
    frameworks = _frameworks(folder)
    requirements = {
        requirement.id: requirement
        for framework in frameworks
        for requirement in framework.requirements
    }
    pairs = tuple(_pairs(folder / "crosswalk.csv", requirements))
    controls = _controls(folder / "controls.toml", requirements)
    return Catalog(
        frameworks=frameworks,
        pairs=pairs,
        controls=controls,
        requirements=MappingProxyType(requirements),
        control_by_id=MappingProxyType({control.id: control for control in controls}),
        pairs_of=_gathered((end, pair) for pair in pairs for end in (pair.source, pair.target)),
        controls_of=_gathered(
            (credit.requirement, control) for control in controls for credit in control.credits
        ),
    )


def _gathered(entries: Iterable[tuple[str, _Value]]) -> Mapping[str, tuple[_Value, ...]]:
    found: dict[str, tuple[_Value, ...]] = {}
    for key, value in entries:
        found[key] = (*found.get(key, ()), value)
    return MappingProxyType(found)


def _frameworks(folder: Path) -> tuple[Framework, ...]:
    found: dict[str, Framework] = {}
    for table in tables(folder / "frameworks.toml", "framework"):
        framework = _framework(table, folder)
        if framework.id in found:
            raise table.refuse(f"{framework.id} stands twice")
        found[framework.id] = framework
    return tuple(found.values())


def _framework(table: Table, folder: Path) -> Framework:
    table.only("id", "title", "short_title", "edition", "certifiable", "files", "group")
    framework = table.text("id")
    groups = _groups(table, framework)
    requirements: dict[str, Requirement] = {}
    for name in table.texts("files", 1):
        known = {*requirements, *(group.id for group in groups)}
        for entry in tables(folder / name, "requirement"):
            requirement = _requirement(entry, framework)
            _check_id(entry, requirement.id, framework, known)
            if requirement.parent and requirement.parent not in known:
                raise entry.refuse(f"{requirement.id} has the unknown parent {requirement.parent}")
            requirements[requirement.id] = requirement
            known.add(requirement.id)
    return Framework(
        id=framework,
        title=table.text("title"),
        short_title=table.text("short_title"),
        edition=table.text("edition"),
        certifiable=table.flag("certifiable"),
        groups=groups,
        requirements=tuple(requirements.values()),
    )


def _groups(table: Table, framework: str) -> tuple[Group, ...]:
    found: dict[str, Group] = {}
    for entry in table.tables("group"):
        entry.only("id", "title")
        group = Group(entry.text("id"), entry.text("title"))
        _check_id(entry, group.id, framework, found)
        found[group.id] = group
    return tuple(found.values())


def _requirement(table: Table, framework: str) -> Requirement:
    table.only("id", "title", "kind", "parent", "auditable", "summary", "evidence", "questions")
    auditable = table.flag("auditable")
    if not auditable and any(key in table.values for key in ("summary", "evidence", "questions")):
        raise table.refuse("a heading asks nothing and has no texts")
    return Requirement(
        id=table.text("id"),
        framework=framework,
        title=table.text("title"),
        kind=table.choice("kind", Kind),
        parent=table.text("parent", default=""),
        auditable=auditable,
        summary=table.text("summary", default=None if auditable else ""),
        evidence=table.texts("evidence", 2 if auditable else 0),
        questions=table.texts("questions", 2 if auditable else 0),
    )


def _check_id(table: Table, entry: str, framework: str, known: Iterable[str]) -> None:
    if not entry.startswith(f"{framework}:"):
        raise table.refuse(f"{entry} does not begin with {framework}:")
    if entry == f"{framework}:":
        raise table.refuse(f"{entry} names nothing")
    if entry in known:
        raise table.refuse(f"{entry} stands twice")


def _pairs(path: Path, requirements: Mapping[str, Requirement]) -> Iterator[Pair]:
    seen: set[frozenset[str]] = set()
    for line, row in _rows(path):
        pair = _pair(path, line, row, requirements)
        ends = frozenset((pair.source, pair.target))
        if ends in seen:
            raise CatalogError(path, line, f"{pair.source} and {pair.target} stand twice")
        seen.add(ends)
        yield pair


def _rows(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield each row below the header with the line on which it begins."""
    reader = csv.reader(io.StringIO(read_text(path)), strict=True)
    line = 1
    try:
        if next(reader, None) != _HEADER:
            raise CatalogError(path, line, f"the first line must be {','.join(_HEADER)}")
        line = reader.line_num + 1
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as fault:
        raise CatalogError(path, line, f"is no CSV: {fault}") from None


def _pair(
    path: Path, line: int, row: Sequence[str], requirements: Mapping[str, Requirement]
) -> Pair:
    if len(row) != len(_HEADER):
        raise CatalogError(path, line, f"has {len(row)} cells, not {len(_HEADER)}")
    source, target, relation, strength, rationale = row
    for end in (source, target):
        if end not in requirements or not requirements[end].auditable:
            raise CatalogError(path, line, f"there is no auditable requirement {end!r}")
    if requirements[source].framework == requirements[target].framework:
        raise CatalogError(path, line, "both ends stand in one framework")
    if relation not in list(Relation):
        raise CatalogError(path, line, f"relation must be one of {', '.join(Relation)}")
    if strength not in _STRENGTHS:
        raise CatalogError(path, line, "strength must be an integer from 1 to 10")
    if not rationale.strip():
        raise CatalogError(path, line, "a pair needs a rationale")
    return Pair(source, target, Relation(relation), int(strength), rationale)


def _controls(path: Path, requirements: Mapping[str, Requirement]) -> tuple[LibraryControl, ...]:
    found: dict[str, LibraryControl] = {}
    for table in tables(path, "control"):
        control = _control(table, requirements)
        if control.id in found:
            raise table.refuse(f"{control.id} stands twice")
        found[control.id] = control
    return tuple(found.values())


def _control(table: Table, requirements: Mapping[str, Requirement]) -> LibraryControl:
    table.only("id", "title", "purpose", "activities", "owner_role", "evidence", "requirement")
    return LibraryControl(
        id=table.text("id"),
        title=table.text("title"),
        purpose=table.text("purpose"),
        activities=table.texts("activities", 2),
        owner_role=table.text("owner_role"),
        evidence=_needs(table),
        credits=_credits(table, requirements),
    )


def _needs(table: Table) -> tuple[EvidenceNeed, ...]:
    found: dict[str, EvidenceNeed] = {}
    for entry in table.tables("evidence", minimum=1):
        entry.only("kind", "title", "period_days")
        kind, title = entry.text("kind"), entry.text("title")
        if kind in found:
            raise entry.refuse(f"the evidence {kind} stands twice")
        found[kind] = EvidenceNeed(kind, title, entry.number("period_days", 1, 1100))
    return tuple(found.values())


def _credits(table: Table, requirements: Mapping[str, Requirement]) -> tuple[ControlCredit, ...]:
    found: dict[str, ControlCredit] = {}
    for entry in table.tables("requirement", minimum=1):
        credit = _credit(entry, requirements)
        if credit.requirement in found:
            raise entry.refuse(f"{credit.requirement} is credited twice")
        found[credit.requirement] = credit
    return tuple(found.values())


def _credit(table: Table, requirements: Mapping[str, Requirement]) -> ControlCredit:
    table.only("id", "relation", "strength", "rationale")
    requirement = table.text("id")
    if requirement not in requirements or not requirements[requirement].auditable:
        raise table.refuse(f"there is no auditable requirement {requirement!r}")
    return ControlCredit(
        requirement,
        table.choice("relation", Relation),
        table.number("strength", 1, 10),
        table.text("rationale"),
    )
