import re
from datetime import timedelta

import factories
import pytest
from django.test import Client
from django.urls import include, path
from factories.programs import Caller
from problems import problem

from twofold.api.api import api
from twofold.people import actions
from twofold.people.access import Permission
from twofold.people.models import ApiToken

KEY = "00000000-0000-4000-8000-000000000000"
#: What stands for the parameters of an address; everything else is a key.
WORDS = {
    "code": "loans",
    "requirement_id": "27001:A.8.15",
    "control_id": "TF-MON-01",
    "number": "1",
}


def filled(address):
    """An address of the description with something in the place of each parameter."""
    return re.sub(r"{(\w+)}", lambda found: WORDS.get(found[1], KEY), address)


ENDPOINTS = sorted(
    (method.upper(), filled(address.removeprefix("/api/v1")))
    for address, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
)


def test_every_operation_of_the_description_is_under_test():
    assert len(ENDPOINTS) > 50
    assert ("POST", "/systems/loans/events") in ENDPOINTS
    assert not [address for _method, address in ENDPOINTS if "{" in address]


@pytest.mark.parametrize(("method", "address"), ENDPOINTS)
def test_nothing_is_answered_without_a_token(client, db, method, address):
    response = client.generic(method, f"/api/v1{address}")

    assert problem(response, 401)["errors"][0]["field"] == "Authorization"
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "address"), ENDPOINTS)
def test_being_signed_in_to_the_pages_is_no_token(client, cast, method, address):
    client.force_login(cast.lead)

    problem(client.generic(method, f"/api/v1{address}"), 401)


@pytest.mark.parametrize(
    "header",
    ["{0}", "Bearer{0}", "Bearer  {0}", "Bearer {0} ", "Bearer {0} x", "Basic {0}", "Token {0}",
     "Bearer \u00e9{0}"],
)  # fmt: skip
def test_only_the_exact_form_of_the_header_is_taken(client, caller, cast, header):
    given = header.format(caller.secret)
    response = client.get("/api/v1/systems", headers={"Authorization": given})

    assert response.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_in_any_case(client, caller, cast, scheme):
    response = client.get("/api/v1/systems", headers={"Authorization": f"{scheme} {caller.secret}"})

    assert response.status_code == 200


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "authorization"])
def test_a_token_in_the_address_is_not_taken(client, caller, cast, name):
    problem(client.get(f"/api/v1/systems?{name}={caller.secret}"), 401)


def test_no_secret_is_kept_and_none_is_found_by_its_beginning(client, caller, cast):
    assert caller.secret not in str(ApiToken.objects.values_list())
    program = Caller(client, caller.secret[:-1])

    problem(program.ask("GET", "/systems"), 401)


def test_a_token_ends_when_it_expires_is_revoked_or_its_person_leaves(client, cast):
    past = factories.now() - timedelta(days=91)
    expired = Caller(client, factories.token(cast.lead, cast, at=past))
    problem(expired.ask("GET", "/systems"), 401)

    left = Caller(client, factories.token(cast.owner, cast, Permission.READ))
    assert left.ask("GET", "/systems").status_code == 200
    cast.owner.is_active = False
    cast.owner.save()
    problem(left.ask("GET", "/systems"), 401)

    revoked = Caller(client, factories.token(cast.lead, cast, Permission.READ))
    actions.revoke_token(
        ApiToken.objects.filter(person=cast.lead).latest("created_at"),
        unit=cast.unit,
        by=factories.actor(cast.lead),
        at=factories.now(),
    )
    problem(revoked.ask("GET", "/systems"), 401)


def test_no_cross_site_token_is_asked_of_programs(caller, cast):
    strict = Caller(Client(enforce_csrf_checks=True), caller.secret)

    assert strict.ask("POST", "/systems", {}).status_code == 422


@pytest.mark.parametrize(
    "address",
    ["/api/v1/nothing", "/api/", "/api/v2/systems", "/api/v1/systems/", "/api/v1/systems/a%2Fb",
     "/api/v1/systems/%00", "/api/v1/alerts/x"],
)  # fmt: skip
def test_an_unknown_address_is_a_problem(client, db, address):
    document = problem(client.get(address), 404)

    assert document["detail"] == "There is nothing at this address."


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_a_problem_that_keeps_the_header_allow(caller, cast, method):
    response = caller.ask(method, "/systems")

    problem(response, 405)
    assert {word.strip() for word in response["Allow"].split(",")} == {"GET", "POST"}


def test_a_host_of_another_name_is_a_problem(client, db):
    problem(client.get("/api/v1/systems", headers={"Host": "evil.example"}), 400)


def test_an_address_that_is_no_key_is_a_problem(caller, cast):
    response = caller.ask("POST", "/alerts/no-key/acknowledge", {"note": "Seen."})

    assert problem(response, 422)["errors"][0]["field"] == "alert_id"


def test_an_unexpected_failure_is_logged_and_tells_nothing(caller, cast, monkeypatch, caplog):
    def fail(*_arguments, **_options):
        raise LookupError("a secret of the inside")

    monkeypatch.setattr("twofold.api.records.position", fail)

    response = caller.ask("GET", "/ledger")

    assert problem(response, 500)["detail"] == "The failure was logged."
    assert "secret" not in response.content.decode()
    assert "a secret of the inside" in caplog.text


def _fails(_request):
    raise LookupError("a secret of the inside")


urlpatterns = [path("api/outside", _fails), path("", include("twofold.web.urls"))]


@pytest.mark.urls(__name__)
def test_a_failure_outside_every_endpoint_is_a_problem_too(db):
    response = Client(raise_request_exception=False).get("/api/outside")

    assert problem(response, 500)["detail"] == "Internal Server Error."


def test_an_answer_bears_the_headers_of_security_and_is_not_kept(caller, cast):
    response = caller.ask("GET", "/systems")

    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-inline" not in response["Content-Security-Policy"]
