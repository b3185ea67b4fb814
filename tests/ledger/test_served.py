"""The log as others read it: tiles and bundles by their paths, entries by name and index."""

from hashlib import sha256

import factories
import pytest
from django.db import transaction

from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCosignature, LedgerEntry, LedgerTile
from twofold.ledger.served import (
    AbsentError,
    entries_at,
    entries_of,
    leaf_at,
    line_at,
    lines,
    newest_note,
    tile_at,
)
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import open_note
from twofold_verify.tiles import split_entries, split_hashes, tiles_of

AT = factories.now()


@pytest.fixture
def log(db):
    with transaction.atomic():
        for number in range(300):
            ledger.note(f"ledger.test:{number}", "ledger.test.grown", by="system:test", at=AT)
    return ledger.sequence(at=AT)


def test_every_tile_of_the_tree_is_served_and_leads_to_the_root(log):
    tiles = {tile.path: tile_at(tile.path.removeprefix("tile/")) for tile in tiles_of(300)}

    hashes = [*split_hashes(tiles["tile/0/000"]), *split_hashes(tiles["tile/0/001.p/44"])]
    assert root_of(hashes) == bytes(log.root)
    assert tiles["tile/1/000.p/1"] == root_of(hashes[:256])


def test_a_narrower_tile_of_an_earlier_size_is_cut_from_the_wider_one(log):
    assert tile_at("0/000.p/3") == tile_at("0/000")[:96]
    assert tile_at("0/001.p/1") == tile_at("0/001.p/44")[:32]


def test_bundles_hold_the_entries_that_the_tiles_hash(log):
    whole = list(split_entries(entries_at("entries/000")))
    rest = list(split_entries(entries_at("entries/001.p/44")))

    assert [leaf_hash(entry) for entry in whole] == list(split_hashes(tile_at("0/000")))
    assert [leaf_hash(entry) for entry in rest] == list(split_hashes(tile_at("0/001.p/44")))


@pytest.mark.parametrize(
    "path",
    ["0/001", "0/001.p/45", "0/002", "1/000", "1/000.p/2", "2/000.p/1", "63/000.p/1", "0/x001/000"],
)
def test_a_tile_beyond_the_tree_is_absent(log, path):
    with pytest.raises(AbsentError, match="no tile"):
        tile_at(path)


@pytest.mark.parametrize("path", ["entries/001", "entries/001.p/45", "entries/x001/000"])
def test_a_bundle_beyond_the_tree_is_absent(log, path):
    with pytest.raises(AbsentError, match="no bundle"):
        entries_at(path)


@pytest.mark.parametrize(
    "path",
    ["", "0", "0/1", "00/000", "0/000.p/0", "0/000.p/256", "0/000.p/300", "0/000.p/", "a/000",
     "0/x000/000", "0/000/", "-1/000", "100/000"],
)  # fmt: skip
def test_what_is_no_path_of_a_tile_is_absent(log, path):
    for read in (tile_at, entries_at):
        with pytest.raises(AbsentError):
            read(path)


def test_entries_and_tiles_have_paths_of_their_own(log):
    with pytest.raises(AbsentError):
        tile_at("entries/000")
    with pytest.raises(AbsentError):
        entries_at("0/000")


def test_a_tile_that_was_removed_is_no_absence(log, untriggered):
    LedgerTile.objects.filter(level=0, index=0).delete()

    with pytest.raises(LedgerError, match="missing") as refused:
        tile_at("0/000")
    assert not isinstance(refused.value, AbsentError)


def test_an_empty_log_has_no_checkpoint_and_no_tile(db):
    with pytest.raises(AbsentError, match="no checkpoint"):
        newest_note()
    with pytest.raises(AbsentError):
        tile_at("0/000.p/1")


def test_the_newest_checkpoint_comes_with_its_cosignatures(log):
    line = "— witness.example/w1 AAAAAAAA\n"
    LedgerCosignature.objects.create(checkpoint=log, witness="w", line=line, cosigned_at=AT)

    assert newest_note() == log.note + line
    assert open_note(newest_note(), [keys.verifier()]).unknown == ("witness.example/w1",)


def test_an_entry_is_found_by_its_index(log):
    row = LedgerEntry.objects.get(index=7)

    line = line_at(7)

    assert (line.index, line.entry.subject) == (7, "ledger.test:7")
    assert leaf_at(7) == bytes(row.data)
    assert sha256(b"\0" + leaf_at(7)).hexdigest() == line.leaf_hash
    assert lines(entries_of("7")) == [line]


def test_the_entries_of_a_record_are_found_by_its_name_newest_first(log):
    with transaction.atomic():
        ledger.note("ledger.test:7", "ledger.test.grown", by="system:test", at=AT)

    found = lines(entries_of("ledger.test:7"))

    assert [line.index for line in found] == [None, 7]
    assert lines(entries_of("ledger.test")) == []


@pytest.mark.parametrize("index", [-1, 300, 2**63, 10**30])
def test_an_index_beyond_the_log_is_absent(log, index):
    with pytest.raises(AbsentError, match="no entry"):
        line_at(index)
    assert lines(entries_of(str(index))) == []
