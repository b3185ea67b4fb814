import json
from datetime import timedelta

import factories
import pytest
from factories import governed

from twofold.findings.models import Finding
from twofold.ledger.queries import position

LEAD = ("--as", "lead@acme.example")
AUDITOR = ("--as", "auditor@acme.example")
RAISE = ("finding", "raise", "No logs", "--statement", "Seen.", "--grade", "minor")
DUE = (factories.now() + timedelta(days=30)).date().isoformat()
ANSWER = ("--cause", "Haste.", "--action", "Slow down.", "--due", DUE)


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_a_finding_is_raised_answered_and_closed_by_another(run, cast):
    raised = run(*RAISE, "--requirement", "27001:A.8.15", *LEAD)
    answered = run("finding", "answer", "F-1", *ANSWER, "--owner", "lead@acme.example", *LEAD)
    close = ("finding", "close", "F-1", "--effectiveness", "It works.")
    own = run(*close, *LEAD)
    closed = run(*close, *AUDITOR)

    assert (raised.status, raised.out) == (0, "F-1 is raised.\n")
    assert answered.out == f"F-1 is answered; it is due on {DUE}.\n"
    refused(own, "Two persons are needed")
    assert closed.out == "F-1 is closed.\n"
    row = Finding.objects.get()
    assert (row.unit, row.owner, row.closed_by) == (cast.root, cast.lead, cast.auditor)
    assert position().waiting == 0
    refused(run(*close, *AUDITOR), "This finding is closed already.")


def test_a_finding_against_a_control_stands_where_it_is_run(run, cast):
    control = factories.implementation(cast, at=factories.now())

    assert run(*RAISE, "--implementation", control.pk, *AUDITOR).status == 0

    assert (Finding.objects.get().implementation, Finding.objects.get().unit) == (
        control, cast.unit,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        ((), "Say which requirement or control it is about."),
        (("--requirement", "27001:Z"), "There is no requirement 27001:Z."),
        (("--requirement", "27001:5.1", "--unit", "Nowhere"), "There is no single unit Nowhere."),
        (("--implementation", "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"), "No such control is run."),
    ],
)
def test_a_bad_finding_is_told_in_a_line(run, cast, arguments, beginning):
    refused(run(*RAISE, *arguments, *LEAD), beginning)

    assert not Finding.objects.exists()


def test_who_may_not_raise_or_answer_is_refused(run, cast):
    governed.finding(cast, at=factories.now())

    engineer = ("--as", "engineer@acme.example")
    refused(run(*RAISE, "--requirement", "27001:5.1", *engineer), "You hold no role")
    refused(
        run("finding", "answer", "F-1", *ANSWER, "--owner", "owner@acme.example", *AUDITOR),
        "You hold no role",
    )
    refused(
        run("finding", "close", "F-1", "--effectiveness", "x", "--as", "outsider@acme.example"),
        "There is no finding F-1.",
    )
    assert Finding.objects.get().action == ""


def test_findings_are_listed(run, cast):
    at = factories.now()
    control = factories.implementation(cast, at=at)
    governed.finding(cast, at=at)
    governed.answered(governed.finding(cast, about=control, at=at), cast, at=at)

    lines = run("finding", "list", *LEAD).out.splitlines()
    told = json.loads(run("finding", "list", "--state", "open", "--json", *LEAD).out)

    assert [line.split()[0] for line in lines] == ["F-2", "F-1"]
    assert "TF-MON-01, Lending" in lines[0]
    assert "27001:A.8.15" in lines[1]
    assert [(entry["name"], entry["owner"]) for entry in told] == [
        ("F-2", "owner@acme.example"), ("F-1", None),
    ]  # fmt: skip
    for narrowed in (("--state", "closed"), ("--grade", "major"), ("--search", "nothing")):
        assert run("finding", "list", *narrowed, *LEAD).out == ""


@pytest.mark.parametrize("option", [("--state", "late"), ("--grade", "huge")])
def test_a_strange_filter_is_a_fault_of_usage(run, cast, option):
    assert run("finding", "list", *option, *LEAD).status == 2


def test_a_finding_that_was_changed_since_it_was_listed_is_not_closed(run, cast):
    run(*RAISE, "--requirement", "27001:A.8.15", *LEAD)
    (listed,) = json.loads(run("finding", "list", "--json", *LEAD).out)
    run("finding", "answer", "F-1", *ANSWER, "--owner", "lead@acme.example", *LEAD)
    close = ("finding", "close", "F-1", "--effectiveness", "It works.", "--expected")

    refused(run(*close, listed["revision"], *AUDITOR), "It was changed since you opened it")
    assert run(*close, listed["revision"] + 1, *AUDITOR).out == "F-1 is closed.\n"
