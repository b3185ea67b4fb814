"""Shaping Statements of Applicability for templates: words beside codes, and where records open."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.queries import library
from twofold.domain.soa import Progress
from twofold.reporting.soa import columns
from twofold.reporting.soa.comparison import Comparison
from twofold.reporting.soa.content import OpenPoints
from twofold.reporting.soa.exports import FORMATS
from twofold.reporting.soa.version import Row, Version, Words
from twofold.reporting.soa.versions import StandardStatements
from twofold.web.present import record_href

APPLICABLE = {
    "yes": gettext_lazy("Applicable"),
    "no": gettext_lazy("Excluded"),
    "undecided": gettext_lazy("Not decided"),
}
_DECIDED = {True: "yes", False: "no", None: "undecided"}
#: How many controls an open point names.
_NAMED = 12
#: How many lines of a cell are shown; the exported workbook holds all of them.
_SHOWN = 10


@dataclass(frozen=True)
class OpenPoint:
    """Something that keeps a statement from being approved, with the first controls it is about."""

    text: str
    controls: list[tuple[str, str]]
    more: int


def statement_rows(version: Version, *, applicable: str, status: str, text: str) -> list[Any]:
    """Return the rows of a version that fit the filters, as the page shows them."""
    return [
        _row(row, version.words)
        for row in version.rows
        if applicable in {"", _DECIDED[row["applicable"]]}
        and status in {"", _progress(row)}
        and _matches(row, text)
    ]


def standard_card(entry: StandardStatements) -> dict[str, Any]:
    """Return what the list of statements shows of one standard."""
    return {
        "framework": entry.framework,
        "in_force": entry.in_force,
        "outrun": entry.outrun,
        "coming": entry.coming,
        "draft": entry.draft,
        "stale": entry.stale,
        "figures": entry.now["summary"],
        "statuses": progress_counts(entry.now["summary"]),
        "open_points": open_point_lines(entry.open_points),
    }


def progress_counts(figures: dict[str, Any]) -> list[tuple[str, int]]:
    """Return how many controls that apply have each status, the best first."""
    counts = figures["statuses"]
    return [(progress.value, counts[progress]) for progress in reversed(Progress)]


def open_point_lines(found: OpenPoints) -> list[OpenPoint]:
    """Return open points in words."""
    lines = [
        (_("Nobody has decided whether these apply:"), found.undecided),
        (_("These are included without a ground:"), found.groundless),
    ]
    lines += [
        (_("Excluded, and needed by %(names)s:") % {"names": ", ".join(names)}, (control,))
        for control, names in found.needed.items()
    ]
    return [
        OpenPoint(
            text, [_control(key) for key in controls[:_NAMED]], max(len(controls) - _NAMED, 0)
        )
        for text, controls in lines
        if controls
    ]


def comparison_rows(found: Comparison) -> list[dict[str, Any]]:
    """Return the changed rows of a comparison with where each control opens."""
    return [
        {"row": entry.row, "href": _href(entry.row), "changes": entry.changes}
        for entry in found.changed
    ]


def row_links(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows by number and title, with where each opens."""
    return [{"row": row, "href": _href(row)} for row in rows]


def export_links(version: Version) -> list[tuple[str, str]]:
    """Return name and address of each format of a version."""
    key = version.statement.pk
    return [
        (str(found.title), reverse("statement-export", args=[key, name]))
        for name, found in FORMATS.items()
    ]


def _row(row: Row, words: Words) -> dict[str, Any]:
    return {
        "reference": row["reference"],
        "title": row["title"],
        "own": row["own"],
        "href": _href(row),
        "applicable": _DECIDED[row["applicable"]],
        "grounds": columns.ground_lines(row, words),
        "reason": row["reason"],
        "status": _progress(row),
        "since": columns.since_text(row),
        "override": columns.override_lines(row, words),
        "controls": [
            {
                "id": how["control"],
                "href": reverse("control", args=[how["control"]]),
                "scopes": ", ".join(dict.fromkeys(scope["scope"] for scope in how["scopes"])),
            }
            for how in row["how"]
        ],
        "how": _first(columns.how_lines(row, words)),
        "owners": columns.owner_lines(row, words),
        "evidence": _linked(columns.evidence_lines(row, words), row["evidence"]),
        "systems": _first(columns.system_lines(row, words)),
        "findings": _linked(columns.finding_lines(row, words), row["findings"]),
    }


def _linked(lines: list[str], records: list[dict[str, str]]) -> dict[str, Any]:
    """Return how many there are, and the first of them with where each opens."""
    pairs = list(zip(lines, records, strict=True))[:_SHOWN]
    first = [(line, record_href(entry["record"])) for line, entry in pairs]
    return {"count": len(lines), "first": first, "more": len(lines) - len(first)}


def _first(lines: list[str]) -> dict[str, Any]:
    """Return the first lines of a cell, and how many more there are."""
    return {"first": lines[:_SHOWN], "more": max(len(lines) - _SHOWN, 0)}


def _progress(row: Row) -> str:
    return "not_applicable" if row["applicable"] is False else str(row["status"])


def _href(row: Row) -> str:
    return reverse("control" if row["own"] else "requirement", args=[row["id"]])


def _control(key: str) -> tuple[str, str]:
    found = library().requirements.get(key)
    return (found.reference if found else key), reverse("requirement", args=[key])


def _matches(row: Row, text: str) -> bool:
    wanted = text.casefold()
    return wanted in row["id"].casefold() or wanted in row["title"].casefold()
