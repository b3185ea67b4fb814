"""The verifier against a ledger in memory that is altered in every place."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_ledger import (
    SIGNER,
    STARTED_AT,
    STRANGER,
    TRUST,
    MemoryLedger,
    large_ledger,
    small_ledger,
    subject,
)

from twofold_verify import report as reports
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.entry import decode
from twofold_verify.merkle import EMPTY_ROOT, leaf_hash, root_of
from twofold_verify.note import Signer, sign
from twofold_verify.report import Outcome, Report, Severity
from twofold_verify.source import LiveRow, Part, Revision, SourceError
from twofold_verify.tiles import split_hashes
from twofold_verify.verifier import verify


def messages(report: Report) -> list[str]:
    return [f"{problem.record}: {problem.message}" for problem in report.problems]


def rewritten(data: bytes, **change: object) -> bytes:
    """An entry's bytes with some parts replaced, as canonical as before."""
    return replace(decode(data), **change).encode()


def test_untouched_ledger_is_sound_and_its_figures_are_told():
    ledger = small_ledger()
    report = verify(ledger, TRUST)
    assert report.problems == ()
    assert (report.outcome, report.exit_status) == (Outcome.SOUND, 0)
    figures = report.figures
    assert (figures.origin, figures.size) == (TRUST.name, 7)
    assert figures.root == root_of(ledger.hashes).hex()
    assert (figures.entries, figures.subjects, figures.revisions, figures.live) == (7, 4, 5, 2)
    assert (figures.blobs, figures.blob_bytes) == (2, len(b"model card") + len(b"data sheet"))
    assert (figures.pending, figures.pending_since) == (0, None)


def test_waiting_entries_are_counted_with_their_age_and_are_no_problem():
    ledger = small_ledger()
    ledger.record(subject(1), '{"name":"Credit 2"}', at=STARTED_AT + timedelta(hours=2))
    ledger.record(subject(4), '{"name":"New"}', at=STARTED_AT + timedelta(hours=1))
    report = verify(ledger, TRUST)
    assert report.outcome is Outcome.SOUND
    assert report.figures.pending == 2
    assert report.figures.pending_since == STARTED_AT + timedelta(hours=1)


def test_empty_log_under_a_checkpoint_is_sound():
    ledger = MemoryLedger()
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert report.outcome is Outcome.SOUND
    assert report.figures.root == EMPTY_ROOT.hex()


def test_empty_log_has_the_empty_root():
    ledger = MemoryLedger()
    ledger.note = sign(Checkpoint(SIGNER.name, 0, bytes(32)).text(), SIGNER)
    assert messages(verify(ledger, TRUST)) == [
        "checkpoint: The entries do not lead to the root that the checkpoint signs."
    ]


def test_order_of_kept_states_does_not_matter():
    ledger = small_ledger()
    ledger.kept.reverse()
    assert verify(ledger, TRUST).outcome is Outcome.SOUND


def alter_row(ledger: MemoryLedger) -> None:
    ledger.rows[subject(1)] = '{"name":"Nothing to see"}'


def insert_row(ledger: MemoryLedger) -> None:
    ledger.rows[subject(9)] = '{"name":"Never registered"}'


def remove_row(ledger: MemoryLedger) -> None:
    del ledger.rows[subject(1)]


def revive_row(ledger: MemoryLedger) -> None:
    ledger.rows[subject(3)] = '{"name":"Chat"}'


def alter_kept_state(ledger: MemoryLedger) -> None:
    ledger.kept[0] = replace(ledger.kept[0], state_text='{"name":"Toy"}')


def alter_kept_state_beyond_unicode(ledger: MemoryLedger) -> None:
    ledger.kept[0] = replace(ledger.kept[0], state_text="\ud800")


def remove_kept_state(ledger: MemoryLedger) -> None:
    del ledger.kept[1]


def add_kept_state(ledger: MemoryLedger) -> None:
    ledger.kept.append(Revision(subject(1), 9, "{}"))


def repeat_unrecorded_state(ledger: MemoryLedger) -> None:
    ledger.kept += [Revision(subject(8), 1, "{}")] * 2


