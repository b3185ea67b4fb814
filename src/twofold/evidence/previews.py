"""What is shown of a version on its page: pages and pictures drawn anew, tables, text.

Nothing of an uploaded file reaches a browser as it came. Pictures are made of it in a process of
their own (`parsing`); of text and tables the characters are shown. Drawn pictures are kept in this
process's memory alone, so that no disk holds in clear what is stored encrypted.
"""

import csv
import io
import threading
from collections import OrderedDict
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import islice

from django.utils.translation import gettext as _

from twofold.evidence import contents
from twofold.evidence.decoding import decoded
from twofold.evidence.models import EvidenceText, EvidenceVersion
from twofold.evidence.parsing.limits import SHOWN_CHARACTERS, SHOWN_COLUMNS, SHOWN_ROWS
from twofold.evidence.parsing.process import ParsingFailed, run_job, run_json
from twofold.evidence.reading import PLAIN, RICH
from twofold.evidence.storage import DamagedFile
from twofold.evidence.storage.encryption import CHUNK_BYTES
from twofold.people.errors import Conflict, NotFound, Refusal

PICTURES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/bmp"}
)
_PDF = "application/pdf"
_WORKBOOKS = frozenset(kind for kind in RICH if "sheet" in kind or kind.endswith("ms-excel"))
#: Shown letter by letter: of a page of HTML, too, what it says and not what it does.
_TEXTS = PLAIN | {"text/html"}
_TABLES = frozenset({"text/csv", "text/tab-separated-values"})
_SHOWN_TEXT = 20_000
#: Of a longer file of rows the beginning is shown, and how many follow is not known.
_MOST_TABLE_BYTES = 4 * 1024 * 1024
_KEPT_BYTES = 48 * 1024 * 1024


class Kind(StrEnum):
    """How a version is shown."""

    PAGES = auto()
    PICTURE = auto()
    TABLE = auto()
    TEXT = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Preview:
    """What is shown of a version.

    Attributes:
        part: number of the page or sheet that is shown, from 1.
        parts: names of the sheets, or numbers of the pages.
        more: how many rows follow; None: more follow, and how many is not known.
        remark: why nothing or not everything is shown; blank: it is all there.
    """

    kind: Kind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    part: int = 1
    parts: tuple[str, ...] = ()
    more: int | None = 0
    remark: str = ""


def preview_of(version: EvidenceVersion, *, part: int = 1) -> Preview:
    """Return what is shown of a version.

    Args:
        part: the page or sheet that is asked for; the nearest there is.
    """
    try:
        contents.require_open(version)
        return _preview(version, part)
    except (ParsingFailed, Refusal) as failure:
        return Preview(Kind.NOTHING, remark=str(failure))
    except DamagedFile:
        return Preview(Kind.NOTHING, remark=_altered())


def picture_of(version: EvidenceVersion, number: int) -> bytes:
    """Return a page of a PDF, or a picture (number 1), as PNG.

    Raises:
        NotFound: there is no such page, or nothing of this type is drawn; or the item was erased.
        Conflict: it is in quarantine, was altered, or cannot be drawn.
    """
    contents.require_open(version)
    if version.media_type == _PDF:
        job: tuple[str, ...] = ("page", str(number))
    elif version.media_type in PICTURES and number == 1:
        job = ("picture",)
    else:
        raise NotFound(_("There is no such page."))
    try:
        return _drawn(version, *job)
    except ParsingFailed as failure:
        raise Conflict(str(failure)) from failure
    except DamagedFile:
        raise Conflict(_altered()) from None


def _preview(version: EvidenceVersion, part: int) -> Preview:
    if version.media_type == _PDF:
        count = int(_drawn(version, "pages"))
        numbers = tuple(str(number) for number in range(1, count + 1))
        return Preview(Kind.PAGES, part=min(max(part, 1), max(count, 1)), parts=numbers)
    if version.media_type in PICTURES:
        # Drawn now, so that what cannot be drawn is said instead of a broken picture.
        _drawn(version, "picture")
        return Preview(Kind.PICTURE)
    if version.media_type in _WORKBOOKS:
        return _sheet(version, part)
    if version.media_type in _TABLES:
        return _rows(version)
    if version.media_type in _TEXTS:
        return _text(version)
    return _read_text(version)


