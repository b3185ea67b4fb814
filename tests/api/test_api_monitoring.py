from datetime import timedelta

import factories
import pytest
from factories.programs import Caller
from problems import faults, problem

from twofold.ledger.queries import history
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert, Monitor
from twofold.people.access import Permission, part_of_product
from twofold.telemetry import actions as telemetry
from twofold.telemetry.models import EventSchema, ReferenceProfile

GIVEN = {
    "name": "Approvals",
    "metric": "volume.events",
    "window_days": 1,
    "direction": "above",
    "warn": 40,
    "breach": 50,
}
PATH = "/systems/loans/monitors"


@pytest.fixture
def loans(cast):
    system = factories.system(cast, code="loans", at=factories.now())
    factories.schema(system, cast, at=factories.now())
    return system


@pytest.fixture
def outsider(cast, client):
    carried = (Permission.READ, Permission.CONFIGURE_TELEMETRY, Permission.ACKNOWLEDGE_ALERT)
    return Caller(client, factories.token(cast.outsider, cast, *carried))


@pytest.fixture
def alert(caller, loans, cast):
    """An alert of a monitor that sixty events of today breached."""
    caller.ask("POST", PATH, GIVEN)
    now = factories.now()
    events = factories.events(60, at=now)
    for event in events:
        event["at"] = now.isoformat()
    telemetry.accept_events(
        loans.schemas.get(),
        body=factories.body(events),
        by=factories.actor(cast.engineer),
        at=now,
    )
    telemetry.profile_pending(by=part_of_product("telemetry"), at=now)
    monitoring.evaluate(by=part_of_product("monitoring"), at=now + timedelta(seconds=1))
    return Alert.objects.get()


def test_a_schema_is_declared_and_declaring_it_again_changes_nothing(caller, loans):
    given = {"version": "2", "fields": [dict(field) for field in factories.FIELDS]}

    first = caller.ask("PUT", "/systems/loans/schema", given)
    again = caller.ask("PUT", "/systems/loans/schema", given)

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["fields"] == given["fields"]
    assert EventSchema.objects.filter(version="2").count() == 1


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {"version", "fields"}),
        ({"version": "", "fields": []}, {"version", "fields"}),
        ({"version": "\x00", "fields": [{"name": "a", "type": "number", "role": "feature"}]},
         {"version"}),
        ({"version": "2", "fields": "amount"}, {"fields"}),
        ({"version": "2", "fields": [{"name": "a", "type": "number"}]}, {"fields.0.role"}),
        ({"version": "2", "fields": [{"name": "A", "type": "number", "role": "feature"}]},
         {"fields[0].name"}),
        ({"version": "2", "fields": [{"name": "a", "type": "figure", "role": "feature"}]},
         {"fields[0].type"}),
        ({"version": "2", "fields": [{"name": "a", "type": "number", "role": "x"}]},
         {"fields[0].role"}),
        ({"version": "1", "fields": [{"name": "a", "type": "number", "role": "feature"}]},
         {"version"}),
    ],
)  # fmt: skip
def test_a_bad_schema_is_refused(caller, loans, given, fields):
    assert faults(caller.ask("PUT", "/systems/loans/schema", given)) == fields
    assert EventSchema.objects.count() == 1


def test_a_reference_is_added_once(caller, loans):
    body = {"events": factories.events(40, at=factories.now())}

    first = caller.ask("POST", "/systems/loans/reference?version=1", body)
    again = caller.ask("POST", "/systems/loans/reference", body)

    assert first.json() == {"accepted": 40, "duplicates": 0}
    assert again.json() == {"accepted": 0, "duplicates": 40}
    assert ReferenceProfile.objects.get().events == 40


@pytest.mark.parametrize("part", ["events", "reference"])
def test_events_of_an_unknown_version_are_refused(cast, client, loans, part):
    carried = (Permission.SEND_TELEMETRY, Permission.CONFIGURE_TELEMETRY)
    program = Caller(client, factories.token(cast.engineer, cast, *carried))
    body = {"events": factories.events(1, at=factories.now())}

    response = program.ask("POST", f"/systems/loans/{part}?version=9", body)
    assert problem(response, 404)["errors"][0]["field"] == "version"
    assert faults(program.ask("POST", f"/systems/loans/{part}?version={'9' * 41}", body)) == {
        "version"
    }
    assert faults(program.ask("POST", f"/systems/loans/{part}?version=%00", body)) == {"version"}


def test_events_that_are_not_said_to_be_json_are_refused(sender, loans):
    response = sender.client.generic(
        "POST",
        "/api/v1/systems/loans/events",
        data=factories.body(factories.events(1, at=factories.now())),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {sender.secret}"},
    )

    assert problem(response, 415)["errors"][0]["field"] == "Content-Type"


