"""The upper tiles of a bundle whose lowest ones cannot be read: named once, by the verification."""

import pytest

from twofold_verify.bundle.upper import check_upper_tiles
from twofold_verify.merkle import EMPTY_ROOT
from twofold_verify.report import Figures, Findings
from twofold_verify.source import SourceError
from twofold_verify.tiles import TILE_WIDTH, TileError


class Damaged:
    """A bundle whose lowest tiles end in a refusal."""

    def __init__(self, refusal):
        self._refusal = refusal

    def has(self, _part):
        return True

    def leaf_hashes(self):
        yield from [EMPTY_ROOT] * TILE_WIDTH
        raise self._refusal

    def tile(self, name):
        raise SourceError(f"{name} is absent.")


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        (SourceError("absent"), 0),
        (SourceError("changed", whole=True), 1),
        (TileError("cut"), 0),
    ],
)
def test_upper_tiles_are_judged_where_the_lowest_were_all_read(refusal, named):
    findings = Findings()

    check_upper_tiles(Damaged(refusal), findings)

    assert len(findings.report(Figures()).problems) == named
