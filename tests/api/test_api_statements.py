import io
import json
from datetime import timedelta

import factories
import pytest
from factories import stated
from factories.programs import Caller
from problems import faults, problem
from python_calamine import CalamineWorkbook

from twofold.controls.models import Applicability, Statement
from twofold.people.access import Permission

GIVEN = {"framework": "42001", "unit": "Lending", "change_note": "The first."}


@pytest.fixture
def lead(cast, client):
    """A program of the lead that decides and prepares."""
    carried = (Permission.READ, Permission.DECIDE_APPLICABILITY, Permission.PREPARE_STATEMENT)
    return Caller(client, factories.token(cast.lead, cast, *carried))


@pytest.fixture
def approver(cast, client):
    carried = (Permission.READ, Permission.APPROVE_STATEMENT)
    return Caller(client, factories.token(cast.approver, cast, *carried))


def today():
    return factories.now().date().isoformat()


def test_a_statement_is_prepared_approved_read_and_exported(lead, approver, cast):
    stated.decide(cast, at=factories.now())

    made = lead.ask("POST", "/statements", GIVEN)
    path = f"/statements/{made.json()['id']}"
    approved = approver.ask("POST", f"{path}/approve", {"effective_date": today()})
    read = lead.ask("GET", path).json()
    sheet = lead.ask("GET", f"{path}/export/xlsx")
    plan = lead.ask("GET", f"{path}/export/oscal")

    assert (made.status_code, approved.status_code) == (201, 200)
    assert approved.json()["approved_by"] == "approver@acme.example"
    assert (read["unit"], read["number"], read["change_note"]) == ("Lending", 1, "The first.")
    assert len(read["content"]["rows"]) == 38
    assert read["sha256"] == Statement.objects.get().sha256
    assert "Controls" in CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).sheet_names
    assert sheet["Content-Disposition"] == 'attachment; filename="soa-42001-v1.xlsx"'
    assert "system-security-plan" in json.loads(plan.content)
    listed = lead.ask("GET", "/statements?framework=42001").json()
    assert [entry["id"] for entry in listed] == [read["id"]]
    assert lead.ask("GET", "/statements?framework=27001").json() == []


def test_what_blocks_an_approval_is_told_and_refused(lead, approver, cast):
    told = lead.ask("GET", "/statements/today?framework=42001&unit=Lending").json()
    made = lead.ask("POST", "/statements", GIVEN).json()

    refused = approver.ask("POST", f"/statements/{made['id']}/approve", {"effective_date": today()})

    assert told["undecided"] == stated.annex("42001")
    assert (told["groundless"], told["needed"]) == ([], {})
    assert "Nobody has decided" in problem(refused, 409)["detail"]


def test_who_prepared_it_does_not_approve_it(cast, client):
    both = (Permission.READ, Permission.PREPARE_STATEMENT, Permission.APPROVE_STATEMENT)
    caller = Caller(client, factories.token(cast.lead, cast, *both))
    stated.decide(cast, at=factories.now())
    made = caller.ask("POST", "/statements", GIVEN).json()

    refused = caller.ask("POST", f"/statements/{made['id']}/approve", {"effective_date": today()})

    assert problem(refused, 403)["type"] == "urn:twofold:problem:separation-of-duties"
    assert Statement.objects.get().approved_at is None


@pytest.mark.parametrize(("changes", "fields"), [
    ({"framework": "airmf"}, {"framework"}), ({"framework": None}, {"framework"}),
    ({"unit": "Nowhere"}, {"unit"}), ({"change_note": "x" * 501}, {"change_note"}),
    ({"change_note": "a\x00"}, {"change_note"}), ({"content": {}}, {"content"}),
])  # fmt: skip
def test_a_bad_version_is_refused_by_field(lead, cast, changes, fields):
    given = {key: value for key, value in {**GIVEN, **changes}.items() if value is not None}

    assert faults(lead.ask("POST", "/statements", given)) == fields
    assert not Statement.objects.exists()


def test_a_day_in_the_past_is_refused(lead, approver, cast):
    stated.decide(cast, at=factories.now())
    made = lead.ask("POST", "/statements", GIVEN).json()
    past = (factories.now() - timedelta(days=1)).date().isoformat()

    refused = approver.ask("POST", f"/statements/{made['id']}/approve", {"effective_date": past})

    assert faults(refused) == {"effective_date"}


def test_versions_are_compared_with_each_other_and_with_today(lead, cast):
    first = stated.sealed(cast, at=factories.now())
    factories.implementation(cast, at=factories.now())
    second = stated.prepare(cast, at=factories.now())

    now = lead.ask("GET", f"/statements/{first.pk}/compare").json()
    other = lead.ask("GET", f"/statements/{first.pk}/compare?other={second.pk}").json()

    assert now == other
    assert (now["added"], now["removed"]) == ([], [])
    assert {"control": "42001:A.6.2.6", "field": "status", "before": ["Not started"],
            "after": ["Partly implemented"]} in now["changed"]  # fmt: skip
    assert 0 < now["unchanged"] < 38