def test_a_monitor_is_set_up_and_listed(caller, loans):
    response = caller.ask("POST", PATH, GIVEN)

    assert response.status_code == 201
    assert response.json() == {
        **GIVEN, "id": str(Monitor.objects.get().pk), "field": "", "minimum_sample": 30,
    }  # fmt: skip
    assert caller.ask("GET", PATH).json() == [response.json()]
    assert caller.ask("GET", f"{PATH}?offset=1").json() == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"warn": 60}, {"warn"}),
        ({"direction": "below"}, {"warn"}),
        ({"warn": 50}, {"warn"}),
        ({"minimum_sample": 29}, {"minimum_sample"}),
        ({"metric": "volume.nothing"}, {"metric"}),
        ({"metric": "drift.psi", "field": "nothing"}, {"field"}),
        ({"metric": "drift.psi"}, {"field"}),
        ({"direction": "sideways"}, {"direction"}),
        ({"window_days": 0}, {"window_days"}),
        ({"window_days": 367}, {"window_days"}),
        ({"window_days": 1.5}, {"window_days"}),
        ({"breach": "much"}, {"breach"}),
        ({"breach": None}, {"breach"}),
        ({"name": ""}, {"name"}),
        ({"name": "x" * 121}, {"name"}),
        ({"threshold": 1}, {"threshold"}),
    ],
)
def test_a_bad_monitor_is_refused(caller, loans, changes, fields):
    assert faults(caller.ask("POST", PATH, {**GIVEN, **changes})) == fields
    assert not Monitor.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_limit_that_is_no_number_of_json_is_refused(caller, loans, number):
    body = f'{{"name": "x", "breach": {number}}}'

    assert faults(caller.ask("POST", PATH, body)) == {"body"}


def test_a_limit_too_large_for_a_number_is_refused(caller, loans):
    body = factories.msgspec.json.encode(GIVEN).replace(b"50", b"1e999")

    assert faults(caller.ask("POST", PATH, body)) == {"breach"}
    assert not Monitor.objects.exists()


def test_a_name_stands_once_in_a_system(caller, loans):
    caller.ask("POST", PATH, GIVEN)

    assert faults(caller.ask("POST", PATH, GIVEN)) == {"name"}


@pytest.mark.parametrize(
    ("method", "part"),
    [("PUT", "schema"), ("POST", "events"), ("POST", "reference"), ("POST", "monitors"),
     ("GET", "monitors"), ("GET", "measurements")],
)  # fmt: skip
def test_a_system_elsewhere_is_not_found(outsider, loans, method, part):
    valid = {
        "schema": {"version": "2", "fields": [dict(factories.FIELDS[0])]},
        "monitors": GIVEN,
    }.get(part, {"events": factories.events(1, at=factories.now())})

    document = valid if method != "GET" else None
    problem(outsider.ask(method, f"/systems/loans/{part}", document), 404)


def test_measurements_are_read_newest_first_and_in_pieces(caller, alert):
    rows = caller.ask("GET", "/systems/loans/measurements").json()

    assert [(row["monitor"], row["value"], row["verdict"]) for row in rows] == [
        ("Approvals", 60.0, "breach")
    ]
    assert caller.ask("GET", "/systems/loans/measurements?offset=1").json() == []
    assert faults(caller.ask("GET", "/systems/loans/measurements?offset=-1")) == {"offset"}


def test_an_alert_is_listed_and_acknowledged_once(caller, alert, cast):
    (listed,) = caller.ask("GET", "/alerts").json()
    path = f"/alerts/{alert.pk}/acknowledge"

    response = caller.ask("POST", path, {"note": "A campaign began."})
    again = caller.ask("POST", path, {"note": "And again."})

    assert (listed["system"], listed["worst_value"], listed["open"]) == ("loans", 60.0, True)
    assert listed["acknowledged_at"] is None
    assert response.status_code == 200
    assert response.json()["acknowledged_at"]
    assert problem(again, 409)["type"] == "urn:twofold:problem:conflict"
    alert.refresh_from_db()
    assert (alert.note, alert.acknowledged_by) == ("A campaign began.", cast.lead)
    kinds = [line.entry.kind for line in history(alert.ledger_subject)]
    assert kinds.count("monitoring.alert.acknowledged") == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "note"), ({"note": " "}, "note"), ({"note": "x" * 501}, "note"), ({"note": 1}, "note"),
     ({"note": "Seen.", "by": "me"}, "by")],
)  # fmt: skip
def test_an_alert_is_not_acknowledged_without_words(caller, alert, given, field):
    assert faults(caller.ask("POST", f"/alerts/{alert.pk}/acknowledge", given)) == {field}
    assert Alert.objects.get().acknowledged_at is None


def test_an_alert_elsewhere_is_not_found(outsider, alert):
    assert outsider.ask("GET", "/alerts").json() == []
    problem(outsider.ask("POST", f"/alerts/{alert.pk}/acknowledge", {"note": "Mine."}), 404)


def test_an_alert_is_not_acknowledged_by_who_may_only_read(cast, client, alert):
    auditor = Caller(client, factories.token(cast.auditor, cast, Permission.READ))

    problem(auditor.ask("POST", f"/alerts/{alert.pk}/acknowledge", {"note": "Seen."}), 403)


def test_alerts_reach_a_token_for_one_system_from_that_one_alone(cast, client, alert, loans):
    other = factories.system(cast, code="other", at=factories.now())
    seen = []
    for system in (loans, other):
        secret = factories.token(
            cast.lead, cast, Permission.READ, restricted_to=system.ledger_subject
        )
        seen.append(len(Caller(client, secret).ask("GET", "/alerts").json()))

    assert seen == [1, 0]
