"""Statuses set by hand over the API."""

from datetime import timedelta

import factories
import pytest
from factories import governed
from factories.programs import Caller
from problems import faults, problem

from twofold.controls.models import Override
from twofold.people.access import Permission


@pytest.fixture
def lead(cast, client):
    carried = (Permission.READ, Permission.OVERRIDE, Permission.APPROVE_OVERRIDE)
    return Caller(client, factories.token(cast.lead, cast, *carried))


@pytest.fixture
def approver(cast, client):
    carried = (Permission.READ, Permission.APPROVE_OVERRIDE)
    return Caller(client, factories.token(cast.approver, cast, *carried))


@pytest.fixture
def given(cast):
    governed.approve_everywhere(cast)
    return {
        "requirement": governed.LOGGING,
        "unit": "Acme",
        "status": "conforming",
        "reason": "The archive shows it.",
        "expires_date": (factories.now() + timedelta(days=60)).date().isoformat(),
    }


def test_a_status_is_asked_for_approved_by_another_and_withdrawn(cast, lead, approver, given):
    made = lead.ask("POST", "/overrides", given)
    address = f"/overrides/{made.json()['id']}"
    own = lead.ask("POST", f"{address}/approve")
    approved = approver.ask("POST", f"{address}/approve")
    told = lead.ask("GET", f"/requirements/{governed.LOGGING}").json()
    counted = lead.ask("GET", "/posture").json()["frameworks"]
    refused = approver.ask("POST", f"{address}/withdraw")
    withdrawn = lead.ask("POST", f"{address}/withdraw")

    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    assert problem(own, 403)["type"].endswith("separation-of-duties")
    assert (approved.json()["state"], approved.json()["approved_by"]) == (
        "standing", cast.approver.email,
    )  # fmt: skip
    assert (told["status"], told["computed"], told["overridden"]) == ("conforming", "unknown", True)
    assert {entry["id"]: entry["overridden"] for entry in counted}["27001"] == 1
    problem(refused, 403)
    assert withdrawn.json()["state"] == "withdrawn"
    problem(lead.ask("POST", f"{address}/withdraw"), 409)
    assert lead.ask("GET", address).json() == withdrawn.json()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"requirement": "27001:Z"}, {"requirement"}),
        ({"status": "effective"}, {"status"}),
        ({"status": "splendid"}, {"status"}),
        ({"reason": ""}, {"reason"}),
        ({"expires_date": "2001-01-01"}, {"expires_date"}),
        ({"unit": "Nowhere"}, {"unit"}),
    ],
)
def test_a_bad_request_is_refused_by_field(lead, given, changes, fields):
    assert faults(lead.ask("POST", "/overrides", {**given, **changes})) == fields
    assert not Override.objects.exists()


def test_overrides_are_listed_narrowed_and_kept_from_others(cast, lead, client):
    row = governed.override(cast, at=factories.now())
    governed.override(cast, requirement="27001:5.1", approved=False, at=factories.now())
    outsider = Caller(client, factories.token(cast.outsider, cast, Permission.READ))

    def requirements(query):
        return [entry["requirement"] for entry in lead.ask("GET", f"/overrides{query}").json()]

    assert set(requirements("")) == {governed.LOGGING, "27001:5.1"}
    assert requirements("?state=standing") == [governed.LOGGING]
    assert len(requirements("?offset=1")) == 1
    assert outsider.ask("GET", "/overrides").json() == []
    problem(outsider.ask("GET", f"/overrides/{row.pk}"), 404)
    assert faults(lead.ask("GET", "/overrides?state=strange")) == {"state"}


def test_a_token_that_does_not_carry_it_asks_for_nothing(approver, given):
    problem(approver.ask("POST", "/overrides", given), 403)
    assert not Override.objects.exists()
