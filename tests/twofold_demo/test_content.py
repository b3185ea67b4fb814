"""What the company says of itself: complete, specific, and said by people of the cast."""

import tomllib
from collections import Counter

import pytest

from twofold.catalog.load import catalog
from twofold_demo.cast import CAST
from twofold_demo.filings import OF_ORGANISATION, OF_SYSTEMS
from twofold_demo.governance import CONTENT, PLACES

DECISIONS = ("applicability-27001.toml", "applicability-42001.toml")
CONTROLS = ("controls-organisation.toml", "controls-systems.toml")


def entries(names, table):
    return [
        entry
        for name in names
        for entry in tomllib.loads((CONTENT / name).read_text("utf-8"))[table]
    ]


def test_every_control_of_both_annexes_is_decided_once():
    decided = Counter(
        requirement
        for entry in entries(DECISIONS, "decision")
        for requirement in entry["requirements"]
    )
    annexes = {
        requirement.id: 1
        for requirement in catalog().requirements.values()
        if requirement.excludable
    }

    assert decided == annexes


@pytest.mark.parametrize(
    ("names", "table", "key"),
    [(DECISIONS, "decision", "reason"), (CONTROLS, "implementation", "description")],
)
def test_no_sentence_is_said_twice(names, table, key):
    sentences = Counter(
        sentence.strip()
        for entry in entries(names, table)
        for sentence in entry[key].rstrip(".").split(". ")
    )

    # Two training runs are documented in the same way.
    shared = {"Steps and figures of each training run are in its report"}
    assert {s for s, times in sentences.items() if times > 1} <= shared


def test_implementations_are_described_by_people_of_the_cast_and_approved_by_others():
    people = {member.key for member in CAST}
    for entry in entries(CONTROLS, "implementation"):
        assert {entry["by"], entry.get("owner", entry["by"])} <= people
        assert "helen" not in {entry["by"], entry.get("owner")}
        assert entry["approved"] is False or "owner" in entry


def test_every_filing_answers_a_need_of_a_control_that_is_run_there():
    run = {
        (entry["control"], entry.get("system", "")) for entry in entries(CONTROLS, "implementation")
    }
    filings = [(f.control, "", f.need) for f in OF_ORGANISATION]
    filings += [(f.control, code, f.need) for f in OF_SYSTEMS for code in f.codes]
    for control, scope, need in filings:
        assert (control, scope) in run
        assert need in {entry.kind for entry in catalog().control_by_id[control].evidence}


def test_each_system_has_a_place():
    assert set(PLACES) == {entry["system"] for entry in entries(CONTROLS[1:], "implementation")}
