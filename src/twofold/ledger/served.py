"""The log as witnesses and monitors read it: checkpoint, tiles and bundles (C2SP tlog-tiles)."""

import re
from collections.abc import Iterable

from django.db.models import QuerySet

from twofold.ledger.errors import LedgerError
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry
from twofold.ledger.proofs import tile_hashes
from twofold.ledger.queries import LedgerLine, last_checkpoint, lines_of
from twofold_verify.checkpoint import SIZE_LIMIT
from twofold_verify.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, join_entries

ENTRIES = "entries"
_PATH = re.compile(
    r"(?P<level>entries|0|[1-9][0-9]?)/(?P<place>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_DIGITS = re.compile("0|[1-9][0-9]{0,18}")


class AbsentError(LedgerError):
    """The log has nothing at this place."""


def cosigned(checkpoint: LedgerCheckpoint) -> str:
    """Return a checkpoint's note with the cosignatures that it has."""
    lines = checkpoint.cosignatures.order_by("id").values_list("line", flat=True)
    return "".join([checkpoint.note, *lines])


def newest_note() -> str:
    """Return the newest checkpoint with its cosignatures.

    Raises:
        AbsentError: there is none yet.
    """
    last = last_checkpoint()
    if last is None:
        raise AbsentError("The log has no checkpoint yet.")
    return cosigned(last)


def tile_at(path: str) -> bytes:
    """Return the hashes of a tile by its path below `tile/`, such as `0/x001/234.p/5`.

    Raises:
        AbsentError: the path is none, or the signed tree does not reach so far.
        LedgerError: the tile should be there and is missing.
    """
    level, index, width = _place(path)
    if level == ENTRIES or (index * TILE_WIDTH + width) << (TILE_HEIGHT * int(level)) > _size():
        raise AbsentError(f"The log has no tile {path}.")
    return tile_hashes(Tile(int(level), index, width))


def entries_at(path: str) -> bytes:
    """Return a bundle of entries by its path below `tile/`, such as `entries/000.p/5`.

    Raises:
        AbsentError: the path is none, or the signed tree does not reach so far.
    """
    level, index, width = _place(path)
    first = index * TILE_WIDTH
    if level != ENTRIES or first + width > _size():
        raise AbsentError(f"The log has no bundle {path}.")
    rows = LedgerEntry.objects.filter(index__gte=first, index__lt=first + width).order_by("index")
    return join_entries(map(octets, rows.values_list("data", flat=True)))


def leaf_at(index: int) -> bytes:
    """Return the bytes of the entry at an index: what its leaf hash is of.

    Raises:
        AbsentError: the log has none there.
    """
    return octets(_row_at(index).data)


def line_at(index: int) -> LedgerLine:
    """Return the entry at an index.

    Raises:
        AbsentError: the log has none there.
    """
    (line,) = lines_of(iter([_row_at(index)]))
    return line


def entries_of(text: str) -> QuerySet[LedgerEntry]:
    """Return the entries that somebody means, newest first.

    Args:
        text: the ledger name of a record, or an index.
    """
    if _DIGITS.fullmatch(text) and int(text) < SIZE_LIMIT:
        return LedgerEntry.objects.filter(index=int(text)).order_by("index")
    return LedgerEntry.objects.filter(subject=text).order_by("-revision")


def lines(rows: Iterable[LedgerEntry]) -> list[LedgerLine]:
    """Return entries with their places, in the order given."""
    return list(lines_of(iter(rows)))


def _row_at(index: int) -> LedgerEntry:
    row = LedgerEntry.objects.filter(index=index).first() if 0 <= index < SIZE_LIMIT else None
    if row is None:
        raise AbsentError(f"The log has no entry {index}.")
    return row


def _size() -> int:
    last = last_checkpoint()
    return last.size if last else 0


def _place(path: str) -> tuple[str, int, int]:
    """Return level, index and width of the tile that a path names."""
    found = _PATH.fullmatch(path)
    width = int(found["width"] or TILE_WIDTH) if found else 0
    # A whole tile has no width in its path, and a number no zeros in front of it.
    if found is None or found["width"] == str(TILE_WIDTH) or width > TILE_WIDTH:
        raise AbsentError("A path is tile/<level>/<index>, with .p/<width> for a partial tile.")
    place = found["place"]
    if place.startswith("x000/"):
        raise AbsentError("An index has no zeros in front.")
    return found["level"], int(place.replace("/", "").replace("x", "")), width
