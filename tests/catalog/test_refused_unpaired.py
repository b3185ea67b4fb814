"""Statements that a requirement has no counterpart: read, and refused where they are faulty."""

from pathlib import Path

import pytest
from small_catalog import NONE, NONE_FILE, put, refusal, write

from twofold.catalog.load import load
from twofold.catalog.model import Unpaired

HEADER = "requirement,framework,rationale\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_a_row_becomes_a_statement(folder: Path) -> None:
    assert load(folder).unpaired == (
        Unpaired("law:Art. 1", "ai", "The law asks, and nothing answers"),
    )


def test_statements_of_all_files_are_gathered(folder: Path) -> None:
    put(folder, "crosswalk/law-sec.none.csv", f"{HEADER}law:Art. 1,sec,Nothing there either\n")
    assert [entry.framework for entry in load(folder).unpaired] == ["ai", "sec"]


@pytest.mark.parametrize(
    "text", ["", "requirement,framework\n", "source,target,relation,strength,rationale\n"]
)
def test_a_wrong_header(folder: Path, text: str) -> None:
    put(folder, NONE_FILE, text)
    reason = "the first line must be requirement,framework,rationale"
    assert refusal(folder) == (NONE_FILE, 1, reason)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("law:Art. 1,ai", "has 2 cells, not 3"),
        ("law:Art. 1,ai,Nothing,answers", "has 4 cells, not 3"),
        ("law:Art. 2,ai,Nothing answers", "there is no auditable requirement 'law:Art. 2'"),
        ("sec:4,ai,Nothing answers", "there is no auditable requirement 'sec:4'"),
        ("law:Art. 1,law,Nothing answers", "there is no other framework 'law'"),
        ("law:Art. 1,9001,Nothing answers", "there is no other framework '9001'"),
        ("law:Art. 1,,Nothing answers", "there is no other framework ''"),
        ("sec:A.1,ai,Nothing answers", "sec:A.1 has a counterpart in ai after all"),
        ("ai:1,sec,Nothing answers", "ai:1 has a counterpart in sec after all"),
        ("law:Art. 1,ai,", "a row needs a rationale"),
        ('law:Art. 1,ai,"  "', "a row needs a rationale"),
        ('law:Art. 1,ai,"never ends', "is no CSV: unexpected end of data"),
    ],
)
def test_a_faulty_row(folder: Path, row: str, reason: str) -> None:
    put(folder, NONE_FILE, f"{HEADER}{row}\n")
    assert refusal(folder) == (NONE_FILE, 2, reason)


def test_a_statement_that_stands_twice(folder: Path) -> None:
    put(folder, NONE_FILE, f"{NONE}law:Art. 1,ai,And again\n")
    assert refusal(folder) == (NONE_FILE, 3, "law:Art. 1 and ai stand twice")


def test_a_statement_that_stands_in_another_file_already(folder: Path) -> None:
    put(folder, "crosswalk/more.none.csv", NONE)
    assert refusal(folder) == ("crosswalk/more.none.csv", 2, "law:Art. 1 and ai stand twice")