def alter_entry(ledger: MemoryLedger) -> None:
    ledger.data[0] = rewritten(ledger.data[0], body={"reason": "imported"})


def alter_entry_and_tile(ledger: MemoryLedger) -> None:
    alter_entry(ledger)
    ledger.hashes[0] = leaf_hash(ledger.data[0])


def break_entry(ledger: MemoryLedger) -> None:
    ledger.data[4] = ledger.data[4].replace(b"{", b"{ ", 1)


def remove_entry(ledger: MemoryLedger) -> None:
    del ledger.data[2]


def remove_two_entries(ledger: MemoryLedger) -> None:
    del ledger.data[2:4]


def remove_last_entry(ledger: MemoryLedger) -> None:
    del ledger.data[-1]


def remove_last_entry_and_hash(ledger: MemoryLedger) -> None:
    del ledger.data[-1], ledger.hashes[-1]


def append_entry_without_checkpoint(ledger: MemoryLedger) -> None:
    ledger.record(subject(4), "{}")
    ledger.data += ledger.waiting
    ledger.hashes += [leaf_hash(ledger.waiting.pop())]


def fill_log_that_was_signed_empty(ledger: MemoryLedger) -> None:
    empty = MemoryLedger()
    empty.sequence()
    ledger.note = empty.note


def exchange_entries(ledger: MemoryLedger) -> None:
    ledger.data[0], ledger.data[1] = ledger.data[1], ledger.data[0]


def alter_hash(ledger: MemoryLedger) -> None:
    ledger.hashes[3] = bytes(32)


def remove_hash(ledger: MemoryLedger) -> None:
    del ledger.hashes[-1]


def add_hash(ledger: MemoryLedger) -> None:
    ledger.hashes.append(bytes(32))


def alter_file(ledger: MemoryLedger) -> None:
    ledger.files[sha256(b"model card").hexdigest()] = b"model card!"


def remove_file(ledger: MemoryLedger) -> None:
    del ledger.files[sha256(b"data sheet").hexdigest()]


def sign_with_another_key(ledger: MemoryLedger) -> None:
    ledger.sequence(STRANGER)


def sign_another_origin(ledger: MemoryLedger) -> None:
    ledger.sequence(origin="log.example/other")


def alter_checkpoint(ledger: MemoryLedger) -> None:
    ledger.note = (ledger.note or "").replace("\n7\n", "\n6\n")


def sign_something_else(ledger: MemoryLedger) -> None:
    ledger.note = sign("hello\n", SIGNER)


def break_waiting_entry(ledger: MemoryLedger) -> None:
    ledger.waiting.append(b"{}")


def rewrite_history(ledger: MemoryLedger) -> None:
    """Alter an entry and everything that lies in the database: only the signature withstands."""
    alter_entry_and_tile(ledger)
    second = ledger.data[2]
    ledger.data[2] = rewritten(second, previous=leaf_hash(ledger.data[0]).hex())
    ledger.hashes[2] = leaf_hash(ledger.data[2])


