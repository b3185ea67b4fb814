import json

import factories
import pytest
from factories import stated
from python_calamine import CalamineWorkbook

from twofold.controls.models import Statement
from twofold.ledger.queries import position

LEAD = ("--unit", "Lending", "--as", "lead@acme.example")
APPROVER = ("--unit", "Lending", "--as", "approver@acme.example")


@pytest.fixture
def decided(cast):
    stated.decide(cast, at=factories.now())


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1


def test_a_statement_is_prepared_approved_and_exported(run, cast, decided, tmp_path):
    prepared = run("statement", "prepare", "42001", "--note", "The first.", *LEAD)
    own = run("statement", "approve", "42001", *LEAD)
    approved = run("statement", "approve", "42001", *APPROVER)
    path = tmp_path / "soa.xlsx"
    exported = run("statement", "export", "42001", path, "--format", "xlsx", *APPROVER)

    row = Statement.objects.get()
    assert prepared.out == "Version 1 of 42001 waits for somebody else's approval.\n"
    refused(own, "Two persons are needed")
    assert approved.out == f"Version 1 of 42001 is sealed, SHA-256 {row.sha256}.\n"
    assert (row.change_note, row.effective_date) == ("The first.", factories.now().date())
    assert exported.out == f"Written: {path} (Version 1)\n"
    assert CalamineWorkbook.from_path(str(path)).sheet_names == ["Statement", "Controls"]
    assert position().waiting == 0


def test_versions_are_listed(run, cast, decided):
    run("statement", "prepare", "42001", *LEAD)

    told = run("statement", "list", "--as", "lead@acme.example")
    listed = json.loads(run("statement", "list", "--json", "--as", "lead@acme.example").out)

    assert told.out.split() == ["42001", "1", "draft", "Lending"]
    assert [(row["framework"], row["version"], row["effective_from"]) for row in listed] == [
        ("42001", 1, "")
    ]
    assert run("statement", "list", "--as", "outsider@acme.example").out == ""


def test_what_blocks_an_approval_is_said(run, cast):
    run("statement", "prepare", "42001", *LEAD)

    refused(run("statement", "approve", "42001", *APPROVER), "Nobody has decided on 42001:A.2.2")


@pytest.mark.parametrize(("arguments", "beginning"), [
    (("prepare", "airmf", *LEAD), "There is no standard airmf"),
    (("approve", "42001", *APPROVER), "There is no such Statement"),
    (("prepare", "42001", *APPROVER), "You hold no role"),
    (("prepare", "42001", "--unit", "Lending", "--as", "outsider@acme.example"), "You hold no"),
    (("approve", "42001", "--unit", "Nowhere", "--as", "lead@acme.example"), "There is no single"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(run, cast, arguments, beginning):
    refused(run("statement", *arguments), beginning)
    assert not Statement.objects.exists()


def test_a_day_of_effect_may_lie_ahead_and_a_version_is_chosen_by_number(
    run, cast, decided, tmp_path
):
    run("statement", "prepare", "42001", *LEAD)
    run("statement", "approve", "42001", "--effective", "2099-01-31", *APPROVER)
    run("statement", "prepare", "42001", *LEAD)
    path = tmp_path / "plan.json"

    first = run("statement", "export", "42001", path, "--format", "oscal", "--version", 1, *LEAD)
    newest = run("statement", "export", "42001", path, "--format", "oscal", *LEAD)

    assert Statement.objects.get(number=1).effective_date.year == 2099
    assert first.out.endswith("(Version 1)\n")
    assert newest.out.endswith("(DRAFT of version 2)\n")
    assert run("statement", "export", "42001", path, "--format", "exe", *LEAD).status == 2


def test_a_draft_that_was_prepared_anew_since_it_was_listed_is_not_approved(run, cast, decided):
    run("statement", "prepare", "42001", *LEAD)
    (listed,) = json.loads(run("statement", "list", "--json", "--as", "lead@acme.example").out)
    run("statement", "prepare", "42001", "--note", "Anew.", *LEAD)
    approve = ("statement", "approve", "42001", "--expected")

    refused(run(*approve, listed["revision"], *APPROVER), "It was changed since you opened it")
    assert run(*approve, listed["revision"] + 1, *APPROVER).status == 0
