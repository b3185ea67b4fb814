"""The text of documents: PDF, DOCX, workbooks and HTML."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO

from twofold.evidence.decoding import decoded
from twofold.evidence.parsing.limits import MOST_CHARACTERS
from twofold.evidence.parsing.reasons import Unreadable
from twofold.evidence.parsing.tables import rows_of, sheets_of

MOST_PAGES = 1000
_ENDS_LINE = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "title", "section"}
_SILENT = {"script", "style", "template", "noscript", "svg"}


def text(file: BinaryIO, media_type: str) -> bytes:
    """Return, as JSON, the text of a document and a remark where it was cut off."""
    pieces = _READERS[media_type](file)
    found, length, remark = [], 0, ""
    for piece in pieces:
        found.append(piece[: MOST_CHARACTERS - length])
        length += len(found[-1])
        if length >= MOST_CHARACTERS:
            remark = f"Only its first {MOST_CHARACTERS:,} characters were read."
            break
    return json.dumps({"text": "\n".join(found), "remark": remark}).encode()


def _pdf(file: BinaryIO) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - each format costs its own import alone

    reader = PdfReader(file)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("It is locked with a password.")
    for page in reader.pages[:MOST_PAGES]:
        yield page.extract_text()


def _docx(file: BinaryIO) -> Iterator[str]:
    from docx import Document  # noqa: PLC0415 - the child alone needs it
    from docx.table import Table  # noqa: PLC0415 - the child alone needs it

    for block in Document(file).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield "\t".join(cell.text for cell in row.cells)
        else:
            yield block.text


def _workbook(file: BinaryIO) -> Iterator[str]:
    for name, sheet in sheets_of(file):
        yield name
        for row in rows_of(sheet):
            line = "\t".join(row).strip()
            if line:
                yield line


def _html(file: BinaryIO) -> Iterator[str]:
    source = decoded(file.read())
    if source is None:
        raise Unreadable("It is no text.")
    reader = _Reader()
    reader.feed(source)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    yield from (line for line in lines if line)


class _Reader(HTMLParser):
    """Gathers what a page says, without what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _ENDS_LINE:
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append("\t")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _ENDS_LINE:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)


_OFFICE = "application/vnd.openxmlformats-officedocument"
_READERS = {
    "application/pdf": _pdf,
    f"{_OFFICE}.wordprocessingml.document": _docx,
    f"{_OFFICE}.spreadsheetml.sheet": _workbook,
    "application/vnd.oasis.opendocument.spreadsheet": _workbook,
    "application/vnd.ms-excel": _workbook,
    "text/html": _html,
}
