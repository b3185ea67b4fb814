"""A version of a Statement of Applicability as a workbook (XLSX).

Every text is written as text: nothing that somebody typed is taken for a formula, a number or a
link by the program that opens it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from twofold.reporting.soa.columns import COLUMNS, Column, cleaned, record_lines
from twofold.reporting.soa.head import figures, head_lines, method_lines
from twofold.reporting.soa.version import Row, Version

#: What a cell holds at most.
LONGEST_CELL = 32_767
_RECORDS_WIDTH = 44
#: Sizes of paper by their numbers in the format.
_A3, _A4 = 8, 9
_AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_format_properties": {"font_name": "Calibri", "font_size": 10},
}
_INK, _LINE, _SHADE = "#1A1C21", "#C9CCD3", "#EEF0FD"


class _Formats:
    """The formats of a workbook, made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        cell = {"valign": "top", "text_wrap": True, "border": 1, "border_color": _LINE}
        self.title: Format = book.add_format({"bold": True, "font_size": 16, "font_color": _INK})
        self.draft: Format = book.add_format(
            {"bold": True, "font_size": 12, "font_color": "#B3261E"}
        )
        self.name: Format = book.add_format({"bold": True, "valign": "top"})
        self.text: Format = book.add_format({"text_wrap": True, "valign": "top"})
        self.number: Format = book.add_format({"align": "left", "valign": "top"})
        self.section: Format = book.add_format(
            {"bold": True, "font_size": 12, "top": 1, "top_color": _LINE}
        )
        self.head: Format = book.add_format({**cell, "bold": True, "bg_color": _SHADE})
        self.cell: Format = book.add_format(cell)
        self.day: Format = book.add_format({**cell, "num_format": "yyyy-mm-dd", "align": "left"})


def workbook(version: Version) -> bytes:
    """Return the workbook: a sheet with the head and the figures, and one with the controls."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, _AS_TEXT) as book:
        _describe(book, version)
        formats = _Formats(book)
        _head_sheet(book.add_worksheet(_("Statement")), version, formats)
        _control_sheet(book.add_worksheet(_("Controls")), version, formats)
    return file.getvalue()


def _describe(book: xlsxwriter.Workbook, version: Version) -> None:
    statement = version.statement
    made = statement.approved_at or statement.prepared_at
    book.set_properties(
        {
            "title": version.title,
            "subject": version.label,
            "company": cleaned(version.whose),
            "comments": f"SHA-256 {statement.sha256}",
            # The same version gives the same file.
            "created": made.astimezone(UTC).replace(tzinfo=None),
        }
    )


def _head_sheet(sheet: Worksheet, version: Version, formats: _Formats) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 84)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, version.title, formats.title)
    sheet.set_row(0, 26)
    if not version.sealed:
        sheet.write_string(1, 0, _("DRAFT: nobody has approved this version."), formats.draft)
    line = 3
    for name, text in head_lines(version):
        sheet.write_string(line, 0, name, formats.name)
        sheet.write_string(line, 1, cleaned(text), formats.text)
        line += 1
    line = _section(sheet, line + 1, _("Figures"), formats)
    for name, number in figures(version):
        sheet.write_string(line, 0, name, formats.name)
        sheet.write_number(line, 1, number, formats.number)
        line += 1
    line = _section(sheet, line + 1, _("How to read it"), formats)
    for text in method_lines():
        sheet.merge_range(line, 0, line, 1, "", formats.text)
        sheet.write_string(line, 0, text, formats.text)
        sheet.set_row(line, 28 if len(text) > 110 else 15)
        line += 1
    _print_setup(sheet, version, paper=_A4)
    sheet.fit_to_pages(1, 1)


def _section(sheet: Worksheet, line: int, title: str, formats: _Formats) -> int:
    sheet.write_string(line, 0, title, formats.section)
    sheet.write_blank(line, 1, None, formats.section)
    return line + 1


def _control_sheet(sheet: Worksheet, version: Version, formats: _Formats) -> None:
    rows, last = version.rows, len(COLUMNS)
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, str(column.title), formats.head)
    sheet.set_column(last, last, _RECORDS_WIDTH)
    sheet.write_string(0, last, _("Records"), formats.head)
    for line, row in enumerate(rows, start=1):
        lines = 1
        for place, column in enumerate(COLUMNS):
            lines = max(lines, _write(sheet, line, place, column, row, version, formats))
        sheet.write_string(line, last, cell_text(record_lines(row, version.words)), formats.cell)
        # Programs do not all fit the height of a row to wrapped text when they open a file.
        sheet.set_row(line, min(lines * 13.5 + 3, 409))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(rows), last)
    sheet.repeat_rows(0)
    # The names of records are for looking up, not for paper.
    sheet.print_area(0, 0, len(rows), last - 1)
    _print_setup(sheet, version, paper=_A3)
    sheet.fit_to_pages(1, 0)


def _write(
    sheet: Worksheet,
    line: int,
    place: int,
    column: Column,
    row: Row,
    version: Version,
    formats: _Formats,
) -> int:
    """Write one cell and return how many lines it takes at the width of its column."""
    day = row["since"] if row["applicable"] is not False else row["decided_on"]
    if column.key == "since" and day:
        sheet.write_datetime(
            line, place, datetime.combine(date.fromisoformat(day), time()), formats.day
        )
        return 1
    given = column.lines(row, version.words)
    sheet.write_string(line, place, cell_text(given), formats.cell)
    return sum(-(-max(len(text), 1) // column.width) for text in given) or 1


def cell_text(lines: Sequence[str]) -> str:
    """Return lines as the text of one cell; what a cell cannot hold is left out and counted."""
    text = "\n".join(map(cleaned, lines))
    if len(text) <= LONGEST_CELL:
        return text
    kept: list[str] = []
    room = LONGEST_CELL - 60
    for line in map(cleaned, lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    rest = len(lines) - len(kept)
    return "\n".join([*kept, _("and %(number)d more") % {"number": rest}])


def _print_setup(sheet: Worksheet, version: Version, *, paper: int) -> None:
    """Have the sheet print in landscape with version, digest and page on each page."""
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    # An ampersand begins a code of the header.
    label = f"{version.title}, {version.label}".replace("&", "&&")
    whose = cleaned(version.whose).replace("&", "&&")[:80]
    sheet.set_header(f"&L&8{label}&R&8{whose}")
    sheet.set_footer(f"&L&8SHA-256 {version.statement.sha256[:16]}…&R&8&P / &N")
