"""Tiles (C2SP tlog-tiles): the Merkle tree cut into immutable files of 256 hashes.

Entries lie beside them in bundles of 256. The sequencer writes `new_tiles` after each batch;
`TileReader` turns tiles back into the subtree hashes that proofs are made of. Where the bytes lie
is the caller's affair.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from twofold_verify.errors import VerificationError
from twofold_verify.merkle import HASH_BYTES, root_of, row_above

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
#: The length prefix of an entry has sixteen bits.
MAX_ENTRY_BYTES = 0xFFFF
_PREFIX_BYTES = 2
#: How many tiles a reader keeps; each takes some 50 KB.
_KEPT_TILES = 128


class TileError(VerificationError):
    """A tile or entry bundle is malformed, or lies outside of the tree."""

    code = "tile"


@dataclass(frozen=True, order=True)
class Tile:
    """The place of a tile: `width` hashes (1 to 256), the first of them number `index * 256`."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """Where the tile is served, below the log's prefix."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int, index: int, width: int) -> str:
    """Return the path of a tile, such as `tile/0/x001/x234/067` or `tile/1/000.p/5`."""
    return f"tile/{level}/{_place(index, width)}"


def entries_path(index: int, width: int) -> str:
    """Return the path of the bundle that holds the entries of a level-0 tile."""
    return f"tile/entries/{_place(index, width)}"


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree, level by level from the leaves, the last of a level partial."""
    return changed_tiles(0, size)


def changed_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """Yield the tiles, full and partial, that a tree growing from old to new size writes."""
    level = 0
    while new_size > old_size:
        for index in range(old_size // TILE_WIDTH, -(-new_size // TILE_WIDTH)):
            yield Tile(level, index, min(TILE_WIDTH, new_size - index * TILE_WIDTH))
        level, old_size, new_size = level + 1, old_size // TILE_WIDTH, new_size // TILE_WIDTH


def new_tiles(
    old_size: int, new_size: int, *, leaf_hashes: Sequence[bytes], fetch: Callable[[Tile], bytes]
) -> Iterator[tuple[Tile, bytes]]:
    """Yield each tile that growth from old to new size writes, with its bytes.

    Args:
        old_size: leaves that have their tiles already.
        new_size: leaves to have tiles for.
        leaf_hashes: of the new leaves alone, in order.
        fetch: returns the bytes of a partial tile of the old tree; called at most once a level.

    Raises:
        TileError: the number of hashes is not the growth, or a fetched tile has another length.
    """
    if len(leaf_hashes) != new_size - old_size:
        raise TileError(f"{len(leaf_hashes)} hashes do not grow a tree {old_size} to {new_size}.")
    added, level, count = list(leaf_hashes), 0, old_size
    while added:
        index, width = divmod(count, TILE_WIDTH)
        kept = _hashes(fetch, Tile(level, index, width)) if width else []
        hashes = kept + added
        added, level, count = [], level + 1, index
        for start in range(0, len(hashes), TILE_WIDTH):
            chunk = hashes[start : start + TILE_WIDTH]
            yield Tile(level - 1, index + start // TILE_WIDTH, len(chunk)), b"".join(chunk)
            if len(chunk) == TILE_WIDTH:
                added.append(root_of(chunk))


class TileReader:
    """Reads hashes of complete subtrees from the tiles of one tree: the `read` of the proofs.

    It keeps the tiles that it touched last, so that any number of proofs take little memory.
    """

    def __init__(self, fetch: Callable[[Tile], bytes], size: int) -> None:
        """Read a tree of `size` leaves; `fetch` returns the bytes of a tile of it."""
        self._fetch = fetch
        self._size = size
        self._rows: dict[tuple[int, int], list[list[bytes]]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree over leaves `index * 2^level` and following.

        Raises:
            TileError: the tree has no such complete subtree, or a tile has the wrong length.
        """
        if level < 0 or not 0 <= index < self._size >> level:
            raise TileError(f"A tree of {self._size} has no complete subtree {level}/{index}.")
        tile_level, row = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index, TILE_WIDTH >> row)
        return self._subtrees(tile_level, tile_index)[row][place]

    def _subtrees(self, level: int, index: int) -> list[list[bytes]]:
        """Return the rows of complete nodes above a tile's hashes, its own hashes first."""
        rows = self._rows.pop((level, index), None)
        if rows is None:
            hashes = self._size >> (TILE_HEIGHT * level)
            width = min(TILE_WIDTH, hashes - index * TILE_WIDTH)
            rows = [_hashes(self._fetch, Tile(level, index, width))]
            for _ in range(TILE_HEIGHT - 1):
                rows.append(row_above(rows[-1]))
            if len(self._rows) == _KEPT_TILES:
                del self._rows[next(iter(self._rows))]
        self._rows[level, index] = rows
        return rows


def join_entries(entries: Iterable[bytes]) -> bytes:
    """Return the bundle of entries: each behind its length in two bytes, big-endian.

    Raises:
        TileError: an entry is longer than 65,535 bytes.
    """
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TileError(f"An entry of {len(entry)} bytes is longer than {MAX_ENTRY_BYTES}.")
        parts += [len(entry).to_bytes(_PREFIX_BYTES, "big"), entry]
    return b"".join(parts)


def split_entries(bundle: bytes) -> Iterator[bytes]:
    """Yield the entries of a bundle.

    Raises:
        TileError: the bundle ends within an entry.
    """
    at = 0
    while at < len(bundle):
        start = at + _PREFIX_BYTES
        end = start + int.from_bytes(bundle[at:start], "big")
        if end > len(bundle) or start > len(bundle):
            raise TileError("An entry bundle ends within an entry.")
        yield bundle[start:end]
        at = end


def split_hashes(tile: bytes) -> Iterator[bytes]:
    """Yield the hashes of a tile's bytes.

    Raises:
        TileError: the tile ends within a hash.
    """
    if len(tile) % HASH_BYTES:
        raise TileError("A tile ends within a hash.")
    for at in range(0, len(tile), HASH_BYTES):
        yield tile[at : at + HASH_BYTES]


def _hashes(fetch: Callable[[Tile], bytes], tile: Tile) -> list[bytes]:
    hashes = list(split_hashes(fetch(tile)))
    if len(hashes) != tile.width:
        raise TileError(f"{tile.path} holds {len(hashes)} hashes.")
    return hashes


def _place(index: int, width: int) -> str:
    if index < 0 or not 1 <= width <= TILE_WIDTH:
        raise TileError(f"There is no tile {index} of width {width}.")
    last = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        last = f"x{index % 1000:03}/{last}"
    return last if width == TILE_WIDTH else f"{last}.p/{width}"
