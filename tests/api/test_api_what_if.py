"""What if over the API: the same answer as on the page, and nothing is written."""

import factories
import pytest
from factories import governed
from factories.programs import Caller
from problems import faults, problem

from twofold.ledger.queries import newest
from twofold.people.access import Permission
from twofold.reporting.standing import forget

ROLES = "TF-ROL-01"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


@pytest.fixture
def lead(cast, client):
    return Caller(client, factories.token(cast.lead, cast, Permission.READ))


def ask(caller, *given):
    return caller.ask("POST", "/what-if", {"suppositions": list(given)})


def test_a_control_that_is_shown_turns_requirements_and_writes_nothing(lead):
    before = [line.leaf_hash for line in newest(limit=500)]

    answer = ask(lead, {"change": "shown", "value": ROLES})

    assert answer.status_code == 200, answer.content
    told = {entry["id"]: entry for entry in answer.json()}
    assert set(told) == {"27001", "42001"}
    turns = {turn["requirement"]: turn for turn in told["42001"]["requirements"]}
    assert (turns["42001:5.3"]["before"], turns["42001:5.3"]["after"]) == ("gap", "conforming")
    assert turns["42001:5.3"]["reason"]
    assert told["42001"]["after"]["met"] > told["42001"]["before"]["met"]
    assert told["42001"]["forecast_after"]["open"] < told["42001"]["forecast_before"]["open"]
    assert [line.leaf_hash for line in newest(limit=500)] == before


def test_what_is_offered_can_be_supposed(cast, lead):
    row = factories.implementation(cast, control=ROLES, at=factories.now())
    item = factories.evidence_item(cast, kind="audit-report", at=factories.now())
    found = governed.finding(cast, about=row, at=factories.now())
    offered = {
        (entry["change"], entry["value"]): entry for entry in lead.ask("GET", "/what-if").json()
    }

    for pair in (("closes", found.ledger_subject), ("raised", row.ledger_subject),
                 ("expires", item.ledger_subject), ("shown", ROLES)):  # fmt: skip
        assert offered[pair]["label"]
        assert ask(lead, dict(zip(("change", "value"), pair, strict=True))).status_code == 200
    only = lead.ask("GET", "/what-if?change=closes").json()
    assert [entry["value"] for entry in only] == [found.ledger_subject]


def test_a_requirement_beyond_the_cut_list_can_be_supposed(lead):
    last = {"change": "raised", "value": "27001:A.8.34", "detail": "No plan"}
    offered = {entry["value"] for entry in lead.ask("GET", "/what-if?change=raised").json()}

    assert "27001:A.8.34" not in offered
    assert ask(lead, last).status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"change": "shown", "value": "TF-XXX-01"},
        {"change": "expires", "value": "evidence.evidenceitem:no-key"},
        {
            "change": "expires",
            "value": "evidence.evidenceitem:00000000-0000-4000-8000-000000000000",
        },
        {"change": "expires", "value": "27001:A.8.15"},
        {"change": "applies", "value": "27001:A.8.15"},
    ],
)
def test_what_cannot_be_supposed_is_refused_by_place(lead, given):
    good = {"change": "shown", "value": ROLES}

    assert faults(ask(lead, good, given)) == {"suppositions.1.value"}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ([], {"suppositions"}),
        ([{"change": "explodes", "value": "x"}], {"suppositions.0.change"}),
        ([{"change": "shown", "value": ""}], {"suppositions.0.value"}),
        ([{"change": "shown", "value": ROLES, "on": 1}], {"suppositions.0.on"}),
    ],
)
def test_a_malformed_question_is_refused_by_field(lead, given, fields):
    assert faults(ask(lead, *given)) == fields


def test_records_of_others_cannot_be_supposed(cast, client):
    item = factories.evidence_item(cast, at=factories.now())
    outsider = Caller(client, factories.token(cast.outsider, cast, Permission.READ))

    assert faults(ask(outsider, {"change": "expires", "value": item.ledger_subject})) == {
        "suppositions.0.value"
    }


def test_a_token_that_does_not_read_is_told_nothing(sender):
    problem(sender.ask("GET", "/what-if"), 403)
    problem(ask(sender, {"change": "shown", "value": ROLES}), 403)
