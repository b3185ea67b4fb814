"""A faulty crosswalk is refused with the line on which the row begins, and the reason."""

from pathlib import Path

import pytest
from small_catalog import CROSSWALK, CROSSWALK_FILE, put, refusal, write

from twofold.catalog.load import load
from twofold.domain.readiness import Relation

HEADER = "source,target,relation,strength,rationale\n"
WRONG_HEADER = "the first line must be source,target,relation,strength,rationale"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def crosswalk(folder: Path, text: str) -> None:
    put(folder, CROSSWALK_FILE, text)


def test_a_row_becomes_a_pair_of_both_its_ends(folder: Path) -> None:
    found = load(folder)
    (pair,) = found.pairs
    assert (pair.source, pair.target, pair.strength) == ("sec:A.1", "ai:1", 5)
    assert pair.relation is Relation.INTERSECTS
    assert pair.rationale == "Both keep, and neither throws away"
    assert found.pairs_of == {"sec:A.1": (pair,), "ai:1": (pair,)}


def test_a_crosswalk_may_hold_no_pair_yet(folder: Path) -> None:
    crosswalk(folder, HEADER)
    assert load(folder).pairs == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "source,target,relation,strength\n",
        "target,source,relation,strength,rationale\n",
        "\ufeffsource,target,relation,strength,rationale\n",
        "sec:A.1,ai:1,intersects,5,Both keep\n",
    ],
)
def test_a_wrong_header(folder: Path, text: str) -> None:
    crosswalk(folder, text)
    assert refusal(folder) == (CROSSWALK_FILE, 1, WRONG_HEADER)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", "has 0 cells, not 5"),
        ("sec:A.1,ai:1,equal,10", "has 4 cells, not 5"),
        ("sec:A.1,ai:1,equal,10,Same,", "has 6 cells, not 5"),
        ("sec:A.2,ai:1,equal,10,Same", "there is no auditable requirement 'sec:A.2'"),
        ("sec:A.1,ai:,equal,10,Same", "there is no auditable requirement 'ai:'"),
        ("sec:4,ai:1,equal,10,Same", "there is no auditable requirement 'sec:4'"),
        ("sec:A.1, ai:1,equal,10,Same", "there is no auditable requirement ' ai:1'"),
        ("sec:A.1,sec:A.1,equal,10,Same", "both ends stand in one framework"),
        (
            "sec:A.1,ai:1,Equal,10,Same",
            "relation must be one of equal, superset, subset, intersects",
        ),
        ("sec:A.1,ai:1,equal,0,Same", "strength must be an integer from 1 to 10"),
        ("sec:A.1,ai:1,equal,11,Same", "strength must be an integer from 1 to 10"),
        ("sec:A.1,ai:1,equal,-1,Same", "strength must be an integer from 1 to 10"),
        ("sec:A.1,ai:1,equal,1.0,Same", "strength must be an integer from 1 to 10"),
        ("sec:A.1,ai:1,equal,07,Same", "strength must be an integer from 1 to 10"),
        ("sec:A.1,ai:1,equal,٣,Same", "strength must be an integer from 1 to 10"),
        pytest.param(
            f"sec:A.1,ai:1,equal,{'9' * 5000},Same",
            "strength must be an integer from 1 to 10",
            id="an endless strength",
        ),
        ("sec:A.1,ai:1,equal,,Same", "strength must be an integer from 1 to 10"),
        ("sec:A.1,ai:1,equal,10,", "a pair needs a rationale"),
        ('sec:A.1,ai:1,equal,10," "', "a pair needs a rationale"),
    ],
)
def test_a_faulty_row(folder: Path, row: str, reason: str) -> None:
    crosswalk(folder, f"{HEADER}{row}\n")
    assert refusal(folder) == (CROSSWALK_FILE, 2, reason)


@pytest.mark.parametrize("again", ["sec:A.1,ai:1,subset,3,Part", "ai:1,sec:A.1,superset,3,More"])
def test_a_pair_that_stands_twice_in_whatever_direction(folder: Path, again: str) -> None:
    crosswalk(folder, f"{CROSSWALK}{again}\n")
    source, target = again.split(",")[:2]
    assert refusal(folder) == (CROSSWALK_FILE, 3, f"{source} and {target} stand twice")


def test_a_row_over_several_lines_is_named_with_its_first(folder: Path) -> None:
    crosswalk(folder, f'{HEADER}sec:A.1,ai:1,equal,0,"Over\nthree\nlines"\n')
    assert refusal(folder)[:2] == (CROSSWALK_FILE, 2)
    crosswalk(folder, f'{HEADER}sec:A.1,ai:1,equal,9,"Over\nthree\nlines"\nx\n')
    assert refusal(folder) == (CROSSWALK_FILE, 5, "has 1 cells, not 5")


@pytest.mark.parametrize(
    "row", ['sec:A.1,ai:1,equal,10,"never ends', 'sec:A.1,ai:1,equal,10,"a"b', "a\rb,c"]
)
def test_what_is_no_csv(folder: Path, row: str) -> None:
    crosswalk(folder, f"{CROSSWALK}{row}\n")
    name, line, reason = refusal(folder)
    assert (name, line) == (CROSSWALK_FILE, 3)
    assert reason.startswith("is no CSV: ")
