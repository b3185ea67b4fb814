"""The columns of a Statement of Applicability, and what stands in each cell, in words.

Pages, workbook, print, document and comparison all ask here, so that they say the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.models import Ground
from twofold.domain.readiness import Status
from twofold.domain.soa import Progress
from twofold.inventory.models import Stage
from twofold.reporting.soa.version import Row, Words, scopes_of

PROGRESS: Mapping[str, Promise] = {
    Progress.NOT_STARTED: gettext_lazy("Not started"),
    Progress.PLANNED: gettext_lazy("Planned"),
    Progress.PARTLY: gettext_lazy("Partly implemented"),
    Progress.IMPLEMENTED: gettext_lazy("Implemented"),
}
_SET: Mapping[str, Promise] = {
    Status.GAP: gettext_lazy("gap"),
    Status.PARTIAL: gettext_lazy("partial"),
    Status.CONFORMING: gettext_lazy("conforming"),
}
#: How a control of the library stands to the requirement; nothing is said where it does all of it.
_IN_PART = {"subset", "intersects"}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        lines: what stands in its cell, a line each; none where there is nothing to tell.
        width: share of the width of a sheet, in characters.
    """

    key: str
    title: Promise
    width: int
    lines: Callable[[Row, Words], list[str]]


def cleaned(text: str) -> str:
    """Return a text without the control characters that no document format holds."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() or c == "\xa0"))


def day_text(value: str) -> str:
    """Return a day of a content as people write it; blank for none."""
    return date_format(date.fromisoformat(value), "j M Y") if value else ""


def applicable_text(row: Row) -> str:
    """Return whether a control applies, in one word."""
    if row["applicable"] is None:
        return _("Not decided")
    return _("Yes") if row["applicable"] else _("No")


def ground_lines(row: Row, _words: Words) -> list[str]:
    """Return why a control is included, each ground with what it refers to."""
    return ground_texts(row["grounds"])


def ground_texts(grounds: Iterable[Mapping[str, str]]) -> list[str]:
    """Return grounds in words, each with what it refers to."""
    return [f"{Ground(entry['kind']).label}: {entry['reference']}" for entry in grounds]


def reason_lines(row: Row, _words: Words) -> list[str]:
    """Return the words of the decision: why a control is included or excluded."""
    return [row["reason"]] if row["reason"] else []


def status_text(row: Row) -> str:
    """Return how far a control is implemented; of one that does not apply, that."""
    if row["applicable"] is False:
        return _("Not applicable")
    return str(PROGRESS[row["status"]])


def since_text(row: Row) -> str:
    """Return since when it has been so; blank where the facts do not tell."""
    day = row["decided_on"] if row["applicable"] is False else row["since"]
    return day_text(day)


def status_lines(row: Row, words: Words) -> list[str]:
    """Return status and day, and apart from it a status that was set by hand."""
    since = since_text(row)
    status = status_text(row)
    first = _("%(status)s since %(day)s") % {"status": status, "day": since} if since else status
    return [first, *override_lines(row, words)]


def override_lines(row: Row, _words: Words) -> list[str]:
    """Return the status that was set by hand, as such."""
    given = row["override"]
    if given is None:
        return []
    return [
        _("Set by hand to %(status)s until %(day)s: %(reason)s")
        % {
            "status": _SET[given["status"]],
            "day": day_text(given["until"]),
            "reason": given["reason"],
        }
    ]


def how_lines(row: Row, _words: Words) -> list[str]:
    """Return how a control is implemented: each control of the library, where, and in words."""
    lines = []
    for how in row["how"]:
        part = _(" (in part)") if how["relation"] in _IN_PART else ""
        texts: dict[str, list[str]] = {}
        for scope in how["scopes"]:
            waits = "" if scope["approved_on"] else _(" (awaits approval)")
            texts.setdefault(scope["text"], []).append(f"{scope['scope']}{waits}")
        lines += [
            f"{how['control']}{part}, {', '.join(scopes)}: {text}" for text, scopes in texts.items()
        ]
    return lines


def owner_lines(row: Row, words: Words) -> list[str]:
    """Return who answers for it, each once."""
    owners = dict.fromkeys(scope["owner"] for scope in scopes_of(row))
    return [words.persons.get(owner, owner) if owner else _("Nobody named") for owner in owners]


def evidence_lines(row: Row, _words: Words) -> list[str]:
    """Return the evidence that counts, with its last day."""
    return [
        _("%(title)s, valid until %(day)s")
        % {"title": entry["title"], "day": day_text(entry["valid_until"])}
        for entry in row["evidence"]
    ]


def system_lines(row: Row, words: Words) -> list[str]:
    """Return the AI systems that are covered, each with its stage of life."""
    found = [words.systems[code] for code in row["systems"]]
    return [f"{system['name']} ({Stage(system['stage']).label})" for system in found]


def finding_lines(row: Row, _words: Words) -> list[str]:
    """Return what is open against it."""
    grades = {"major": _("Major"), "minor": _("Minor")}
    return [
        _("%(grade)s: %(title)s, since %(day)s")
        % {
            "grade": grades[entry["grade"]],
            "title": entry["title"],
            "day": day_text(entry["raised_on"]),
        }
        for entry in row["findings"]
    ]


def record_lines(row: Row, _words: Words) -> list[str]:
    """Return the ledger names of the records that a row was computed from."""
    given = [row["decision"]]
    given += [scope["record"] for scope in scopes_of(row)]
    given += [entry["record"] for entry in (*row["evidence"], *row["findings"])]
    given += [row["override"]["record"]] if row["override"] else []
    return [record for record in dict.fromkeys(given) if record]


def id_lines(row: Row, _words: Words) -> list[str]:
    """Return the number of a control in its standard, or its own."""
    return [row["reference"]]


COLUMNS: tuple[Column, ...] = (
    Column("id", gettext_lazy("Control"), 10, id_lines),
    Column("title", gettext_lazy("Title"), 28, lambda row, _w: [row["title"]]),
    Column("applicable", gettext_lazy("Applicable"), 11, lambda row, _w: [applicable_text(row)]),
    Column("grounds", gettext_lazy("Grounds for inclusion"), 30, ground_lines),
    Column("reason", gettext_lazy("Justification"), 40, reason_lines),
    Column("status", gettext_lazy("Status"), 18, lambda row, _w: [status_text(row)]),
    Column(
        "since", gettext_lazy("Since"), 12, lambda row, _w: [t] if (t := since_text(row)) else []
    ),
    Column("override", gettext_lazy("Set by hand"), 26, override_lines),
    Column("how", gettext_lazy("How it is implemented"), 56, how_lines),
    Column("owners", gettext_lazy("Owners"), 20, owner_lines),
    Column("evidence", gettext_lazy("Evidence"), 40, evidence_lines),
    Column("systems", gettext_lazy("AI systems and life-cycle stages"), 30, system_lines),
    Column("findings", gettext_lazy("Open findings"), 32, finding_lines),
)
