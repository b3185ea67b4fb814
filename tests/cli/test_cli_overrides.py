import json
from datetime import timedelta

import factories
import pytest

from twofold.controls.models import Override
from twofold.ledger.queries import position

LEAD = ("--as", "lead@acme.example")
APPROVER = ("--as", "approver@acme.example")
UNIT = ("--unit", "Lending")
UNTIL = (factories.now() + timedelta(days=60)).date().isoformat()
REQUEST = ("override", "request", "27001:A.8.15", "--reason", "The archive shows it.")
CONFORMING = ("--status", "conforming", "--until", UNTIL)


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_a_status_is_asked_for_approved_by_another_and_withdrawn(run, cast):
    asked = run(*REQUEST, *CONFORMING, *UNIT, *LEAD)
    own = run("override", "approve", "27001:A.8.15", *UNIT, *LEAD)
    approved = run("override", "approve", "27001:A.8.15", *UNIT, *APPROVER)
    listed = run("override", "list", *LEAD)
    told = json.loads(run("override", "list", "--state", "standing", "--json", *LEAD).out)
    withdrawn = run("override", "withdraw", "27001:A.8.15", *UNIT, *LEAD)

    assert asked.out == "27001:A.8.15 waits for somebody else's approval.\n"
    refused(own, "Two persons are needed")
    assert approved.out == f"27001:A.8.15 shows conforming until {UNTIL}.\n"
    assert "standing" in listed.out
    assert [entry["approved_by"] for entry in told] == ["approver@acme.example"]
    assert withdrawn.out == "27001:A.8.15 shows its computed status again.\n"
    assert Override.objects.get().withdrawn_at is not None
    assert position().waiting == 0
    refused(
        run("override", "withdraw", "27001:A.8.15", *UNIT, *LEAD),
        "There is no override of 27001:A.8.15 in Lending.",
    )


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        ((*CONFORMING, *APPROVER), "You hold no role"),
        ((*CONFORMING, "--unit", "Nowhere", *LEAD), "There is no single unit Nowhere."),
        (("--status", "gap", "--until", "2001-01-01", *LEAD), "An override ends within"),
    ],
)
def test_a_bad_request_is_told_in_a_line(run, cast, arguments, beginning):
    refused(run(*REQUEST, *arguments), beginning)

    assert not Override.objects.exists()


def test_a_status_that_cannot_be_set_is_a_fault_of_usage(run, cast):
    assert run(*REQUEST, "--status", "effective", "--until", UNTIL, *LEAD).status == 2
    assert run("override", "list", "--state", "strange", *LEAD).status == 2
