import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold_verify import proof, tiles
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.tiles import Tile, TileError, TileReader

HASHES = [leaf_hash(number.to_bytes(4, "big")) for number in range(1200)]


def stored(size: int) -> dict[Tile, bytes]:
    """Every tile of a tree, each hash computed by itself from the leaves."""
    return {
        tile: b"".join(
            root_of(HASHES[place * 256**tile.level : (place + 1) * 256**tile.level])
            for place in range(tile.index * 256, tile.index * 256 + tile.width)
        )
        for tile in tiles.tiles_of(size)
    }


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (5, 1234067, 256, "tile/5/x001/x234/067"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 1000, 1, "tile/1/x001/000.p/1"),
        (2, 999, 255, "tile/2/999.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(level, index, width, path):
    assert Tile(level, index, width).path == tiles.tile_path(level, index, width) == path


def test_entry_bundles_lie_beside_the_tiles():
    assert tiles.entries_path(1234067, 5) == "tile/entries/x001/x234/067.p/5"


@pytest.mark.parametrize(("index", "width"), [(-1, 256), (0, 0), (0, 257)])
def test_impossible_tiles_have_no_path(index, width):
    with pytest.raises(TileError, match="no tile"):
        tiles.tile_path(0, index, width)


def test_tiles_of_the_tree_in_the_specification():
    # C2SP tlog-tiles: 70,000 leaves are 273 full and a partial tile, then 1 and 17, then 1.
    found = list(tiles.tiles_of(70_000))
    assert [tile.width for tile in found] == [256] * 273 + [112, 256, 17, 1]
    assert [tile.level for tile in found] == [0] * 274 + [1, 1, 2]


def test_a_full_tile_starts_the_level_above():
    assert list(tiles.tiles_of(256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1200), st.integers(0, 1200))
def test_growth_writes_exactly_the_tiles_that_the_new_tree_has_more(first, second):
    old, new = sorted((first, second))
    before, after = stored(old), stored(new)
    grown = dict(tiles.new_tiles(old, new, leaf_hashes=HASHES[old:new], fetch=before.__getitem__))
    assert grown == {tile: data for tile, data in after.items() if tile not in before}
    assert list(grown) == list(tiles.changed_tiles(old, new))


def test_growth_needs_as_many_hashes_as_leaves():
    with pytest.raises(TileError, match="do not grow"):
        list(tiles.new_tiles(0, 2, leaf_hashes=HASHES[:1], fetch=lambda _: b""))


def test_growth_refuses_a_partial_tile_of_another_length():
    with pytest.raises(TileError, match=r"tile/0/000.p/2 holds 1 hashes"):
        list(tiles.new_tiles(2, 3, leaf_hashes=HASHES[:1], fetch=lambda _: bytes(32)))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 1200), st.data())
def test_reader_gives_the_hash_of_every_complete_subtree(size, data):
    reader = TileReader(stored(size).__getitem__, size)
    level = data.draw(st.integers(0, size.bit_length() - 1))
    index = data.draw(st.integers(0, (size >> level) - 1))
    assert reader(level, index) == root_of(HASHES[index << level : (index + 1) << level])
    assert proof.subtree_root(reader, 0, size) == root_of(HASHES[:size])


def test_reader_fetches_a_tile_once():
    fetched, store = [], stored(700)

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile)
        return store[tile]

    reader = TileReader(fetch, 700)
    for index in range(700):
        reader(0, index)
    assert fetched == [Tile(0, 0, 256), Tile(0, 1, 256), Tile(0, 2, 188)]


def test_reader_lets_go_of_the_tile_that_was_longest_not_asked_for(monkeypatch):
    monkeypatch.setattr(tiles, "_KEPT_TILES", 2)
    fetched, store = [], stored(700)

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile.index)
        return store[tile]

    reader = TileReader(fetch, 700)
    for index in (0, 256, 0, 512, 0, 256):
        reader(0, index)
    assert fetched == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("level", "index"), [(0, 700), (1, 350), (9, 1), (10, 0), (-1, 0), (0, -1)]
)
def test_reader_refuses_subtrees_that_are_not_complete(level, index):
    with pytest.raises(TileError, match="no complete subtree"):
        TileReader(stored(700).__getitem__, 700)(level, index)


def test_reader_refuses_a_tile_of_another_length():
    with pytest.raises(TileError, match="holds 2 hashes"):
        TileReader(lambda _: bytes(64), 3)(0, 0)
    with pytest.raises(TileError, match="within a hash"):
        TileReader(lambda _: bytes(65), 3)(0, 0)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_come_back_from_their_bundle(entries):
    assert list(tiles.split_entries(tiles.join_entries(entries))) == entries


def test_bundle_has_big_endian_lengths():
    assert tiles.join_entries([b"ab", b"", b"c" * 258]) == b"\0\2ab\0\0\1\2" + b"c" * 258


def test_longest_entry_fits_and_a_longer_one_is_refused():
    longest = bytes(65_535)
    assert list(tiles.split_entries(tiles.join_entries([longest]))) == [longest]
    with pytest.raises(TileError, match="65536 bytes"):
        tiles.join_entries([bytes(65_536)])


@pytest.mark.parametrize("bundle", [b"\0", b"\0\2a", b"\0\1a\0\1", b"\0\1a\1"])
def test_bundle_that_ends_within_an_entry_is_refused(bundle):
    with pytest.raises(TileError, match="within an entry"):
        list(tiles.split_entries(bundle))