def test_decisions_are_taken_with_grounds_and_listed(lead, cast):
    given = {"unit": "Lending", "decisions": [
        {"requirement": "42001:A.2.2", "applicable": True, "reason": "We promise.",
         "grounds": [{"kind": "law", "reference": "EU AI Act"}]},
        {"requirement": "42001:A.10.2", "applicable": False, "reason": "Nobody supplies us."},
    ]}  # fmt: skip

    made = lead.ask("POST", "/applicability", given)
    listed = lead.ask("GET", "/applicability?unit=Lending").json()

    assert made.status_code == 201
    assert {entry["id"] for entry in listed} == {entry["id"] for entry in made.json()}
    by_id = {entry["requirement"]: entry for entry in listed}
    assert by_id["42001:A.2.2"]["grounds"] == [{"kind": "law", "reference": "EU AI Act"}]
    assert by_id["42001:A.10.2"]["decided_by"] == "lead@acme.example"
    assert lead.ask("GET", "/applicability").json() == []


@pytest.mark.parametrize(("decision", "fields"), [
    ({"requirement": "42001:A.99"}, {"requirement"}), ({"reason": ""}, {"decisions.0.reason"}),
    ({"grounds": [{"kind": "whim", "reference": "x"}]}, {"decisions.0.grounds.0.kind"}),
    ({"applicable": False, "grounds": [{"kind": "law", "reference": "x"}]}, {"grounds"}),
    ({"requirement": "42001:9.1", "applicable": False}, {"applicable"}),
])  # fmt: skip
def test_a_bad_decision_is_refused_and_none_is_kept(lead, cast, decision, fields):
    good = {"requirement": "42001:A.2.2", "applicable": True, "reason": "We promise."}
    given = {"unit": "Lending", "decisions": [{**good, **decision}]}

    assert faults(lead.ask("POST", "/applicability", given)) == fields
    assert not Applicability.objects.exists()


def test_statements_are_not_for_a_token_of_one_system_or_one_out_of_reach(cast, client, lead):
    made = stated.sealed(cast, at=factories.now())
    loans = factories.system(cast, code="loans", at=factories.now())
    narrow = factories.token(cast.lead, cast, Permission.READ, restricted_to=loans.ledger_subject)
    outside = factories.token(cast.outsider, cast, Permission.READ)

    for path in ("/statements", f"/statements/{made.pk}", "/applicability"):
        problem(Caller(client, narrow).ask("GET", path), 403)
    problem(Caller(client, outside).ask("GET", f"/statements/{made.pk}"), 404)
    problem(Caller(client, outside).ask("GET", f"/statements/{made.pk}/export/pdf"), 404)
    assert Caller(client, outside).ask("GET", "/statements").json() == []


@pytest.mark.parametrize("format_", ["exe", "", "PDF"])
def test_an_unknown_format_is_refused(lead, cast, format_):
    made = stated.sealed(cast, at=factories.now())

    assert lead.ask("GET", f"/statements/{made.pk}/export/{format_}").status_code in {404, 422}


def test_a_version_that_was_prepared_anew_since_it_was_read_is_not_approved(lead, approver, cast):
    stated.decide(cast, at=factories.now())
    made = lead.ask("POST", "/statements", GIVEN).json()
    again = lead.ask("POST", "/statements", {**GIVEN, "change_note": "Anew."}).json()
    address = f"/statements/{made['id']}/approve"
    given = {"effective_date": today()}

    refused = approver.ask("POST", address, {**given, "expected": made["revision"]})

    assert again["id"] == made["id"]
    assert problem(refused, 409)["type"].endswith("outdated")
    assert Statement.objects.get().approved_at is None
    sealed = approver.ask("POST", address, {**given, "expected": again["revision"]}).json()
    assert sealed["revision"] == again["revision"] + 1


def test_a_decision_does_not_replace_one_that_was_not_read(lead, cast):
    decision = {"requirement": "42001:A.2.2", "applicable": True, "reason": "Ours.", "expected": 0}
    (made,) = lead.ask("POST", "/applicability", {"decisions": [decision]}).json()

    refused = lead.ask("POST", "/applicability", {"decisions": [decision]})

    assert problem(refused, 409)["type"].endswith("outdated")
    decision["expected"] = made["revision"]
    (again,) = lead.ask("POST", "/applicability", {"decisions": [decision]}).json()
    assert (again["id"], again["revision"]) == (made["id"], 2)
