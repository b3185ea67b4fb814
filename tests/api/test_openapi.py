import factories
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from twofold.api.api import api
from twofold.config.wsgi import application
from twofold.people.access import Permission

ADDRESS = "/api/v1/openapi.json"
OPERATIONS = [
    (address, method)
    for address, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def one_connection(db):
    """Let requests leave the connection of the test alone, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_description_tells_of_the_refusals_of_every_operation(client, db):
    document = client.get(ADDRESS).json()

    assert document["openapi"] == "3.1.0"
    for operations in document["paths"].values():
        for operation in operations.values():
            told = {"401", "403", "404", "422"}
            if "requestBody" in operation:
                told |= {"400", "409", "413", "415"}
            assert told < set(operation["responses"])
            assert all(
                list(operation["responses"][status]["content"]) == ["application/problem+json"]
                for status in told
            )
            assert operation["security"] == [{"TokenAuthentication": []}]


def test_the_description_is_valid(one_connection):
    schemathesis.openapi.from_wsgi(ADDRESS, application).validate()


@pytest.mark.parametrize(("address", "method"), OPERATIONS)
def test_no_request_made_from_the_description_breaks_the_api(one_connection, cast, address, method):
    system = factories.system(cast, code="loans", at=factories.now())
    factories.schema(system, cast, at=factories.now())
    secret = factories.token(cast.lead, cast, Permission.READ, Permission.REGISTER_SYSTEM,
                             Permission.CONFIGURE_TELEMETRY, Permission.CONFIGURE_MONITOR,
                             Permission.ACKNOWLEDGE_ALERT, Permission.ADD_EVIDENCE,
                             Permission.KEEP_LIBRARY)  # fmt: skip
    schema = schemathesis.openapi.from_wsgi(ADDRESS, application)

    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[address][method].as_strategy())
    def attack(case):
        if "code" in case.path_parameters:
            case.path_parameters["code"] = "loans"
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=CHECKS)

    attack()
