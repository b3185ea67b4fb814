"""Reading frameworks and their requirements out of tables."""

from collections.abc import Iterable
from pathlib import Path

from twofold.catalog.entries import Table, tables
from twofold.catalog.model import Effective, Framework, Group, Kind, Requirement


def frameworks(folder: Path) -> tuple[Framework, ...]:
    """Return the frameworks of `frameworks.toml` with the requirements of the files it names.

    Raises:
        CatalogError: a file is missing or malformed; file, line and reason.
    """
    found: dict[str, Framework] = {}
    for table in tables(folder / "frameworks.toml", "framework"):
        framework = _framework(table, folder)
        if framework.id in found:
            raise table.refuse(f"{framework.id} stands twice")
        found[framework.id] = framework
    return tuple(found.values())


def requirements(
    entries: Iterable[Table], framework: str, *, above: Iterable[str]
) -> tuple[Requirement, ...]:
    """Return the requirements of a framework from their tables.

    Args:
        above: ids of the groups that they may stand below.

    Raises:
        CatalogError: an entry is malformed, stands twice or names an unknown parent.
    """
    known = set(above)
    found = []
    for entry in entries:
        requirement = _requirement(entry, framework)
        _check_id(entry, requirement.id, framework, known)
        if requirement.parent and requirement.parent not in known:
            raise entry.refuse(f"{requirement.id} has the unknown parent {requirement.parent}")
        found.append(requirement)
        known.add(requirement.id)
    return tuple(found)


def groups(table: Table, framework: str) -> tuple[Group, ...]:
    """Return the groups written under a framework's table.

    Raises:
        CatalogError: one is malformed or stands twice.
    """
    found: dict[str, Group] = {}
    for entry in table.tables("group"):
        entry.only("id", "title")
        group = Group(entry.text("id"), entry.text("title"))
        _check_id(entry, group.id, framework, found)
        found[group.id] = group
    return tuple(found.values())


def _framework(table: Table, folder: Path) -> Framework:
    table.only(
        "id",
        "title",
        "short_title",
        "edition",
        "certifiable",
        "guidance",
        "mapped_to",
        "files",
        "group",
    )
    framework = table.text("id")
    gathered = groups(table, framework)
    entries = [
        entry for name in table.texts("files", 1) for entry in tables(folder / name, "requirement")
    ]
    return Framework(
        id=framework,
        title=table.text("title"),
        short_title=table.text("short_title"),
        edition=table.text("edition"),
        certifiable=table.flag("certifiable"),
        guidance="guidance" in table.values and table.flag("guidance"),
        mapped_to=table.texts("mapped_to", 0),
        groups=gathered,
        requirements=requirements(entries, framework, above=[group.id for group in gathered]),
    )


def _requirement(table: Table, framework: str) -> Requirement:
    table.only(
        "id",
        "title",
        "kind",
        "parent",
        "auditable",
        "summary",
        "evidence",
        "questions",
        "applies_from",
        "applies_note",
        "addressee",
    )
    auditable = table.flag("auditable")
    if not auditable and any(key in table.values for key in ("summary", "evidence", "questions")):
        raise table.refuse("a heading asks nothing and has no texts")
    kind = table.choice("kind", Kind)
    return Requirement(
        id=table.text("id"),
        framework=framework,
        title=table.text("title"),
        kind=kind,
        parent=table.text("parent", default=""),
        auditable=auditable,
        summary=table.text("summary", default=None if auditable else ""),
        evidence=table.texts("evidence", 2 if auditable else 0),
        questions=table.texts("questions", 2 if auditable else 0),
        effective=_effective(table, kind),
    )


def _effective(table: Table, kind: Kind) -> Effective | None:
    if kind is Kind.ARTICLE:
        return Effective(
            table.text("addressee"), table.day("applies_from"), table.text("applies_note")
        )
    for key in ("applies_from", "applies_note", "addressee"):
        if key in table.values:
            raise table.refuse(f"{key} belongs to an article of law alone")
    return None


def _check_id(table: Table, entry: str, framework: str, known: Iterable[str]) -> None:
    if not entry.startswith(f"{framework}:"):
        raise table.refuse(f"{entry} does not begin with {framework}:")
    if entry == f"{framework}:":
        raise table.refuse(f"{entry} names nothing")
    if entry in known:
        raise table.refuse(f"{entry} stands twice")
