from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from twofold_verify import alignment
from twofold_verify.alignment import Alignment, Place

HASHES = [sha256(bytes([number])).digest() for number in range(30)]
FOREIGN = sha256(b"foreign").digest()


def places(hashes: list[bytes], leaves: list[bytes]) -> list[Place]:
    aligned = Alignment(iter(hashes))
    return [aligned.place(leaf) for leaf in leaves]


def test_entries_in_order_take_their_places():
    aligned = Alignment(iter(HASHES))
    for index, leaf in enumerate(HASHES[:20]):
        assert aligned.place(leaf) == Place(index, hash=leaf)
    assert aligned.index == 20
    assert aligned.rest() == 10


def test_entries_beyond_the_tiles_are_counted_without_hash():
    found = places(HASHES[:2], HASHES[:4])
    assert found[2:] == [Place(2), Place(3)]


def test_an_altered_entry_keeps_its_place():
    found = places(HASHES, [*HASHES[:5], FOREIGN, *HASHES[6:]])
    assert found[5] == Place(5, hash=HASHES[5])
    assert all(not place.missing and not place.out_of_place for place in found)


def test_an_entry_put_between_disturbs_only_its_neighbour():
    found = places(HASHES, [*HASHES[:5], FOREIGN, *HASHES[5:]])
    assert found[5] == Place(5, hash=HASHES[5])
    assert found[6] == Place(5, hash=HASHES[5], out_of_place=True)
    assert found[7:] == [Place(index, hash=HASHES[index]) for index in range(6, 30)]


def test_exchanged_entries_are_out_of_place_and_the_rest_is_not():
    leaves = [*HASHES]
    leaves[4], leaves[9] = leaves[9], leaves[4]
    found = places(HASHES, leaves)
    assert found[4] == Place(9, missing=5, hash=HASHES[9])
    assert all(place.out_of_place for place in found[5:10])
    assert found[10:] == [Place(index, hash=HASHES[index]) for index in range(10, 30)]


@given(st.sets(st.integers(0, 29)))
def test_every_removed_entry_is_found_and_no_other_is_blamed(removed):
    kept = [index for index in range(30) if index not in removed]
    aligned = Alignment(iter(HASHES))
    missing: set[int] = set()
    for index in kept:
        place = aligned.place(HASHES[index])
        assert place == Place(index, missing=place.missing, hash=HASHES[index])
        missing.update(range(index - place.missing, index))
    end = aligned.index
    missing.update(range(end, end + aligned.rest()))
    assert missing == removed


def test_a_gap_beyond_the_reach_is_not_searched(monkeypatch):
    monkeypatch.setattr(alignment, "REACH", 4)
    assert places(HASHES, [HASHES[4]]) == [Place(4, missing=4, hash=HASHES[4])]
    assert places(HASHES, [HASHES[5]]) == [Place(0, hash=HASHES[0])]


def test_hashes_that_no_entry_took_are_forgotten_beyond_the_reach(monkeypatch):
    monkeypatch.setattr(alignment, "REACH", 2)
    foreign = [sha256(b"foreign" + bytes([number])).digest() for number in range(3)]
    found = places(HASHES, [*foreign, HASHES[0], HASHES[2]])
    assert [place.out_of_place for place in found] == [False, False, False, False, True]


def test_repeated_hashes_in_hostile_tiles_end_the_search_properly():
    repeated = [HASHES[0], HASHES[1], HASHES[1], HASHES[2]]
    found = places(repeated, [FOREIGN, HASHES[1], HASHES[2]])
    assert found[-1].hash == HASHES[2]