TAMPERING = [
    (alter_row, f"{subject(1)} revision 2: The row is not in the state of its last entry"),
    (insert_row, f"{subject(9)}: The row stands in its table and in no entry"),
    (remove_row, f"{subject(1)} revision 2: The row of the last entry does not stand"),
    (revive_row, f"{subject(3)} revision 2: The row stands although its last entry leaves none"),
    (alter_kept_state, f"{subject(1)} revision 1: The kept state is not the one"),
    (alter_kept_state_beyond_unicode, f"{subject(1)} revision 1: The kept state is not the one"),
    (remove_kept_state, f"{subject(2)} revision 1: The kept state of the revision is missing"),
    (add_kept_state, f"{subject(1)} revision 9: A state is kept for a revision that no entry"),
    (repeat_unrecorded_state, f"{subject(8)} revision 1: Two states are kept"),
    (alter_entry, f"{subject(1)} revision 1: Entry 0 was altered"),
    (alter_entry_and_tile, f"{subject(1)} revision 2: The entry does not continue revision 1"),
    (break_entry, "entry 4: Entry 4 is not readable: $: not in canonical form"),
    (remove_entry, "entry 2: Entry 2 is missing."),
    (remove_entry, f"{subject(1)} revision 2: A state is kept for a revision that no entry"),
    (remove_two_entries, "entry 2: Entries 2 to 3 are missing."),
    (remove_last_entry, "entry 6: Entry 6 is missing."),
    (remove_last_entry_and_hash, "entry 6: Entry 6 is missing."),
    (append_entry_without_checkpoint, "entry 7: Entry 7 is beyond what the checkpoint covers."),
    (fill_log_that_was_signed_empty, "entry 0: Entries 0 to 6 are beyond what the checkpoint"),
    (exchange_entries, f"{subject(1)} revision 1: Entry 0 is out of place"),
    (alter_hash, "ledger.export:1 revision 1: Entry 3 was altered"),
    (remove_hash, "tiles: The tiles lack the hashes of the last 1 entries."),
    (add_hash, "tiles: The tiles hold more hashes than the checkpoint covers."),
    (alter_file, f"{subject(1)} revision 2: Stored file {sha256(b'model card').hexdigest()} was"),
    (remove_file, f"{subject(2)} revision 2: Stored file {sha256(b'data sheet').hexdigest()} is"),
    (sign_with_another_key, "checkpoint: The note is not signed by a known key."),
    (sign_another_origin, "checkpoint: The checkpoint is of the log log.example/other, not of"),
    (alter_checkpoint, "checkpoint: The signature of log.example/test does not hold"),
    (sign_something_else, "checkpoint: A checkpoint has three lines or more"),
    (break_waiting_entry, "pending entries: A waiting entry is not readable"),
    (rewrite_history, "checkpoint: The entries do not lead to the root that the checkpoint signs."),
]


@pytest.mark.parametrize(("tamper", "expected"), TAMPERING)
def test_tampering_is_found_and_named(tamper, expected):
    ledger = small_ledger()
    tamper(ledger)
    report = verify(ledger, TRUST)
    assert (report.outcome, report.exit_status) == (Outcome.TAMPERED, 1)
    assert any(message.startswith(expected) for message in messages(report)), messages(report)
    assert all(problem.severity is Severity.TAMPERED for problem in report.problems)


def test_an_altered_row_is_the_only_thing_that_is_named():
    ledger = small_ledger()
    alter_row(ledger)
    assert len(verify(ledger, TRUST).problems) == 1


def test_a_removed_entry_blames_no_entry_that_stands():
    ledger = large_ledger(600, 50)
    del ledger.data[300]
    report = verify(ledger, TRUST)
    assert [problem.index for problem in report.problems] == [300, 350, None]
    assert messages(report) == [
        "entry 300: Entry 300 is missing.",
        f"{subject(0)} revision 8: Revision 8 stands where revision 7 belongs.",
        f"{subject(0)} revision 7: A state is kept for a revision that no entry recorded.",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"revision": 3}, "Revision 3 stands where revision 2 belongs"),
        ({"previous": "00" * 32}, "names another entry"),
        ({"recorded_at": STARTED_AT - timedelta(days=1)}, "dated before revision 1"),
    ],
)
def test_a_log_that_was_signed_with_a_broken_chain_is_found(change, expected):
    ledger = small_ledger()
    entry = ledger.newest[subject(2)]
    ledger.data[-1] = replace(entry, **change).encode()
    ledger.hashes[-1] = leaf_hash(ledger.data[-1])
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert report.outcome is Outcome.TAMPERED
    assert any(expected in message for message in messages(report))


def test_first_revision_must_be_one():
    ledger = MemoryLedger()
    entry = small_ledger().newest[subject(2)]
    ledger.waiting = [replace(entry, state=None, blobs=()).encode()]
    ledger.sequence()
    assert "Revision 2 stands where revision 1 belongs" in messages(verify(ledger, TRUST))[0]


