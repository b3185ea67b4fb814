"""Bundles: written from a ledger in memory, read back, damaged and tampered with on disk."""

import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from memory_ledger import TRUST, MemoryLedger, large_ledger, small_ledger, subject

from twofold_verify import archive, bundle, manifest
from twofold_verify.archive import ArchiveError
from twofold_verify.bundle import BundleSource, verify_bundle
from twofold_verify.checkpoint import CheckpointError
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.report import Outcome, Report
from twofold_verify.source import Part, SourceError
from twofold_verify.tiles import join_entries, split_entries
from twofold_verify.verifier import verify


def written(ledger: MemoryLedger, path: Path) -> Path:
    bundle.write(ledger, path, at_text="2026-01-02T00:00:00Z")
    return path


def verified(path: Path) -> Report:
    with BundleSource(path) as source:
        return verify(source, TRUST)


def messages(report: Report) -> list[str]:
    return [f"{problem.record}: {problem.message}" for problem in report.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(small_ledger(), tmp_path / "bundle")


def upper(report: Report) -> list[str]:
    return [it for it in messages(report) if it.startswith("tile/1/")]


def test_upper_tiles_are_held_against_the_lowest(tmp_path):
    ledger = large_ledger(600, 50)
    ledger.sequence()
    path = written(ledger, tmp_path / "bundle")
    tile, lowest = path / "tile/1/000.p/2", path / "tile/0/000"

    def all_of_it() -> Report:
        with BundleSource(path) as source:
            return verify_bundle(source, TRUST)

    assert upper(all_of_it()) == []
    whole = tile.read_bytes()
    tile.write_bytes(bytes(32) + whole[32:])
    assert upper(all_of_it()) == [
        "tile/1/000.p/2: The tile does not follow from the tiles below it."
    ]
    tile.unlink()
    assert upper(all_of_it()) == ["tile/1/000.p/2: tile/1/000.p/2 is absent."]
    # Without the lowest there is nothing to hold it against, which is named already.
    lowest.write_bytes(lowest.read_bytes()[1:])
    assert upper(all_of_it()) == []
    lowest.unlink()
    assert upper(all_of_it()) == []
    (path / "manifest.json").write_text(
        (path / "manifest.json").read_text().replace('"tiles",', "")
    )
    assert upper(all_of_it()) == []


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
@pytest.mark.parametrize("entries", [0, 1, 256, 600])
def test_bundle_of_a_sound_ledger_is_sound(tmp_path, name, entries):
    ledger = large_ledger(entries, 50) if entries else MemoryLedger()
    ledger.sequence()
    report = verified(written(ledger, tmp_path / name))
    assert report.problems == ()
    direct = verify(ledger, TRUST)
    assert report == direct


def test_bundle_says_of_an_altered_ledger_what_the_ledger_says(tmp_path):
    ledger = small_ledger()
    ledger.rows[subject(1)] = "{}"
    ledger.data[4] = b"\xff"
    ledger.files.popitem()
    report = verified(written(ledger, tmp_path / "bundle.zip"))
    assert report.outcome is Outcome.TAMPERED
    assert report == verify(ledger, TRUST)


def test_layout_is_that_of_a_tiled_log(tmp_path):
    ledger = large_ledger(600, 50)
    ledger.record(subject(1), "{}", file=b"model card")
    ledger.sequence()
    path = written(ledger, tmp_path / "bundle")
    name = sha256(b"model card").hexdigest()
    files = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    assert files == {
        "README.md",
        "checkpoint",
        "checkpoint.txt",
        "independent/check.go",
        "live.ndjson",
        "manifest.json",
        "openings.ndjson",
        "revisions.ndjson",
        f"blobs/{name[:2]}/{name}",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/89",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/89",
    }
    upper = (path / "tile/1/000.p/2").read_bytes()
    assert upper == root_of(ledger.hashes[:256]) + root_of(ledger.hashes[256:512])
    assert list(split_entries((path / "tile/entries/001").read_bytes())) == ledger.data[256:512]


def test_manifest_names_every_file_with_its_digest(folder):
    stated = json.loads((folder / "manifest.json").read_text())
    assert (stated["format"], stated["origin"], stated["size"]) == (
        "twofold-bundle/1",
        TRUST.name,
        7,
    )
    assert stated["written_at"] == "2026-01-02T00:00:00Z"
    assert stated["includes"] == ["tiles", "revisions", "live", "blobs"]
    assert stated["counts"] == {
        "entries": 7,
        "hashes": 7,
        "rotations": 0,
        "stamps": 0,
        "cosigned": 0,
        "revisions": 5,
        "live": 2,
        "blobs": 2,
        "openings": 0,
        "contents": 0,
    }
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json"]
    assert stated["parts"] == {
        str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in files
    }


def test_the_same_ledger_gives_the_same_archive(tmp_path):
    first = written(small_ledger(), tmp_path / "a.zip").read_bytes()
    assert written(small_ledger(), tmp_path / "b.zip").read_bytes() == first


@pytest.mark.parametrize("part", Part)
def test_left_out_parts_stay_left_out(tmp_path, part):
    ledger = small_ledger()
    ledger.left_out.add(part)
    report = verified(written(ledger, tmp_path / "bundle"))
    assert report.outcome is Outcome.INCOMPLETE
    assert report == verify(ledger, TRUST)


def test_no_bundle_without_checkpoint_or_with_waiting_entries(tmp_path):
    with pytest.raises(SourceError, match="no checkpoint"):
        written(MemoryLedger(), tmp_path / "bundle")
    ledger = small_ledger()
    ledger.record(subject(1), "{}")
    with pytest.raises(SourceError, match="sequence them"):
        written(ledger, tmp_path / "bundle")
    ledger = small_ledger()
    ledger.note = "not a note"
    with pytest.raises(CheckpointError):
        written(ledger, tmp_path / "bundle")
    assert list(tmp_path.glob("*bundle*")) == []


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_bundle_appears_whole_or_not_at_all(tmp_path, name):
    class Failing(MemoryLedger):
        def live(self):
            raise SourceError("live cannot be read.")

    with pytest.raises(SourceError, match="live cannot"):
        written(Failing(**vars(small_ledger())), tmp_path / name)
    assert list(tmp_path.glob("*bundle*")) == []


def test_what_stands_at_the_path_is_not_overwritten(folder):
    with pytest.raises(ArchiveError, match="there already"):
        written(small_ledger(), folder)


def test_text_of_any_script_comes_back(tmp_path):
    ledger = small_ledger()
    ledger.record("inventory.aisystem:x", '{"name":"Größe \u2028 語 \\n"}')
    ledger.sequence()
    assert verified(written(ledger, tmp_path / "bundle.zip")).outcome is Outcome.SOUND


def change_lines(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(change(lines)))


def drop_last_entry(folder: Path) -> None:
    path = folder / "tile/entries/000.p/7"
    path.write_bytes(join_entries(list(split_entries(path.read_bytes()))[:-1]))


def alter_entry(folder: Path) -> None:
    path = folder / "tile/entries/000.p/7"
    path.write_bytes(path.read_bytes().replace(b"registered", b"registerer", 1))


def alter_tile(folder: Path) -> None:
    path = folder / "tile/0/000.p/7"
    path.write_bytes(leaf_hash(b"x") + path.read_bytes()[32:])


def alter_state(folder: Path) -> None:
    path = folder / "revisions.ndjson"
    path.write_text(path.read_text().replace("Credit scoring", "Credit storing"))


def alter_live(folder: Path) -> None:
    path = folder / "live.ndjson"
    path.write_text(path.read_text().replace("Credit scoring", "Credit storing"))


def drop_live_row(folder: Path) -> None:
    change_lines(folder / "live.ndjson", lambda lines: lines[1:])


def alter_blob(folder: Path) -> None:
    name = sha256(b"model card").hexdigest()
    (folder / "blobs" / name[:2] / name).write_bytes(b"model cart")


def alter_checkpoint(folder: Path) -> None:
    path = folder / "checkpoint"
    path.write_text(path.read_text().replace("\n7\n", "\n6\n"))


def shorten_log(folder: Path) -> None:
    """Drop the last entry with its hash, and make the manifest agree."""
    drop_last_entry(folder)
    (folder / "tile/entries/000.p/7").rename(folder / "tile/entries/000.p/6")
    tile = folder / "tile/0/000.p/7"
    (folder / "tile/0/000.p/6").write_bytes(tile.read_bytes()[:-32])
    restate(folder)


def restate(folder: Path) -> None:
    """Make the manifest agree with the files: it is not signed, so anybody can."""
    path = folder / "manifest.json"
    stated = json.loads(path.read_text())
    stated["counts"]["entries"] = stated["counts"]["hashes"] = 6
    stated["parts"] = {
        str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file != path
    }
    path.write_text(json.dumps(stated))


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (drop_last_entry, "entry 6: Entry 6 is missing."),
        (alter_entry, "Entry 0 was altered"),
        (alter_tile, "Entry 0 was altered"),
        (alter_state, f"{subject(1)} revision 2: The kept state is not"),
        (alter_live, f"{subject(1)} revision 2: The row is not"),
        (drop_live_row, "removed behind the ledger"),
        (alter_blob, f"{subject(1)} revision 2: Stored file"),
        (alter_checkpoint, "does not hold for this text"),
        (shorten_log, "entry 6: Entry 6 is missing."),
    ],
)
def test_tampering_with_a_bundle_is_found_and_named(folder, tamper, expected):
    tamper(folder)
    report = verified(folder)
    assert report.outcome is Outcome.TAMPERED
    assert any(expected in message for message in messages(report)), messages(report)


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "README.md",
        "revisions.ndjson",
        "live.ndjson",
        "tile/0/000.p/7",
        "tile/entries/000.p/7",
        "blobs",
    ],
)
def test_an_absent_file_makes_the_result_incomplete(folder, name):
    path = folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = verified(folder)
    assert report.outcome is Outcome.INCOMPLETE, messages(report)
    assert any(f"{name}" in message and "absent" in message for message in messages(report))


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("tile/entries/000.p/7", 100, "within an entry"),
        ("tile/0/000.p/7", 100, "within a hash"),
        ("revisions.ndjson", 20, "line 1 is not JSON"),
        ("live.ndjson", 60, "not JSON"),
    ],
)
def test_a_truncated_file_makes_the_result_incomplete(folder, name, size, reason):
    path = folder / name
    path.write_bytes(path.read_bytes()[:size])
    report = verified(folder)
    assert report.outcome is Outcome.INCOMPLETE, messages(report)
    assert any(name in message and reason in message for message in messages(report))


