"""A document and the ways in which one is written."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Document:
    """A file to be filed.

    Attributes:
        period_from: first day that it speaks of.
        period_to: last day that it speaks of.
        source: where its content comes from, in words.
    """

    file_name: str
    media_type: str
    octets: bytes
    period_from: date
    period_to: date
    source: str


def register(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[object]], on: date
) -> Document:
    """Return rows as a CSV file that states the register as of a day."""
    return table(file_name, header, rows, "Exported from the register", (on, on))


def table(
    file_name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    source: str,
    period: tuple[date, date],
) -> Document:
    """Return rows as a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return Document(file_name, "text/csv", out.getvalue().encode(), *period, source)


def structured(
    file_name: str, content: dict[str, Any], source: str, period: tuple[date, date]
) -> Document:
    """Return a JSON file."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return Document(file_name, "application/json", text.encode(), *period, source)


def prose(file_name: str, lines: Iterable[str], source: str, period: tuple[date, date]) -> Document:
    """Return a Markdown file."""
    text = "\n".join(lines) + "\n"
    return Document(file_name, "text/markdown", text.encode(), *period, source)
