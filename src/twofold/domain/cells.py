"""Cells of a CSV that a spreadsheet opens: texts that stay texts.

A spreadsheet computes a cell that begins like a formula, whoever wrote it. An apostrophe before it
keeps it a text (OWASP, CSV Injection).
"""

from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(cells: Iterable[str]) -> list[str]:
    """Return cells with an apostrophe before each that would be a formula."""
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
