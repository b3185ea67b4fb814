import json

import factories
import pytest

from twofold.controls.models import EvidenceClaim
from twofold.ledger.queries import position

OWNER = ("--as", "owner@acme.example")
APPROVER = ("--as", "approver@acme.example")
OUTSIDER = ("--as", "outsider@acme.example")
WHAT = ("--need", "monitoring-report", "--statement", "The system was watched.")
WHY = ("--reason", "The report was of another system.")
NOWHERE = "00000000-0000-4000-8000-000000000000"


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


@pytest.fixture
def run_of(cast):
    return factories.implementation(cast, at=factories.now())


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, by=cast.engineer, at=factories.now())


def test_a_claim_is_made_accepted_by_another_and_withdrawn(run, run_of, item):
    made = run("claim", "make", run_of.pk, item.pk, *WHAT, *OWNER)
    key = EvidenceClaim.objects.get().pk
    own = run("claim", "accept", key, *OWNER)
    accepted = run("claim", "accept", key, *APPROVER)
    listed = run("claim", "list", "--implementation", run_of.pk, *OWNER)
    withdrawn = run("claim", "withdraw", key, *WHY, *OWNER)
    told = json.loads(run("claim", "list", "--state", "withdrawn", "--json", *OWNER).out)

    assert made.out == f"{key} waits for somebody else's acceptance.\n"
    assert own.status == 1
    assert accepted.out == f"{key} is accepted.\n"
    assert "accepted" in listed.out
    assert "The system was watched." in listed.out
    assert withdrawn.out == f"{key} is withdrawn.\n"
    assert [(entry["id"], entry["withdrawal"]) for entry in told] == [(str(key), WHY[1])]
    assert position().waiting == 0 < position().size


def test_a_part_of_the_period_is_claimed_and_rejected(run, run_of, item):
    days = ("--version", 1, "--from", "2026-11-05", "--until", "2026-12-01")
    assert run("claim", "make", run_of.pk, item.pk, *days, *WHAT, *OWNER).status == 0
    row = EvidenceClaim.objects.get()
    rejected = run("claim", "reject", row.pk, *WHY, *APPROVER)

    assert (str(row.period_from), str(row.valid_until)) == ("2026-11-05", "2026-12-01")
    assert rejected.out == f"{row.pk} is rejected.\n"
    assert EvidenceClaim.objects.get().rejection == WHY[1]


def test_what_cannot_be_claimed_is_told_in_a_line(run, run_of, item):
    make = ("claim", "make")

    refused(run(*make, NOWHERE, item.pk, *WHAT, *OWNER), "There is no such implementation.")
    refused(run(*make, run_of.pk, NOWHERE, *WHAT, *OWNER), "There is no such evidence.")
    refused(run(*make, run_of.pk, item.pk, *WHAT, *APPROVER), "You hold no role")
    refused(run(*make, run_of.pk, item.pk, *WHAT, *OUTSIDER), "There is no such implementation.")
    bad = ("--need", "none", "--statement", "x")
    refused(run(*make, run_of.pk, item.pk, *bad, *OWNER), "This control asks for")
    assert not EvidenceClaim.objects.exists()


def test_claims_of_others_are_not_found(run, run_of, item, cast):
    row = factories.claim(run_of, item, cast, at=factories.now())

    refused(run("claim", "withdraw", row.pk, *WHY, *OUTSIDER), "There is no such claim.")
    assert run("claim", "list", *OUTSIDER).out == ""
    assert run("claim", "list", "--state", "strange", *OWNER).status == 2
