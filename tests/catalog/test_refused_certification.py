"""What an auditor expects: read, and refused with file, line and reason where it is faulty."""

from pathlib import Path

import pytest
from small_catalog import CERTIFICATION, CERTIFICATION_FILE, change, put, refusal, write

from twofold.catalog.load import load
from twofold.catalog.model import Predicate
from twofold.domain.certification import Level


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_a_predicate_names_stage_level_and_what_it_rests_on(folder: Path) -> None:
    first, second = load(folder).predicates
    assert first == Predicate(
        id="S1",
        stage=1,
        level=Level.DESIGN,
        title="Logging is designed",
        expects="A way to keep logs that somebody answers for.",
        requirements=("sec:A.1", "ai:1"),
    )
    assert (second.stage, second.level) == (2, Level.OPERATION)


def test_a_predicate_names_what_it_consults_besides(folder: Path) -> None:
    named = 'stage = 1\nevidence = ["log"]\nstatements = true\nnot_kept = ["risk register"]'
    change(folder, CERTIFICATION_FILE, "stage = 1", named)
    first = load(folder).predicates[0]
    assert (first.evidence, first.statements, first.not_kept) == (
        ("log",),
        True,
        ("risk register",),
    )


def test_a_catalogue_may_tell_of_no_audit(folder: Path) -> None:
    (folder / CERTIFICATION_FILE).unlink()
    assert load(folder).predicates == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id = "S1"', 'id = ""', "id must be a text that is not blank"),
        ("stage = 1", "stage = 3", "stage must be an integer from 1 to 2"),
        ("stage = 1", "", "stage must be an integer from 1 to 2"),
        ('"design"', '"paper"', "level must be one of design, operation, not 'paper'"),
        ('title = "Logging is designed"', 'name = "Logging"', "unknown key 'name'"),
        (
            '"A way to keep logs that somebody answers for."',
            '" "',
            "expects must be a text that is",
        ),
        ('["sec:A.1", "ai:1"]', "[]", "requirements must hold at least 1"),
        ('["sec:A.1", "ai:1"]', '"sec:A.1"', "requirements must be a list of texts"),
        ('"ai:1"', '"ai:2"', "there is no auditable requirement 'ai:2'"),
        ('"ai:1"', '"sec:4"', "there is no auditable requirement 'sec:4'"),
        ('"ai:1"', '"sec:A.1"', "sec:A.1 is named twice"),
        ("stage = 1", 'stage = 1\nevidence = "log"', "evidence must be a list of texts"),
        ("stage = 1", "stage = 1\nstatements = 1", "statements must be true or false"),
        ("stage = 1", "stage = 1\nnot_kept = [1]", "not_kept must be a list of texts"),
    ],
)
def test_a_faulty_predicate(folder: Path, old: str, new: str, reason: str) -> None:
    change(folder, CERTIFICATION_FILE, old, new)
    name, line, found = refusal(folder)
    assert (name, line) == (CERTIFICATION_FILE, 1)
    assert found.startswith(reason)


def test_a_predicate_that_stands_twice(folder: Path) -> None:
    change(folder, CERTIFICATION_FILE, 'id = "S2"', 'id = "S1"')
    assert refusal(folder) == (CERTIFICATION_FILE, 9, "S1 stands twice")


def test_a_file_without_predicates(folder: Path) -> None:
    put(folder, CERTIFICATION_FILE, CERTIFICATION.replace("[[predicate]]", "[[predicat]]"))
    assert refusal(folder) == (CERTIFICATION_FILE, 1, "unknown key 'predicat'")
