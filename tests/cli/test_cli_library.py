import json
import tomllib

import factories
import pytest
from factories import governed

from twofold.catalog.load import catalog
from twofold.controls.models import ImportedFramework, LibraryEntry
from twofold.controls.queries import library
from twofold.ledger.queries import position

LEAD = ("--as", "lead@acme.example")
OWNER = ("--as", "owner@acme.example")
WHY = ("--reason", "The organisation wants it so.")
FRAMEWORK = """\
[[framework]]
id = "house"
title = "House rules"
short_title = "House"
edition = "1"

[[requirement]]
id = "house:1"
title = "Doors"
kind = "control"
auditable = true
summary = "Doors are shut."
evidence = ["A door", "A lock"]
questions = ["Which door?", "Whose lock?"]
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="given.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(ended, words):
    assert ended.status == 1
    assert ended.err.startswith("twofold: "), ended.err
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_every_control_is_listed_with_what_was_done_to_it(run, cast):
    governed.own_control(cast, at=factories.now())

    lines = run("library", "list").out.splitlines()
    rows = json.loads(run("library", "list", "--json", "--change", "added").out)

    assert len(lines) == len(catalog().controls) + 1
    assert "TF-MON-01             shipped   Monitoring of AI systems in operation" in lines
    assert rows == [{"id": "OWN-BAK-01", "title": "Escrow of source code", "change": "added"}]


def test_the_list_is_narrowed_by_area_and_framework(run, cast):
    assert len(run("library", "list", "--area", "access").out.splitlines()) == 2
    assert run("library", "list", "--framework", "nobody").out == ""


def test_controls_are_added_shown_and_adapted_by_file(run, cast, file):
    added = run("library", "add", file(governed.OWN_CONTROL), *WHY, *LEAD)
    shown = run("library", "show", "OWN-BAK-01")
    text = shown.out.replace("Escrow of source code", "Escrow")
    adapted = run("library", "adapt", file(text), *WHY, *LEAD)

    assert (added.status, added.out) == (0, "Added: OWN-BAK-01.\n")
    assert tomllib.loads(shown.out) == tomllib.loads(governed.OWN_CONTROL)
    assert (adapted.status, adapted.out) == (0, "Adapted: OWN-BAK-01.\n")
    assert library().control_by_id["OWN-BAK-01"].title == "Escrow"
    assert LibraryEntry.objects.get().reason == "The organisation wants it so."
    assert position().waiting == 0 < position().size


def test_one_control_is_adapted_at_a_time(run, cast, file):
    text = run("library", "show", "TF-MON-01").out + run("library", "show", "TF-ACC-01").out

    refused(run("library", "adapt", file(text), *WHY, *LEAD), "adapt one control at a time")


def test_a_control_is_retired_and_restored(run, cast):
    retired = run("library", "retire", "TF-MON-01", *WHY, *LEAD)
    assert (retired.status, retired.out) == (0, "Retired: TF-MON-01.\n")
    assert "TF-MON-01" not in library().control_by_id

    restored = run("library", "restore", "TF-MON-01", *WHY, *LEAD)
    assert (restored.status, restored.out) == (0, "Restored: TF-MON-01.\n")
    assert library().control_by_id["TF-MON-01"] == catalog().control_by_id["TF-MON-01"]


def test_a_control_that_is_run_is_not_retired(run, cast):
    factories.implementation(cast, at=factories.now())

    refused(run("library", "retire", "TF-MON-01", *WHY, *LEAD), "is run in 1 scopes")


def test_a_framework_is_imported_and_listed(run, cast, file):
    ended = run("library", "import", file(FRAMEWORK), *LEAD)

    assert (ended.status, ended.out) == (0, "Imported: House rules as house, 1 requirements.\n")
    assert run("library", "frameworks").out.split() == ["house", "1", "House", "rules"]
    assert ImportedFramework.objects.get().file_name == "given.toml"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (FRAMEWORK.replace('edition = "1"', ""), "", "given.toml, line 1: edition must be a text"),
        (FRAMEWORK, "other", "The file names the framework house"),
        ("{", "X", "given.toml, line 1: $: is no JSON"),
        (b" " * (5 * 1024**2 + 1), "", "given.toml, line 1: has more than 5 MB"),
    ],
    ids=range(4),
)
def test_a_faulty_framework_is_refused_in_a_line(run, cast, file, text, code, words):
    refused(run("library", "import", file(text), "--code", code, *LEAD), words)

    assert not ImportedFramework.objects.exists()


def test_the_library_is_kept_by_those_who_lead_alone(run, cast, file):
    for command in (
        ("add", file(governed.OWN_CONTROL), *WHY),
        ("retire", "TF-MON-01", *WHY),
        ("restore", "TF-MON-01", *WHY),
        ("import", file(FRAMEWORK)),
    ):
        refused(run("library", *command, *OWNER), "You hold no role")

    assert not LibraryEntry.objects.exists()


def test_a_file_that_is_not_there_is_a_fault_of_usage(run, cast):
    assert run("library", "add", "gone.toml", *WHY, *LEAD).status == 2


def test_a_framework_is_withdrawn_when_nothing_bears_on_it(run, cast, file):
    run("library", "import", file(FRAMEWORK), *LEAD)
    found = governed.finding(cast, requirement="house:1", at=factories.now())
    held = run("library", "withdraw", "house", *WHY, *LEAD)
    run("library", "import", file(FRAMEWORK.replace("house", "barn"), "barn.toml"), *LEAD)

    refused(held, str(found))
    refused(run("library", "withdraw", "barn", *WHY, *OWNER), "You hold no role")
    assert run("library", "withdraw", "barn", *WHY, *LEAD).out == "Withdrawn: House rules.\n"
    assert run("library", "frameworks").out.split()[0] == "house"
    refused(run("library", "withdraw", "barn", *WHY, *LEAD), "No framework barn")
    assert position().waiting == 0
