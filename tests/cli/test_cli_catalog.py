import json
from collections import Counter

from twofold import __version__
from twofold.catalog.load import catalog


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


def test_an_unknown_command_is_a_fault_of_usage(run):
    ended = run("catalogue")

    assert ended.status == 2
    assert "No such command" in ended.err
