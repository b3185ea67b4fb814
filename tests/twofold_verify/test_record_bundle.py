"""Bundles of one record: proven entry by entry, with what they cannot show said."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from factories import now
from memory_ledger import SIGNER, STRANGER, TRUST, MemoryLedger
from memory_record import ITEM, OTHER, VERSION, MemoryRecord, disclosing, evidenced, state
from test_vouching import NEXT, POLICY, W1, W2

from twofold_verify import bundle, checkpoint, rotation, tlog_proof
from twofold_verify.bundle import BundleSource, verify_bundle
from twofold_verify.bundle.layout import signed_text
from twofold_verify.checkpoint import Checkpoint, CheckpointError
from twofold_verify.merkle import EMPTY_ROOT, leaf_hash, root_of
from twofold_verify.note import sign
from twofold_verify.report import Outcome
from twofold_verify.source import KeptStamp, Part, SourceError
from twofold_verify.stamps import load_roots
from twofold_verify.vouching import Outside


@pytest.fixture
def ledger():
    return evidenced()


def write(record, path, **disclosed):
    bundle.write_record(record, path, at_text="2026-01-02", disclosed=disclosing(**disclosed))
    return path


def verified(path, outside=None, trust=TRUST):
    with BundleSource(path) as source:
        return verify_bundle(source, trust, *([outside] if outside else []))


def messages(report):
    return [f"{problem.record}: {problem.message}" for problem in report.problems]


@pytest.fixture
def folder(ledger, tmp_path):
    return write(MemoryRecord(ledger), tmp_path / "bundle")


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_the_bundle_of_a_record_is_sound(ledger, tmp_path, name):
    report = verified(write(MemoryRecord(ledger), tmp_path / name))

    assert report.problems == ()
    figures = report.figures
    assert (figures.origin, figures.size, figures.entries, figures.subjects) == (
        TRUST.name,
        5,
        3,
        2,
    )
    assert (figures.revisions, figures.live, figures.blobs) == (3, 2, 1)
    assert (figures.openings, figures.contents) == (3, 1)


def test_it_holds_proofs_in_place_of_the_tree(folder):
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}

    assert {"entry/1.json", "proof/1.tlog-proof", "entry/4.json"} <= files
    assert not any(name.startswith("tile/") for name in files)
    stated = json.loads((folder / "manifest.json").read_text())
    assert (stated["format"], stated["subject"]) == ("twofold-record/1", ITEM)
    assert stated["counts"]["entries"] == 3


def test_there_is_no_bundle_of_a_record_without_entries(ledger, tmp_path):
    with pytest.raises(SourceError, match="no entry of inventory"):
        write(MemoryRecord(ledger, ("inventory.aisystem:1",)), tmp_path / "bundle")
    with pytest.raises(SourceError, match="no checkpoint"):
        write(MemoryRecord(MemoryLedger()), tmp_path / "bundle")
    ledger.note = "not a note"
    with pytest.raises(CheckpointError):
        write(MemoryRecord(ledger), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def restated(folder, **changed):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def alter_entry(folder):
    path = folder / "entry/4.json"
    path.write_bytes(path.read_bytes().replace(b"described", b"descriped"))


def swap_proofs(folder):
    one, four = folder / "proof/1.tlog-proof", folder / "proof/4.tlog-proof"
    text = one.read_text()
    one.write_text(four.read_text())
    four.write_text(text)


def move_entry(folder):
    """Say of an entry and its proof that they are another one's."""
    for name in ("entry/{}.json", "proof/{}.tlog-proof"):
        shutil.copy(folder / name.format(1), folder / name.format(4))


def forge_note(folder):
    path = folder / "proof/2.tlog-proof"
    head = path.read_text().partition("\n\n")[0]
    path.write_text(f"{head}\n\n{sign(Checkpoint(TRUST.name, 5, EMPTY_ROOT).text(), STRANGER)}")


def alter_checkpoint(folder):
    path = folder / "checkpoint"
    path.write_text(path.read_text().replace("\n5\n", "\n6\n"))


def alter_state(folder):
    path = folder / "revisions.ndjson"
    path.write_text(path.read_text().replace("commitment:", "commitment;", 1))


def drop_state(folder):
    path = folder / "revisions.ndjson"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def add_state(folder):
    path = folder / "revisions.ndjson"
    line = {"subject": ITEM, "number": 9, "state": "{}"}
    path.write_text(path.read_text() + json.dumps(line) + "\n")


