import json
import shutil
from collections import Counter

import pytest

from twofold import __version__
from twofold.catalog import load
from twofold.catalog.load import catalog


@pytest.fixture
def other_catalog(monkeypatch, tmp_path):
    """A copy of the shipped catalogue that the commands read, for a test to spoil."""
    folder = tmp_path / "catalogue"
    shutil.copytree(load.DATA, folder)
    monkeypatch.setattr(load, "DATA", folder)
    catalog.cache_clear()
    yield folder
    catalog.cache_clear()


def test_the_version_is_told(run):
    assert run("--version").out == f"twofold, version {__version__}\n"


def test_every_requirement_is_listed(run):
    rows = json.loads(run("catalog", "list", "--json").out)

    assert all({"framework", "id", "title", "kind"} <= set(row) for row in rows)
    assert {row["id"] for row in rows} == set(catalog().requirements)
    kinds = Counter((row["id"].partition(":")[0], row["kind"]) for row in rows)
    assert kinds["27001", "control"] == 93
    assert kinds["42001", "control"] == 38
    assert kinds["airmf", "subcategory"] == 72


def test_every_pair_of_the_crosswalk_is_listed(run):
    rows = json.loads(run("catalog", "crosswalk", "--json").out)

    keys = {"source", "target", "relation", "strength", "rationale"}
    assert len(rows) == len(catalog().pairs)
    assert all(keys <= set(row) and row["rationale"] for row in rows)
    assert {row["relation"] for row in rows} <= {"equal", "subset", "superset", "intersects"}
    assert {row["source"] for row in rows} <= set(catalog().requirements)


def test_lists_for_people_hold_a_line_each(run):
    requirements = run("catalog", "list").out.splitlines()
    pairs = run("catalog", "crosswalk").out.splitlines()

    assert len(requirements) == len(catalog().requirements)
    assert any(line.startswith("27001:A.8.15 ") and "Logging" in line for line in requirements)
    assert len(pairs) == len(catalog().pairs)


def test_the_shipped_catalogue_is_proved_complete_with_its_counts(run):
    ended = run("catalog", "check")

    assert ended.status == 0
    counts, verdict = ended.out.splitlines()
    assert f"{len(catalog().pairs):,} pairs" in counts
    assert f"{len(catalog().controls)} controls" in counts
    assert verdict == "Complete."


def test_the_proof_is_told_as_json(run):
    ended = run("catalog", "check", "--json")

    assert ended.status == 0
    assert json.loads(ended.out) == {
        "requirements": sum(entry.auditable for entry in catalog().requirements.values()),
        "pairs": len(catalog().pairs),
        "without_counterpart": len(catalog().unpaired),
        "controls": len(catalog().controls),
        "credits": sum(len(control.credits) for control in catalog().controls),
        "checks": sum(len(control.checks) for control in catalog().controls),
        "problems": [],
    }


def test_what_is_missing_is_named_and_the_proof_fails(run, other_catalog):
    (other_catalog / "crosswalk" / "euaia-42001.none.csv").unlink()

    ended = run("catalog", "check")
    told = json.loads(run("catalog", "check", "--json").out)

    assert ended.status == 1
    *named, _counts, verdict = ended.out.splitlines()
    assert "euaia:Art. 40: has no counterpart in 42001 and is not said to have none" in named
    assert verdict == f"{len(named)} problems."
    assert [f"{row['about']}: {row['reason']}" for row in told["problems"]] == named
    assert run("catalog", "check", "--json").status == 1


def test_a_malformed_catalogue_is_refused_with_file_line_and_reason(run, other_catalog):
    with (other_catalog / "crosswalk" / "airmf-27001.csv").open("a", encoding="utf-8") as file:
        file.write("airmf:GOVERN 1.1,27001:A.5.31,alike,5,Twice\n")

    ended = run("catalog", "check")

    assert ended.status != 0
    assert "airmf-27001.csv, line " in ended.err
    assert "relation must be one of equal, superset, subset, intersects" in ended.err
    assert "Traceback" not in ended.err


def test_an_unknown_command_is_a_fault_of_usage(run):
    ended = run("catalogue")

    assert ended.status == 2
    assert "No such command" in ended.err
