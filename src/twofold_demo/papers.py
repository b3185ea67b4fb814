"""What people at Harbourline wrote down: minutes, tables and reports, in `content/papers`.

The papers speak of days in the past; the record knows them since the day on which they were filed.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from twofold_demo.documents.document import Document, prose, table
from twofold_demo.filings import Filing
from twofold_demo.governance import CONTENT

FOLDER = CONTENT / "papers"
SOURCE = "Written at Harbourline, a company of the demonstration"


def filings() -> list[Filing]:
    """Return every paper as it is filed, in the order of the files."""
    return [_filing(entry) for entry in entries()]


def entries() -> Iterator[dict[str, Any]]:
    """Yield the papers as they stand in the files; see `management.toml` for their fields."""
    for path in sorted(FOLDER.glob("*.toml")):
        yield from tomllib.loads(path.read_text("utf-8"))["paper"]


def _filing(entry: dict[str, Any]) -> Filing:
    return Filing(
        entry["control"],
        entry["need"],
        entry["title"],
        entry["by"],
        lambda today: _document(entry, today),
        entry["says"],
    )


def _document(entry: dict[str, Any], today: date) -> Document:
    last = today - timedelta(days=entry["ended"])
    first = last - timedelta(days=entry.get("lasted", 0))
    name = f"{entry['need']}-{last}"
    if "rows" in entry:
        rows = [[cell.format(first=first, last=last) for cell in row] for row in entry["rows"]]
        return table(f"{name}.csv", entry["header"], rows, SOURCE, (first, last))
    text = entry["text"].format(first=first, last=last)
    return prose(f"{name}.md", text.strip().splitlines(), SOURCE, (first, last))
