"""What a bundle discloses beside the log: bound to it, or found out."""

import json
import os

import pytest
from memory_ledger import TRUST, small_ledger
from memory_record import (
    CONTENT,
    ITEM,
    NAME,
    OTHER,
    VERSION,
    disclosing,
    evidenced,
    opening,
    state,
)

from twofold_verify import bundle
from twofold_verify.bundle import BundleSource, verify_bundle
from twofold_verify.openings import Opening
from twofold_verify.report import Outcome
from twofold_verify.source import Part

CLEAR = f"content/{NAME[:2]}/{NAME}"


def write(path, ledger=None, disclosed=None):
    bundle.write(
        ledger or evidenced(), path, at_text="2026-01-02", disclosed=disclosed or disclosing()
    )
    return path


def verified(path):
    with BundleSource(path) as source:
        return verify_bundle(source, TRUST)


def messages(report):
    return [f"{problem.record}: {problem.message}" for problem in report.problems]


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_what_is_disclosed_is_bound_to_the_log(tmp_path, name):
    report = verified(write(tmp_path / name))

    assert report.problems == ()
    figures = report.figures
    assert (figures.openings, figures.contents, figures.content_bytes) == (3, 1, len(CONTENT))


def test_nothing_needs_to_be_disclosed(tmp_path):
    bundle.write(small_ledger(), tmp_path / "bundle", at_text="")
    (tmp_path / "bundle" / "openings.ndjson").unlink()
    path = tmp_path / "bundle" / "manifest.json"
    stated = json.loads(path.read_text())
    del stated["parts"]["openings.ndjson"]
    path.write_text(json.dumps(stated))

    report = verified(tmp_path / "bundle")

    assert (report.outcome, report.figures.openings) == (Outcome.SOUND, 0)


def test_openings_may_come_in_any_order(tmp_path):
    disclosed = disclosing()
    disclosed.opened.insert(0, opening(OTHER, "title", "Another one"))

    for number, opened in enumerate((disclosed.opened, disclosed.opened[::-1])):
        path = write(tmp_path / f"bundle-{number}", disclosed=disclosing(opened=opened))
        report = verified(path)
        assert (report.problems, report.figures.openings) == ((), 4)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (opening(ITEM, "title", "Draft"), f"{ITEM}: What is disclosed of the column title"),
        (opening(ITEM, "name", "Seen"), f"{ITEM}: What is disclosed of the column name"),
        (Opening(ITEM, "title", '"Seen"', bytes(32)), f"{ITEM}: What is disclosed of the column"),
        (opening("evidence.evidenceitem:9", "title", "Seen"), "a record that has no row"),
    ],
)
def test_what_was_not_recorded_so_is_found(tmp_path, wrong, expected):
    report = verified(write(tmp_path / "bundle", disclosed=disclosing(opened=[wrong], clear=[])))

    assert report.outcome is Outcome.TAMPERED
    assert any(expected in message for message in messages(report))


def test_an_altered_content_is_found(tmp_path):
    path = write(tmp_path / "bundle", disclosed=disclosing(clear=[(NAME, b"another")]))

    report = verified(path)

    assert messages(report) == [f"{VERSION}: The content {NAME} was altered: it has another hash."]
    assert report.outcome is Outcome.TAMPERED


def test_a_content_that_no_opening_names_is_found(tmp_path):
    path = write(tmp_path / "bundle", disclosed=disclosing(opened=[]))

    assert messages(verified(path)) == [
        f"{CLEAR}: The log does not commit to this content as far as the bundle shows."
    ]


def test_a_content_that_was_left_out_is_missed(tmp_path):
    report = verified(write(tmp_path / "bundle", disclosed=disclosing(clear=[])))

    assert messages(report) == [f"{VERSION}: The content {NAME} was not put in the bundle."]
    assert report.outcome is Outcome.INCOMPLETE


def test_a_content_that_was_lost_is_missed(tmp_path):
    path = write(tmp_path / "bundle")
    (path / CLEAR).unlink()

    assert messages(verified(path)) == [f"openings: {CLEAR} is absent, and the manifest names it."]


def test_a_content_that_lies_in_clear_is_not_there_twice(tmp_path):
    ledger = evidenced()
    ledger.record("evidence.evidenceversion:2", state("evidence.evidenceversion:2", sha256=NAME))
    ledger.record(OTHER, state(OTHER, title="Another one"), file=CONTENT)
    ledger.sequence()
    both = [opening(VERSION, "sha256", NAME), opening("evidence.evidenceversion:2", "sha256", NAME)]

    report = verified(write(tmp_path / "bundle", ledger, disclosing(opened=both, clear=[])))

    assert (report.problems, report.figures.openings, report.figures.contents) == ((), 2, 1)


def test_the_same_content_is_written_once(tmp_path):
    twice = disclosing(clear=[(NAME, CONTENT), (NAME, CONTENT)])

    assert verified(write(tmp_path / "bundle", disclosed=twice)).problems == ()
    stated = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert stated["counts"]["contents"] == 1


def test_openings_without_live_rows_are_not_checked(tmp_path):
    ledger = evidenced()
    ledger.left_out.add(Part.LIVE)

    report = verified(write(tmp_path / "bundle", ledger))

    assert report.outcome is Outcome.INCOMPLETE
    assert "openings: Without live rows the openings were not checked." in messages(report)


@pytest.mark.parametrize("text", ["no json", "[]", "[" * 100_000])
def test_a_row_that_is_no_state_opens_to_nothing(tmp_path, text):
    ledger = evidenced()
    ledger.rows[ITEM] = text

    report = verified(write(tmp_path / "bundle", ledger))

    assert f"{ITEM}: What is disclosed of the column title was not recorded so." in messages(report)


@pytest.mark.parametrize("salt", ["", "nonsense", "00" * 31, 'é"'])
def test_a_malformed_opening_makes_the_result_incomplete(tmp_path, salt):
    path = write(tmp_path / "bundle")
    line = {"subject": ITEM, "column": "title", "value": '"Seen"', "salt": salt}
    (path / "openings.ndjson").write_text(json.dumps(line) + "\n")

    report = verified(path)

    assert report.outcome is Outcome.INCOMPLETE
    assert any("openings.ndjson line 1 has a salt" in message for message in messages(report))


@pytest.mark.parametrize(
    "value", ["", '"', NAME, f'"{NAME[:-1]}"', f'"{NAME.upper()}"', f"x{NAME}x"]
)
def test_what_names_no_content_names_none(value):
    assert Opening(VERSION, "sha256", value, os.urandom(32)).content == ""
    assert Opening(VERSION, "file_name", f'"{NAME}"', os.urandom(32)).content == ""


def test_the_signed_text_for_other_tools_is_that_of_the_note(tmp_path):
    path = write(tmp_path / "bundle")
    (path / "checkpoint.txt").write_text("log.example/test\n99\nroot\n")

    report = verified(path)

    assert report.outcome is Outcome.TAMPERED
    named = "checkpoint.txt: checkpoint.txt is not the text that its checkpoint signs."
    assert named in messages(report)