def test_changed_files_that_nothing_signed_are_told(folder):
    (folder / "README.md").write_text("# Another\n")
    (folder / "checkpoint").write_text((folder / "checkpoint").read_text() + "— x AAAAAAAA\n")
    report = verified(folder)
    assert messages(report) == [
        "entries: checkpoint and 1 more: not the file that the manifest names."
    ]
    assert report.outcome is Outcome.INCOMPLETE
    assert report.figures.live == 2


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        '{"subject":"a"}',
        '{"subject":"a","state":1}',
        '{"subject":"a","state":"b","more":1}',
        "[" * 100_000,
        "nonsense",
    ],
    ids=lambda text: text[:40],
)
def test_a_malformed_line_makes_the_result_incomplete(folder, line):
    change_lines(folder / "live.ndjson", lambda lines: [*lines, line])
    report = verified(folder)
    assert report.outcome is Outcome.INCOMPLETE
    assert messages(report)[0].startswith("live: live.ndjson line 3")


def test_a_checkpoint_that_is_no_text_makes_the_result_incomplete(folder):
    (folder / "checkpoint").write_bytes(b"\xff")
    assert "checkpoint: checkpoint is not text." in messages(verified(folder))


def test_an_endless_checkpoint_is_not_read(folder):
    (folder / "checkpoint").write_bytes(b"x" * (2 << 20))
    assert "checkpoint: checkpoint is larger than it can be." in messages(verified(folder))


