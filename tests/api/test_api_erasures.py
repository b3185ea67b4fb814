"""Erasures over the API."""

import factories
import pytest
from factories.programs import Caller
from problems import faults, problem

from twofold.controls import actions as controls
from twofold.evidence.models import EvidenceItem
from twofold.people.access import Permission
from twofold.people.models import Person

NOBODY = "00000000-0000-4000-8000-000000000000"


def program(somebody, cast, client, *permissions):
    carried = (Permission.READ, *permissions)
    return Caller(client, factories.token(somebody, cast, *carried))


@pytest.fixture
def lead(cast, client):
    return program(cast.lead, cast, client, Permission.ERASE_EVIDENCE, Permission.ERASE_PERSON)


@pytest.fixture
def approver(cast, client):
    return program(cast.approver, cast, client, Permission.ERASE_EVIDENCE)


@pytest.fixture
def item(cast):
    made = factories.evidence_item(cast, at=factories.now())
    run = factories.implementation(cast, at=factories.now())
    claim = factories.claim(run, made, cast, at=factories.now())
    controls.accept_claim(claim, by=factories.actor(cast.approver), at=factories.now())
    return made


@pytest.fixture
def given(item):
    return {"subject": item.ledger_subject, "reason": "It was asked for."}


def test_evidence_is_erased_by_two(lead, approver, given, item):
    made = lead.ask("POST", "/erasures", given)
    address = f"/erasures/{made.json()['id']}"
    own = lead.ask("POST", f"{address}/confirm")
    confirmed = approver.ask("POST", f"{address}/confirm")
    again = approver.ask("POST", f"{address}/confirm")
    listed = lead.ask("GET", "/erasures?state=erased").json()

    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    loss = made.json()["loss"]
    assert (loss["versions"], loss["size"], len(loss["claims"])) == (1, 13, 1)
    assert "27001:A.8.16" in loss["requirements"]
    assert problem(own, 403)["type"].endswith("separation-of-duties")
    told = confirmed.json()
    assert (told["state"], told["loss"], told["files"]) == ("erased", None, 1)
    assert (told["asked_by"], told["decided_by"]) == ("lead@acme.example", "approver@acme.example")
    assert len(told["entries"]) == 1
    assert problem(again, 409)["detail"] == "It is erased already."
    assert [entry["subject"] for entry in listed] == [item.ledger_subject]
    assert EvidenceItem.objects.get(pk=item.pk).erased_at is not None
    assert lead.ask("GET", "/erasures?state=waiting").json() == []


def test_a_person_is_erased_by_two_others(cast, client, lead):
    administrator = program(cast.administrator, cast, client, Permission.ERASE_PERSON)
    made = administrator.ask(
        "POST", "/erasures", {"subject": cast.owner.ledger_subject, "reason": "They left."}
    )
    confirmed = lead.ask("POST", f"/erasures/{made.json()['id']}/confirm")

    assert made.json()["loss"]["roles"] == 1
    assert confirmed.json()["state"] == "erased"
    assert Person.objects.get(pk=cast.owner.pk).name == ""


def test_an_erasure_is_taken_back(lead, given):
    address = f"/erasures/{lead.ask('POST', '/erasures', given).json()['id']}"

    nothing = lead.ask("POST", f"{address}/withdraw", {"reason": ""})
    done = lead.ask("POST", f"{address}/withdraw", {"reason": "It is needed."})

    assert faults(nothing) == {"reason"}
    assert (done.json()["state"], done.json()["withdrawal"]) == ("withdrawn", "It is needed.")


@pytest.mark.parametrize(
    ("changes", "status", "fields"),
    [
        ({"reason": ""}, 422, {"reason"}),
        ({"reason": "x" * 501}, 422, {"reason"}),
        ({"subject": "people.unit:1"}, 422, {"subject"}),
        ({"subject": f"evidence.evidenceitem:{NOBODY}"}, 404, {"subject"}),
        ({"subject": "evidence.evidenceitem:x"}, 404, {"subject"}),
        ({"subject": f"people.person:{NOBODY}"}, 404, set()),
        ({"more": 1}, 422, {"more"}),
    ],
)
def test_what_cannot_be_asked_for_is_refused(lead, given, changes, status, fields):
    refused = lead.ask("POST", "/erasures", {**given, **changes})

    assert problem(refused, status)
    assert {fault["field"] for fault in refused.json().get("errors", [])} == fields


def test_who_may_not_erase_is_refused_and_others_see_nothing(cast, client, lead, given):
    address = f"/erasures/{lead.ask('POST', '/erasures', given).json()['id']}"
    owner = program(cast.owner, cast, client)
    outsider = program(cast.outsider, cast, client, Permission.ERASE_EVIDENCE)

    assert problem(owner.ask("POST", "/erasures", given), 403)
    assert problem(owner.ask("POST", f"{address}/confirm"), 403)
    assert owner.ask("GET", address).status_code == 200
    assert problem(outsider.ask("GET", address), 404)
    assert outsider.ask("GET", "/erasures").json() == []