def drop_row(folder):
    path = folder / "live.ndjson"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def alter_blob(folder):
    (path,) = (folder / "blobs").rglob("*/*")
    path.write_bytes(b"other")


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (alter_entry, "entry 4: Entry 4 is not proven: The leaf and the proof lead to another"),
        (swap_proofs, "entry 1: Entry 1 is not proven"),
        (move_entry, "entry 4: The proof is of entry 1, not of entry 4."),
        (forge_note, "entry 2: Entry 2 is not proven: The note is not signed"),
        (alter_checkpoint, "checkpoint: The signature of"),
        (alter_state, f"{ITEM} revision 1: The kept state is not the one"),
        (drop_state, f"{ITEM} revision 1: The kept state of the revision is missing."),
        (add_state, f"{ITEM} revision 9: A state is kept for a revision that no entry recorded."),
        (drop_row, f"{ITEM} revision 2: The row of the last entry does not stand"),
        (alter_blob, f"{VERSION} revision 1: Stored file"),
    ],
)
def test_tampering_with_the_bundle_of_a_record_is_found(folder, tamper, expected):
    tamper(folder)

    report = verified(folder)

    assert report.outcome is Outcome.TAMPERED
    assert any(expected in message for message in messages(report)), messages(report)


def test_an_entry_that_is_left_out_between_others_is_missed(ledger, tmp_path):
    class Leaving(MemoryRecord):
        def proven(self):
            return (it for it in super().proven() if it[0] != 1)

    report = verified(write(Leaving(ledger), tmp_path / "bundle"))

    assert f"{ITEM} revision 2: Revision 2 stands where revision 1 belongs." in messages(report)


def test_an_entry_that_is_none_is_named(ledger, tmp_path):
    ledger.data[4] = b"{}"
    ledger.hashes[4] = leaf_hash(b"{}")
    ledger.sequence()

    class Odd(MemoryRecord):
        def proven(self):
            good = MemoryRecord(evidenced()).proven()
            for index, data, _proof in good:
                proof = self._text(index)
                yield index, self.ledger.data[index], proof
                assert data

        def _text(self, index):
            statement = checkpoint.parse(signed_text(self.ledger.note))
            return tlog_proof.make(self._hash, index, statement, self.ledger.note).text()

    report = verified(write(Odd(ledger), tmp_path / "bundle"))

    assert any("Entry 4 is not readable" in message for message in messages(report))


@pytest.mark.parametrize(
    "name", ["entry/1.json", "proof/1.tlog-proof", "checkpoint", "live.ndjson"]
)
def test_what_is_absent_makes_the_result_incomplete(folder, name):
    (folder / name).unlink()

    report = verified(folder)

    assert report.outcome is Outcome.INCOMPLETE, messages(report)
    assert any(f"{name} is absent" in message for message in messages(report))


def test_what_the_manifest_miscounts_is_told(folder):
    stated = json.loads((folder / "manifest.json").read_text())
    restated(folder, counts=stated["counts"] | {"entries": 4})

    assert "entries: The bundle names 3 entries and counts 4." in messages(verified(folder))


@pytest.mark.parametrize(
    "changed", [{"subject": ""}, {"subject": 1}, {"format": "twofold-bundle/1"}, {"format": []}]
)
def test_a_manifest_that_does_not_say_whose_bundle_it_is_is_refused(folder, changed):
    restated(folder, **changed)

    with pytest.raises(SourceError, match=r"manifest\.json"):
        BundleSource(folder)


def test_a_bundle_of_another_record_than_it_says_is_incomplete(folder):
    restated(folder, subject=OTHER)

    assert f"entries: The bundle proves no entry of {OTHER}." in messages(verified(folder))


def test_a_changed_read_me_is_told(folder):
    (folder / "README.md").write_text("# Another\n")

    report = verified(folder)

    assert messages(report) == ["entries: README.md: not the file that the manifest names."]
    assert report.figures.entries == 3


@pytest.mark.parametrize("part", [Part.REVISIONS, Part.LIVE])
def test_parts_that_are_left_out_are_told(ledger, tmp_path, part):
    ledger.left_out.add(part)

    report = verified(write(MemoryRecord(ledger), tmp_path / "bundle", opened=[], clear=[]))

    assert report.outcome is Outcome.INCOMPLETE
    assert any(message.startswith(f"{part.value}: ") for message in messages(report))


def test_without_key_nothing_is_proven(folder):
    report = verified(folder, trust=None)

    assert report.outcome is Outcome.INCOMPLETE
    assert report.figures.entries == 0


def noted(ledger, size):
    """The checkpoint that the ledger had at a smaller size."""
    return sign(Checkpoint(TRUST.name, size, root_of(ledger.hashes[:size])).text(), SIGNER)


def test_entries_may_be_proven_under_older_checkpoints(ledger, tmp_path):
    older = {1: noted(ledger, 3), 2: noted(ledger, 3)}

    assert verified(write(MemoryRecord(ledger, older=older), tmp_path / "bundle")).problems == ()


