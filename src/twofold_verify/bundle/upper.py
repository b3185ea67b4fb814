"""The upper tiles of a bundle, held against the lowest: other tools take their proofs from them.

The verification itself rests on the entries and never reads these tiles.
"""

from collections.abc import Iterable, Iterator

from twofold_verify import tiles
from twofold_verify.bundle import layout
from twofold_verify.bundle.reading import BundleSource
from twofold_verify.merkle import perfect_root
from twofold_verify.report import Findings
from twofold_verify.source import Part, SourceError
from twofold_verify.tiles import TILE_WIDTH, TileError


def check_upper_tiles(source: BundleSource, findings: Findings) -> None:
    """Name the tiles above the lowest level that do not follow from those below them."""
    if not source.has(Part.TILES):
        return
    row, level = _lowest(source), 1
    while row:
        for index, batch in enumerate(layout.batches(row)):
            name = tiles.tile_path(level, index, len(batch))
            try:
                found = source.tile(name)
            except SourceError as refusal:
                findings.incomplete(name, str(refusal))
                continue
            if found != b"".join(batch):
                message = "The tile does not follow from the tiles below it."
                findings.tampered(name, None, message)
        row, level = list(_above(row)), level + 1


def _lowest(source: BundleSource) -> list[bytes]:
    """Return the roots of the full tiles of level 0; none when these cannot be read."""
    roots: list[bytes] = []
    try:
        roots.extend(_above(source.leaf_hashes()))
    except SourceError as refusal:
        # The verification named it already, as it reads them too.
        return roots if refusal.whole else []
    except TileError:
        return []
    return roots


def _above(hashes: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the root over each full tile of a level."""
    for batch in layout.batches(hashes):
        if len(batch) == TILE_WIDTH:
            yield perfect_root(batch)