def test_a_directory_in_place_of_a_file_cannot_be_read(folder):
    (folder / "checkpoint").unlink()
    (folder / "checkpoint").mkdir()
    assert "checkpoint: checkpoint cannot be read" in messages(verified(folder))[0]


STATED = {
    "format": manifest.FORMAT,
    "counts": {"entries": 1, "hashes": 1},
    "parts": {},
    "includes": [],
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        "{}",
        json.dumps({"format": manifest.FORMAT}),
        json.dumps(STATED | {"format": "twofold-bundle/2"}),
        json.dumps(STATED | {"counts": {}}),
        json.dumps(STATED | {"counts": []}),
        json.dumps(STATED | {"counts": {"entries": 1, "hashes": True}}),
        json.dumps(STATED | {"counts": {"entries": -1, "hashes": 1}}),
        json.dumps(STATED | {"includes": [1]}),
        json.dumps(STATED | {"includes": 0}),
        json.dumps(STATED | {"parts": []}),
        json.dumps(STATED | {"parts": {"a": 1}}),
        json.dumps(STATED | {"parts": {"../a": ""}}),
    ],
    ids=lambda text: text[:40],
)
def test_a_malformed_manifest_is_refused(folder, text):
    (folder / manifest.NAME).write_text(text)
    with pytest.raises(SourceError, match=r"manifest\.json"):
        BundleSource(folder)


def test_a_manifest_that_promises_endless_entries_ends_at_the_first_absent_file(folder):
    path = folder / manifest.NAME
    stated = json.loads(path.read_text())
    stated["counts"]["entries"] = 2**60
    path.write_text(json.dumps(stated))
    report = verified(folder)
    assert report.outcome is Outcome.INCOMPLETE
    assert "entries: tile/entries/000 is absent." in messages(report)


