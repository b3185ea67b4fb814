"""The end of the tree that the next entries are appended to, and how it is known to be intact.

Everything is read again each time: checkpoint, and the tiles at the right edge of the tree. What a
process remembers from the last time only spares it the hashing and the signature when the bytes
that it reads are the very ones that it signed; of anything else it believes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import connection

from twofold.ledger import succession
from twofold.ledger.errors import LedgerError
from twofold.ledger.forms import octets
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import EMPTY_ROOT, HASH_BYTES, CompactRange
from twofold_verify.note import NoteError, Verifier, open_note
from twofold_verify.tiles import TILE_WIDTH, Tile, TileReader

_NEWEST = "SELECT size, note FROM ledger_ledgercheckpoint ORDER BY size DESC LIMIT 1"
_BEYOND = 'SELECT 1 FROM ledger_ledgerentry WHERE "index" >= %s LIMIT 1'
_TILE = 'SELECT hashes FROM ledger_ledgertile WHERE level = %s AND "index" = %s AND width = %s'


@dataclass(frozen=True)
class Tail:
    """The end of a tree that is known to be intact.

    Attributes:
        verifier: the key that vouches for it.
        note: the signed checkpoint; None for an empty tree.
        size: number of entries.
        peaks: roots of the maximal perfect subtrees, largest first.
        edge: the partial tiles, at most one a level, with their bytes.
    """

    verifier: Verifier
    note: str | None
    size: int
    peaks: tuple[bytes, ...]
    edge: Mapping[Tile, bytes]


class TailMemory:
    """Keeps the last intact tail of this process."""

    def __init__(self) -> None:
        self._last: Tail | None = None

    def keep(self, tail: Tail) -> None:
        """Remember a tail, also of a transaction that may still be rolled back.

        It is believed only where the database has the same checkpoint and tiles.
        """
        self._last = tail

    def read(self, verifier: Verifier) -> Tail:
        """Return the tail to grow from, when key, checkpoint, entries and tiles agree on it.

        What is signed next vouches for all that stands already, so a tree that somebody altered,
        or a key file that was lost and made anew, must not be signed over.

        Raises:
            LedgerError: they do not agree.
        """
        with connection.cursor() as cursor:
            cursor.execute(_NEWEST)
            size, note = cursor.fetchone() or (0, None)
            cursor.execute(_BEYOND, [size])
            if cursor.fetchone():
                raise LedgerError(
                    "Entries have an index beyond the last checkpoint; nothing is signed."
                )
        edge = stored_edge(size)
        last = self._last
        if last and (last.verifier, last.size, last.note, last.edge) == (
            verifier,
            size,
            note,
            edge,
        ):
            return last
        self._last = _examined(verifier, note, size, edge)
        return self._last


def stored_edge(size: int) -> dict[Tile, bytes]:
    """Return the partial tiles of the current tree as they are stored.

    Raises:
        LedgerError: one is not there, or not of its width.
    """
    return {tile: fetch_tile(tile) for tile in edge_of(size)}


def edge_of(size: int) -> Iterator[Tile]:
    """Yield the partial tiles of a tree, from the leaves upwards."""
    level = 0
    while size:
        index, width = divmod(size, TILE_WIDTH)
        if width:
            yield Tile(level, index, width)
        level, size = level + 1, index


def fetch_tile(tile: Tile) -> bytes:
    """Return the bytes of a tile of the current tree.

    Raises:
        LedgerError: it is not there, or not of its width.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TILE, [tile.level, tile.index, tile.width])
        row = cursor.fetchone()
    hashes = octets(row[0]) if row else b""
    if len(hashes) != tile.width * HASH_BYTES:
        raise LedgerError(f"The tile {tile.path} is missing or damaged; nothing is signed.")
    return hashes


def peaks_of(size: int, edge: Mapping[Tile, bytes]) -> tuple[bytes, ...]:
    """Return the roots of the maximal perfect subtrees from the partial tiles (RFC 6962 2.1)."""
    read = TileReader(edge.__getitem__, size)
    peaks, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(read(level, start >> level))
            start += 1 << level
    return tuple(peaks)


def root_at(size: int) -> bytes:
    """Return the root of the first `size` entries, from stored tiles alone."""
    return CompactRange(size, peaks_of(size, stored_edge(size))).root() if size else EMPTY_ROOT


def _examined(verifier: Verifier, note: str | None, size: int, edge: dict[Tile, bytes]) -> Tail:
    """Return the tail once signature and tiles were looked at."""
    if note is None:
        return Tail(verifier, None, 0, (), {})
    peaks = peaks_of(size, edge)
    try:
        signed = open_note(note, [succession.of_key(verifier).at(size)]).text
        fits = signed == Checkpoint(verifier.name, size, CompactRange(size, peaks).root()).text()
    except NoteError as refusal:
        raise LedgerError(
            f"The last checkpoint is not of this installation's key; nothing is signed. {refusal}"
        ) from refusal
    if not fits:
        raise LedgerError("The tree is not the one of the last checkpoint; nothing is signed.")
    return Tail(verifier, note, size, peaks, edge)
