"""The columns of a Statement of Applicability on paper: fewer and wider than on a sheet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.reporting.soa import columns
from twofold.reporting.soa.version import Row, Version, Words


@dataclass(frozen=True)
class PrintedColumn:
    """A column on paper.

    Attributes:
        share: of the width of the page.
    """

    key: str
    title: Promise
    share: int
    lines: Callable[[Row, Words], list[str]]


#: How many lines of a cell are printed; the workbook holds all of them.
MOST_LINES = 10


def printed_lines(column: PrintedColumn, row: Row, words: Words) -> list[str]:
    """Return what is printed in a cell: its first lines, and how many more there are."""
    lines = [columns.cleaned(line) for line in column.lines(row, words)]
    rest = len(lines) - MOST_LINES
    if rest <= 1:
        return lines
    return [*lines[:MOST_LINES], _("and %(rest)d more, in the workbook") % {"rest": rest}]


def printed_columns(version: Version) -> tuple[PrintedColumn, ...]:
    """Return the columns that a version fills: AI systems only where a row names any."""
    systems = any(row["systems"] for row in version.rows)
    return tuple(column for column in _ALL if systems or column.key != "systems")


def _control(row: Row, _words: Words) -> list[str]:
    return [row["reference"], row["title"]]


def _applicable(row: Row, _words: Words) -> list[str]:
    return [columns.applicable_text(row)]


def _justification(row: Row, words: Words) -> list[str]:
    return [*columns.ground_lines(row, words), *columns.reason_lines(row, words)]


def _status(row: Row, words: Words) -> list[str]:
    return [*columns.status_lines(row, words), *columns.finding_lines(row, words)]


def _how(row: Row, words: Words) -> list[str]:
    return [*columns.how_lines(row, words), *_owned(columns.owner_lines(row, words))]


def _owned(owners: Iterable[str]) -> list[str]:
    named = ", ".join(owners)
    return [_("Owner: %(names)s") % {"names": named}] if named else []


_ALL: tuple[PrintedColumn, ...] = (
    PrintedColumn("control", gettext_lazy("Control"), 13, _control),
    PrintedColumn("applicable", gettext_lazy("Applies"), 6, _applicable),
    PrintedColumn("justification", gettext_lazy("Justification"), 22, _justification),
    PrintedColumn("status", gettext_lazy("Status and open findings"), 13, _status),
    PrintedColumn("how", gettext_lazy("How it is implemented, owner"), 28, _how),
    PrintedColumn("evidence", gettext_lazy("Evidence"), 17, columns.evidence_lines),
    PrintedColumn("systems", gettext_lazy("AI systems"), 13, columns.system_lines),
)