def test_two_roots_of_one_size_are_a_fork(ledger, tmp_path):
    path = write(MemoryRecord(ledger), tmp_path / "bundle")
    forked = sign(Checkpoint(TRUST.name, 5, leaf_hash(b"")).text(), SIGNER)
    (path / "checkpoint").write_text(forked)

    report = verified(path)

    assert any("two roots: the log was forked" in message for message in messages(report))


def test_a_kept_checkpoint_is_held_against_the_proofs_where_it_can_be(ledger, folder):
    same, empty = ledger.note, sign(Checkpoint(TRUST.name, 0, EMPTY_ROOT).text(), SIGNER)
    other = sign(Checkpoint(TRUST.name, 5, leaf_hash(b"")).text(), SIGNER)

    assert verified(folder, Outside(kept=(same, empty))).problems == ()
    assert "forked" in messages(verified(folder, Outside(kept=(other,))))[0]
    older = verified(folder, Outside(kept=(noted(ledger, 3),)))
    assert older.outcome is Outcome.INCOMPLETE
    assert "ask for a bundle of the whole log" in messages(older)[0]
    assert verified(folder, Outside(kept=("x",))).outcome is Outcome.TAMPERED


def cosigned(note, *cosigners):
    text = note.rpartition("\n\n")[0] + "\n"
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return note + "".join(cosigner.cosign(text, at=at) for cosigner in cosigners)


def test_the_quorum_has_to_vouch_for_what_entries_are_proven_under(ledger, tmp_path):
    outside = Outside(policy=POLICY)
    ledger.note = cosigned(ledger.note, W1, W2)
    whole = write(MemoryRecord(ledger), tmp_path / "whole")
    assert verified(whole, outside).problems == ()

    partly = write(MemoryRecord(ledger, older={1: noted(ledger, 3)}), tmp_path / "partly")
    report = verified(partly, outside)
    assert report.outcome is Outcome.INCOMPLETE
    (message,) = messages(report)
    assert "The quorum both does not vouch for the checkpoints that 1 entries are" in message
    assert verified(partly, Outside(policy=POLICY, demand_quorum=False)).problems == ()


def test_a_cosignature_that_does_not_hold_is_found(ledger, tmp_path):
    other = cosigned(noted(ledger, 3), W1)
    line = other.rpartition("\n\n")[2].splitlines()[1]
    ledger.note += f"{line}\n"

    report = verified(write(MemoryRecord(ledger), tmp_path / "b"), Outside(policy=POLICY))

    assert report.outcome is Outcome.TAMPERED
    assert any("cosignature of" in message for message in messages(report))


def test_stamps_put_bounds_on_the_times_of_entries(authority, tmp_path):
    ledger = MemoryLedger()
    ledger.record(ITEM, state(ITEM, title="Seen"), at=now())
    ledger.record(ITEM, state(ITEM, title="Seen"), at=datetime(2036, 1, 1, tzinfo=UTC))
    ledger.sequence()
    text = ledger.note.rpartition("\n\n")[0] + "\n"
    ledger.stamped.append(KeptStamp(ledger.note, authority.stamp(text.encode())))
    roots = load_roots(authority.root.read_bytes())
    path = write(MemoryRecord(ledger), tmp_path / "bundle", opened=[], clear=[])

    report = verified(path, Outside(roots=roots))

    assert report.figures.stamped == 2
    assert any("after the time stamp of a checkpoint" in message for message in messages(report))


def test_a_rotation_leads_from_the_pinned_key_to_the_newest(ledger, tmp_path):
    statement = rotation.state(SIGNER, NEXT, size=5)
    ledger.statements.append(statement)
    ledger.record(ITEM, state(ITEM, title="Seen"))
    ledger.sequence(NEXT)

    report = verified(write(MemoryRecord(ledger), tmp_path / "bundle"))

    assert report.problems == ()


def test_a_record_of_the_log_itself_has_a_bundle_too(ledger, tmp_path):
    statement = rotation.state(SIGNER, NEXT, size=5)
    ledger.statements.append(statement)
    digest = rotation.digest(statement)
    ledger.record("ledger.key:1", None, kind=rotation.KIND, statement=digest)
    ledger.sequence(NEXT)
    record = MemoryRecord(ledger, ("ledger.key:1",))

    report = verified(write(record, tmp_path / "bundle", opened=[], clear=[]))

    assert report.problems == ()


def test_states_that_cannot_be_read_whole_are_not_called_lost(folder):
    path = folder / "revisions.ndjson"
    path.write_text(path.read_text()[:-20])

    report = verified(folder)

    assert report.outcome is Outcome.INCOMPLETE
    assert not any("missing" in message for message in messages(report))
