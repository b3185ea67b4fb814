"""Sheets of workbooks: all their rows for reading, and the first ones of a sheet for showing."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError

from twofold.evidence.parsing.limits import SHOWN_CHARACTERS, SHOWN_COLUMNS, SHOWN_ROWS
from twofold.evidence.parsing.reasons import Unreadable

_MOST_SHEETS = 50


def table(file: BinaryIO, number: str) -> bytes:
    """Return, as JSON, the sheets' names, and of one the first rows and how many there are."""
    workbook = _workbook(file)
    names = workbook.sheet_names[:_MOST_SHEETS]
    if not names:
        raise Unreadable("It holds no sheet.")
    place = min(int(number), len(names) - 1)
    sheet = workbook.get_sheet_by_name(names[place])
    rows, count, width = [], 0, 0
    for row in rows_of(sheet):
        count += 1
        width = max(width, len(row))
        if count <= SHOWN_ROWS:
            rows.append([cell[:SHOWN_CHARACTERS] for cell in row[:SHOWN_COLUMNS]])
    answer = {"sheets": names, "sheet": place, "rows": rows, "count": count, "width": width}
    return json.dumps(answer).encode()


def sheets_of(file: BinaryIO) -> Iterator[tuple[str, CalamineSheet]]:
    """Yield the sheets of a workbook with their names.

    Raises:
        Unreadable: it is locked.
    """
    workbook = _workbook(file)
    for name in workbook.sheet_names[:_MOST_SHEETS]:
        yield name, workbook.get_sheet_by_name(name)


def rows_of(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Yield the rows of a sheet, each cell as a text."""
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _workbook(file: BinaryIO) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(file)
    except PasswordError:
        raise Unreadable("It is locked with a password.") from None


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever a cell may hold
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