def test_two_entries_that_give_one_file_different_sizes_are_found():
    ledger = small_ledger()
    entry = ledger.record(subject(5), "{}", file=b"model card")
    wrong = replace(entry, blobs=(replace(entry.blobs[0], size=1),))
    ledger.waiting = [wrong.encode()]
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert report.tampered == 1
    assert "has 10 bytes, not 1" in report.problems[0].message
    assert report.figures.blobs == 2


def test_a_file_that_failed_once_is_named_once():
    ledger = small_ledger()
    ledger.record(subject(5), "{}", file=b"model card")
    ledger.sequence()
    alter_file(ledger)
    assert verify(ledger, TRUST).tampered == 1


@pytest.mark.parametrize("part", Part)
def test_a_part_that_was_left_out_makes_the_result_incomplete(part):
    ledger = small_ledger()
    ledger.left_out.add(part)
    report = verify(ledger, TRUST)
    assert (report.outcome, report.exit_status) == (Outcome.INCOMPLETE, 2)
    assert [problem.record for problem in report.problems] == [part.value]


def test_left_out_files_are_no_lack_where_no_entry_commits_to_any():
    ledger = large_ledger(5)
    ledger.left_out.add(Part.BLOBS)
    assert verify(ledger, TRUST).outcome is Outcome.SOUND


def test_without_tiles_a_removed_entry_still_breaks_count_and_root():
    ledger = small_ledger()
    ledger.left_out.add(Part.TILES)
    del ledger.data[2]
    assert verify(ledger, TRUST).outcome is Outcome.TAMPERED


def test_without_key_the_result_is_incomplete_and_the_rest_is_checked():
    report = verify(small_ledger(), None)
    assert report.outcome is Outcome.INCOMPLETE
    assert messages(report) == ["checkpoint: No public key was given to check the checkpoint with."]
    assert report.figures.entries == 7
    ledger = small_ledger()
    alter_row(ledger)
    assert verify(ledger, None).outcome is Outcome.TAMPERED


def test_without_checkpoint_the_result_is_incomplete():
    ledger = small_ledger()
    ledger.note = None
    report = verify(ledger, TRUST)
    assert report.outcome is Outcome.INCOMPLETE
    assert messages(report) == ["checkpoint: The log has no checkpoint: nothing vouches for it."]


def test_the_name_of_the_key_is_the_origin_that_is_trusted():
    other = Signer("log.example/other", SIGNER.private_key).verifier
    assert verify(small_ledger(), other).outcome is Outcome.TAMPERED


class FailingLedger(MemoryLedger):
    """A source that cannot read one of its parts from a certain item on."""

    failing = ""
    whole = False

    def _items(self, part: str, items: Iterator[object]) -> Iterator[object]:
        for number, item in enumerate(items):
            if part == self.failing and number == 1 and not self.whole:
                raise SourceError(f"{part} cannot be read.")
            yield item
        if part == self.failing and self.whole:
            raise SourceError(f"{part} is odd.", whole=True)

    def checkpoint(self) -> str | None:
        if self.failing == "checkpoint":
            raise SourceError("checkpoint cannot be read.")
        return super().checkpoint()

    def entries(self):
        return self._items("entries", super().entries())

    def leaf_hashes(self):
        return self._items("tiles", super().leaf_hashes())

    def pending(self):
        return self._items("pending entries", super().pending())

    def revisions(self):
        return self._items("revisions", super().revisions())

    def live(self):
        return self._items("live", super().live())

    def open_blob(self, sha256: str):
        if self.failing == "blobs":
            raise SourceError("blobs cannot be read.")
        return super().open_blob(sha256)


def failing_ledger(part: str, *, whole: bool = False) -> FailingLedger:
    ledger = FailingLedger(**vars(small_ledger()))
    ledger.record(subject(6), "{}")
    ledger.record(subject(7), "{}")
    ledger.failing = part
    ledger.whole = whole
    return ledger