def test_there_is_no_bundle_at_an_empty_path(tmp_path):
    with pytest.raises(SourceError, match="no bundle"):
        BundleSource(tmp_path / "absent")
    with pytest.raises(SourceError, match=r"manifest\.json is absent"):
        BundleSource(tmp_path)


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    return written(small_ledger(), tmp_path / "bundle.zip")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.99])
def test_a_truncated_archive_is_refused(zipped, share):
    data = zipped.read_bytes()
    zipped.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=r"neither a folder nor a whole \.zip"):
        BundleSource(zipped)


def test_no_damaged_byte_of_an_archive_ends_in_another_error(zipped):
    data = zipped.read_bytes()
    outcomes = set()
    for place in range(0, len(data), 11):
        zipped.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            outcomes.add(verified(zipped).outcome)
        except SourceError:
            outcomes.add(Outcome.INCOMPLETE)
    assert Outcome.INCOMPLETE in outcomes


@pytest.mark.parametrize(("offset", "byte"), [(6, 84), (8, 0x40), (8, 0x20), (8, 0x01)])
def test_an_archive_that_asks_for_exotic_features_is_refused(zipped, offset, byte):
    # Version needed to read, and the flags of encryption and patched data, of the first file.
    data = bytearray(zipped.read_bytes())
    data[data.index(b"PK\x01\x02") + offset] = byte
    zipped.write_bytes(data)
    try:
        report = verified(zipped)
    except SourceError:
        return
    assert report.outcome is Outcome.INCOMPLETE


def test_a_damaged_file_in_an_archive_is_named(zipped):
    with zipfile.ZipFile(zipped) as opened:
        info = opened.getinfo("revisions.ndjson")
    data = bytearray(zipped.read_bytes())
    name_bytes, extra_bytes = struct.unpack_from("<HH", data, info.header_offset + 26)
    start = info.header_offset + 30 + name_bytes + extra_bytes
    data[start + 5 : start + 15] = bytes(10)
    zipped.write_bytes(data)
    report = verified(zipped)
    assert report.outcome is Outcome.INCOMPLETE
    assert "revisions: revisions.ndjson is damaged" in messages(report)[0]
    data[info.header_offset] ^= 1
    zipped.write_bytes(data)
    assert "revisions: revisions.ndjson is damaged" in messages(verified(zipped))[0]


def test_an_absent_file_in_an_archive_is_named(zipped, tmp_path):
    smaller = tmp_path / "smaller.zip"
    with zipfile.ZipFile(zipped) as old, zipfile.ZipFile(smaller, "w") as new:
        for info in old.infolist():
            if info.filename != "live.ndjson":
                new.writestr(info.filename, old.read(info))
    assert messages(verified(smaller)) == ["live: live.ndjson is absent."]


@pytest.mark.parametrize(
    "name", ["../manifest.json", "/etc/passwd", "a/../../b", "a\\b", "C:x", "a//b", ".", "a/./b"]
)
def test_names_that_lead_out_of_an_archive_are_refused(zipped, name):
    with zipfile.ZipFile(zipped, "a") as opened:
        opened.writestr(name, "x")
    with pytest.raises(SourceError, match="leads out of it"):
        BundleSource(zipped)


def test_directories_in_an_archive_are_no_harm(zipped):
    with zipfile.ZipFile(zipped, "a") as opened:
        opened.mkdir("tile")
    assert verified(zipped).outcome is Outcome.SOUND


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_holds_a_name_twice_is_refused(zipped):
    with zipfile.ZipFile(zipped, "a") as opened:
        opened.writestr("checkpoint", "x")
    with pytest.raises(SourceError, match="checkpoint twice"):
        BundleSource(zipped)


def test_unusual_compression_is_refused(zipped):
    with zipfile.ZipFile(zipped, "a", compression=zipfile.ZIP_BZIP2) as opened:
        opened.writestr("extra", "x" * 100)
    with pytest.raises(SourceError, match="unusual way"):
        BundleSource(zipped)


def test_an_archive_that_swells_is_refused(zipped, monkeypatch):
    monkeypatch.setattr(archive, "_ALWAYS_ALLOWED_BYTES", 0)
    with zipfile.ZipFile(zipped, "a", compression=zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("extra", bytes(50_000_000))
    with pytest.raises(SourceError, match="would swell"):
        BundleSource(zipped)


def test_reading_after_the_archive_was_closed_is_an_error_of_the_caller(zipped):
    source = BundleSource(zipped)
    source.close()
    with pytest.raises(ValueError, match="closed"):
        next(source.live())


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a", True),
        ("a/b.c/d-e_f", True),
        ("", False),
        ("a/", False),
        ("/a", False),
        ("..", False),
        ("a/..", False),
        ("a\n", False),
        ("ä", False),
    ],
)
def test_plain_names(name, plain):
    assert archive.is_plain(name) is plain