def _sheet(version: EvidenceVersion, part: int) -> Preview:
    with closing(contents.handed_out(version)) as content:
        found = run_json("table", content, str(max(part, 1) - 1))
    rows = tuple(tuple(row) for row in found["rows"])
    return Preview(
        Kind.TABLE,
        rows=_even(rows),
        part=found["sheet"] + 1,
        parts=tuple(found["sheets"]),
        more=max(found["count"] - len(rows), 0),
        remark=_narrowed(found["width"]),
    )


def _rows(version: EvidenceVersion) -> Preview:
    data, whole = _beginning(version, _MOST_TABLE_BYTES)
    text = decoded(data)
    if text is None:
        raise ParsingFailed(_("It is no text in an encoding that is known."))
    rows, count, width = [], 0, 0
    try:
        for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text)):
            count += 1
            width = max(width, len(row))
            if count <= SHOWN_ROWS:
                rows.append(tuple(cell[:SHOWN_CHARACTERS] for cell in row[:SHOWN_COLUMNS]))
    except csv.Error:
        return _text(version)
    return Preview(
        Kind.TABLE,
        rows=_even(tuple(rows)),
        more=count - len(rows) if whole else None,
        remark=_narrowed(width),
    )


def _text(version: EvidenceVersion) -> Preview:
    data, whole = _beginning(version, _SHOWN_TEXT * 4)
    text = decoded(data)
    if text is None:
        raise ParsingFailed(_("It is no text in an encoding that is known."))
    return Preview(Kind.TEXT, text=text[:_SHOWN_TEXT], remark=_cut(text, whole=whole))


def _read_text(version: EvidenceVersion) -> Preview:
    """Return what the worker read of a document that has no pages to draw."""
    if version.media_type not in RICH:
        raise ParsingFailed(_("Files of this type are not shown. Download it to open it."))
    found = EvidenceText.objects.filter(version=version).first()
    if found is None:
        raise ParsingFailed(_("Its text is not read yet."))
    if found.outcome != EvidenceText.Outcome.READ:
        raise ParsingFailed(found.remark)
    return Preview(
        Kind.TEXT, text=found.content[:_SHOWN_TEXT], remark=_cut(found.content, whole=True)
    )


def _beginning(version: EvidenceVersion, most: int) -> tuple[bytes, bool]:
    """Return the first bytes of a version, and whether that is all of it."""
    found = bytearray()
    with closing(contents.handed_out(version)) as pieces:
        for piece in islice(pieces, most // CHUNK_BYTES + 1):
            found += piece
    return bytes(found[:most]), len(found) == version.size and len(found) <= most


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)


def _even(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Return rows that all have as many cells as the longest."""
    width = max((len(row) for row in rows), default=0)
    return tuple(row + ("",) * (width - len(row)) for row in rows)


def _narrowed(width: int) -> str:
    if width <= SHOWN_COLUMNS:
        return ""
    return _("Of %(count)d columns the first %(shown)d are shown.") % {
        "count": width,
        "shown": SHOWN_COLUMNS,
    }


def _cut(text: str, *, whole: bool) -> str:
    if whole and len(text) <= _SHOWN_TEXT:
        return ""
    return _("Its beginning is shown: %(count)s characters.") % {"count": f"{_SHOWN_TEXT:,}"}


def _altered() -> str:
    return _("The stored file was altered since it was added: nothing of it is shown.")


class _Kept:
    """Pictures that were drawn lately, up to a number of bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: tuple[str, ...], data: bytes) -> None:
        with self._lock:
            self._size += len(data) - len(self._held.pop(key, b""))
            self._held[key] = data
            while self._size > self._most:
                _oldest, dropped = self._held.popitem(last=False)
                self._size -= len(dropped)


_kept = _Kept(_KEPT_BYTES)


def _drawn(version: EvidenceVersion, *job: str) -> bytes:
    key = (str(version.pk), *job)
    found = _kept.get(key)
    if found is None:
        with closing(contents.handed_out(version)) as content:
            found = run_job(job[0], content, *job[1:])
        _kept.put(key, found)
    return found
