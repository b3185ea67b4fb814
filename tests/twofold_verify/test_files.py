"""Stored files and the erasures that explain absent ones."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from memory_ledger import TRUST, MemoryLedger

from twofold_verify.report import Outcome, Report
from twofold_verify.source import Part, Revision, SourceError
from twofold_verify.verifier import verify

ITEM = "evidence.evidenceitem:1"
VERSION = "evidence.evidenceversion:1"
OTHER = "evidence.evidenceversion:2"
FILE = b"a data sheet"
NAME = sha256(FILE).hexdigest()
ERASED = "evidence.evidenceitem.erased"


def state_of(subject: str, item: str = "1") -> str:
    return f'{{"id":"{subject}","item_id":"{item}"}}'


def filed(*subjects: str) -> MemoryLedger:
    """An item, and records that committed to the same stored file."""
    ledger = MemoryLedger()
    ledger.record(ITEM, '{"title":"Sheet"}')
    for subject in subjects:
        ledger.record(subject, state_of(subject), file=FILE)
    return ledger


def erase(ledger: MemoryLedger, **body: Any) -> None:
    body = {"blobs": [NAME], "versions": [VERSION], "reason": "retention ended", **body}
    ledger.record(ITEM, '{"title":""}', kind=ERASED, **body)
    ledger.files.pop(NAME, None)


def problems(report: Report) -> list[str]:
    return [f"{problem.record}: {problem.message}" for problem in report.problems]


def abused(revision: int, named: str) -> str:
    return (
        f"{ITEM} revision {revision}: Erasure abused: the entry lists stored file {named}, "
        "to which its records never committed."
    )


def test_an_absent_file_that_an_entry_erased_is_no_problem_and_is_told():
    ledger = filed(VERSION)
    erase(ledger)
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert (report.outcome, report.exit_status, report.problems) == (Outcome.SOUND, 0, ())
    (erasure,) = report.erasures
    assert (erasure.subject, erasure.index, erasure.reason) == (ITEM, 2, "retention ended")
    assert (erasure.files, erasure.left) == (1, 0)
    assert erasure.erased_at == ledger.newest[ITEM].recorded_at
    assert erasure.actor == ledger.newest[ITEM].actor


def test_a_file_of_the_erased_record_itself_needs_no_versions():
    ledger = filed(ITEM)
    ledger.record(ITEM, None, kind=ERASED, blobs=[NAME])
    ledger.files.clear()
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert (report.outcome, report.erasures[0].reason) == (Outcome.SOUND, "")


def test_an_erasure_that_waits_for_a_checkpoint_explains_as_well():
    ledger = filed(VERSION)
    ledger.sequence()
    erase(ledger)
    report = verify(ledger, TRUST)
    assert (report.outcome, report.erasures[0].index) == (Outcome.SOUND, None)


def test_an_erasure_without_files_is_told():
    ledger = filed()
    ledger.record("people.person:1", None, kind="people.person.erased", reason="left")
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert (report.outcome, report.erasures[0].files) == (Outcome.SOUND, 0)


def test_an_absent_file_without_erasure_is_tampering_and_named_once():
    ledger = filed(VERSION, OTHER)
    ledger.files.clear()
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert problems(report) == [f"{VERSION} revision 1: Stored file {NAME} is gone."]


def test_a_record_that_the_erasure_does_not_list_still_needs_its_file():
    ledger = filed(VERSION, OTHER)
    erase(ledger)
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert problems(report) == [f"{OTHER} revision 1: Stored file {NAME} is gone."]


def test_a_file_that_was_committed_to_after_its_erasure_has_to_be_there():
    ledger = filed(VERSION)
    erase(ledger)
    ledger.record(VERSION, state_of("again"), file=FILE)
    ledger.files.clear()
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert problems(report) == [f"{VERSION} revision 2: Stored file {NAME} is gone."]


def test_an_erasure_of_files_that_the_records_never_committed_to_is_abuse():
    ledger = filed(VERSION, OTHER)
    strange = "0" * 64
    erase(ledger, versions=["evidence.evidenceversion:3"])
    erase(ledger, blobs=[strange, NAME, "1" * 64])
    ledger.sequence()
    assert problems(verify(ledger, TRUST))[:2] == [
        abused(2, NAME),
        abused(3, f"{strange} and 1 more"),
    ]


def foreign(named: str) -> str:
    return f"{ITEM} revision 2: Erasure abused: the entry lists {named}, not its versions."


@pytest.mark.parametrize("state", [state_of(VERSION, "2"), '{"id":"1"}', "[]", "none"])
def test_an_erasure_of_versions_of_another_item_is_abuse(state: str):
    ledger = filed()
    ledger.record(VERSION, state, file=FILE)
    erase(ledger)
    ledger.sequence()
    assert problems(verify(ledger, TRUST)) == [foreign(VERSION)]


def test_a_version_that_changed_hands_before_its_erasure_is_none_of_the_item():
    ledger = filed()
    ledger.record(VERSION, state_of(VERSION, "2"), file=FILE)
    ledger.record(VERSION, state_of(VERSION, "1"))
    erase(ledger, versions=[VERSION, "evidence.evidenceversion:3"])
    ledger.sequence()
    assert problems(verify(ledger, TRUST)) == [foreign(f"{VERSION} and 1 more")]


def test_whose_versions_are_is_not_judged_without_all_states(monkeypatch: pytest.MonkeyPatch):
    ledger = filed()
    ledger.record(VERSION, state_of(VERSION, "2"), file=FILE)
    erase(ledger)
    ledger.sequence()

    def refuse(*, whole: bool) -> Iterator[Revision]:
        yield from ledger.kept
        raise SourceError("the disk refuses", whole=whole)

    for whole, found in ((True, [foreign(VERSION)]), (False, [])):
        monkeypatch.setattr(ledger, "revisions", partial(refuse, whole=whole))
        assert problems(verify(ledger, TRUST)) == ["revisions: the disk refuses", *found]
    ledger.left_out = {Part.REVISIONS}
    assert verify(ledger, TRUST).outcome is Outcome.INCOMPLETE


def test_an_erasure_cannot_come_before_the_commitment():
    ledger = filed()
    erase(ledger)
    ledger.record(VERSION, "{}", file=FILE)
    ledger.sequence()
    assert "Erasure abused" in problems(verify(ledger, TRUST))[0]


@pytest.mark.parametrize("body", [{"blobs": NAME}, {"blobs": [1]}, {"versions": {"a": 1}}])
def test_an_erasure_that_lists_no_texts_is_abuse(body: dict[str, Any]):
    ledger = filed(VERSION)
    erase(ledger, **body)
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert "Erasure abused" in problems(report)[0]
    assert f"Stored file {NAME} is gone." in problems(report)[1]


def test_a_file_that_is_still_there_makes_the_erasure_incomplete_and_is_no_problem():
    ledger = filed(VERSION)
    erase(ledger)
    ledger.files[NAME] = FILE
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert (report.outcome, report.erasures[0].left) == (Outcome.SOUND, 1)


def test_a_file_that_somebody_else_needs_is_not_left_over():
    ledger = filed(VERSION, OTHER)
    erase(ledger)
    ledger.files[NAME] = FILE
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert (report.outcome, report.erasures[0].left) == (Outcome.SOUND, 0)


def test_an_altered_file_stays_tampering_after_its_erasure():
    ledger = filed(VERSION)
    erase(ledger)
    ledger.files[NAME] = b"something else"
    ledger.sequence()
    report = verify(ledger, TRUST)
    assert "was altered" in problems(report)[0]
    assert report.erasures[0].left == 0


def test_abuse_is_found_without_the_files_too():
    ledger = filed(VERSION)
    erase(ledger, versions=[])
    ledger.sequence()
    ledger.left_out = {Part.BLOBS}
    assert problems(verify(ledger, TRUST)) == [
        abused(2, NAME),
        "blobs: 1 commitments to stored files were not checked.",
    ]


def test_a_file_that_cannot_be_read_is_not_named_as_gone(monkeypatch: pytest.MonkeyPatch):
    ledger = filed(VERSION, OTHER)
    ledger.sequence()

    def refuse(sha256: str) -> None:
        raise SourceError("the disk refuses")

    monkeypatch.setattr(ledger, "open_blob", refuse)
    report = verify(ledger, TRUST)
    assert problems(report) == [f"{VERSION} revision 1: the disk refuses"]
    assert report.outcome is Outcome.INCOMPLETE


def test_no_more_erasures_are_listed_than_problems(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("twofold_verify.report.LISTED", 2)
    ledger = filed()
    for number in range(3):
        ledger.record(f"people.person:{number}", None, kind="people.person.erased")
    ledger.sequence()
    assert [erasure.index for erasure in verify(ledger, TRUST).erasures] == [1, 2]