@pytest.mark.parametrize(
    ("part", "lacking"),
    [
        ("checkpoint", ["checkpoint"]),
        ("entries", ["entries", "live"]),
        ("tiles", ["tiles"]),
        ("pending entries", ["pending entries", "live"]),
        ("revisions", ["revisions"]),
        ("live", ["live"]),
        ("blobs", [f"{subject(1)} revision 2", f"{subject(2)} revision 2"]),
    ],
)
def test_a_part_that_cannot_be_read_accuses_nobody(part, lacking):
    report = verify(failing_ledger(part), TRUST)
    assert report.tampered == 0, messages(report)
    assert report.outcome is Outcome.INCOMPLETE
    assert [problem.record for problem in report.problems] == lacking


@pytest.mark.parametrize("part", ["entries", "tiles", "revisions", "live"])
def test_a_part_that_was_read_whole_with_a_remark_is_still_judged(part):
    ledger = failing_ledger(part, whole=True)
    assert [problem.record for problem in verify(ledger, TRUST).problems] == [part]
    ledger.rows[subject(9)] = "{}"
    del ledger.data[-1]
    del ledger.kept[0]
    report = verify(ledger, TRUST)
    found = " ".join(messages(report))
    assert "inserted behind" in found
    assert "Entry 6 is missing" in found
    assert "kept state of the revision is missing" in found


def test_a_malformed_tile_of_the_source_is_tampering():
    class Malformed(MemoryLedger):
        def leaf_hashes(self):
            return split_hashes(b"".join(self.hashes) + b"more")

    report = verify(Malformed(**vars(small_ledger())), TRUST)
    assert messages(report) == ["tiles: A tile ends within a hash."]
    assert report.outcome is Outcome.TAMPERED


def test_alteration_outranks_lack():
    ledger = failing_ledger("tiles")
    alter_row(ledger)
    report = verify(ledger, TRUST)
    assert (report.tampered, report.incomplete) == (1, 1)
    assert report.outcome is Outcome.TAMPERED


def test_problems_are_counted_beyond_those_that_are_listed(monkeypatch):
    monkeypatch.setattr(reports, "LISTED", 3)
    ledger = small_ledger()
    ledger.rows |= {subject(number): "{}" for number in range(100, 110)}
    report = verify(ledger, TRUST)
    assert (len(report.problems), report.tampered) == (3, 10)


def test_names_from_the_source_are_made_fit_to_show():
    ledger = small_ledger()
    ledger.rows = {**ledger.rows, "a\x1b[2Jb": "{}", "x" * 500: "{}", "\ud800": "{}"}
    shown = [problem.record for problem in verify(ledger, TRUST).problems]
    assert shown == ["a\ufffd[2Jb", "x" * 300 + "…", "\ufffd"]


@given(st.data())
def test_any_flipped_bit_of_any_entry_or_hash_or_state_is_found(data):
    ledger = small_ledger()
    column = data.draw(st.sampled_from([ledger.data, ledger.hashes, ledger.files]))
    keys = list(column) if isinstance(column, dict) else range(len(column))
    key = data.draw(st.sampled_from(keys))
    content = bytearray(column[key])
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    column[key] = bytes(content)
    assert verify(ledger, TRUST).outcome is Outcome.TAMPERED


@given(st.sampled_from(range(5)), st.text(max_size=5))
def test_any_other_state_is_found(place, text):
    ledger = small_ledger()
    kept = ledger.kept[place]
    ledger.kept[place] = replace(kept, state_text=kept.state_text + text)
    expected = Outcome.TAMPERED if text else Outcome.SOUND
    assert verify(ledger, TRUST).outcome is expected


def test_a_row_that_stands_twice_is_found():
    class Doubled(MemoryLedger):
        def live(self):
            return (LiveRow(*item) for item in [*self.rows.items()] * 2)

    ledger = Doubled(**vars(small_ledger()))
    assert verify(ledger, TRUST).tampered == 2


def test_the_report_of_a_problem_is_plain_data():
    ledger = small_ledger()
    alter_entry(ledger)
    problem = verify(ledger, TRUST).problems[0]
    assert json.dumps([problem.severity, problem.record, problem.index, problem.message])
    assert problem.index == 0
