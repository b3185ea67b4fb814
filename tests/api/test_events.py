from datetime import timedelta

import factories
import pytest
from factories.programs import Caller

from twofold.ledger.queries import newest
from twofold.people.access import Permission
from twofold.telemetry.models import Batch, EventId

PATH = "/systems/loans/events"


@pytest.fixture
def loans(cast):
    system = factories.system(cast, code="loans", at=factories.now())
    return factories.schema(system, cast, at=factories.now())


def batch(count=3, **changes):
    events = factories.events(count, at=factories.now())
    for event in events:
        event.update(changes)
    return {"events": events}


def problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == status
    assert document["detail"]
    return document


def nothing_is_stored():
    return not Batch.objects.exists() and not EventId.objects.exists()


def test_events_are_accepted_and_counted(sender, loans):
    response = sender.ask("POST", PATH, batch())

    assert response.status_code == 200
    assert response.json() == {"accepted": 3, "duplicates": 0}
    assert Batch.objects.get().events == 3


def test_a_repeated_event_changes_nothing(sender, loans):
    events = batch()
    sender.ask("POST", PATH, events)

    response = sender.ask("POST", PATH, events)

    assert response.json() == {"accepted": 0, "duplicates": 3}
    assert Batch.objects.count() == 1


def test_an_unknown_system_is_not_found(sender, loans):
    response = sender.ask("POST", "/systems/nobody-knows/events", batch())

    assert problem(response, 404)["errors"][0]["field"] == "system"
    assert nothing_is_stored()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (b"{", "body"),
        (b"\xff\xfe", "body"),
        ([], "body"),
        ({}, "body"),
        ({"events": []}, "events"),
        ({"events": "no"}, "events"),
        (
            {"more": 1, "events": [{"id": "a", "at": "2026-01-01T00:00:00Z", "values": {}}]},
            "body",
        ),
        ({"events": [{"at": "2026-01-01T00:00:00Z", "values": {}}]}, "events[0]"),
        ({"events": [{"id": "", "at": "2026-01-01T00:00:00Z", "values": {}}]}, "events[0].id"),
        ({"events": [{"id": "a", "at": "yesterday", "values": {}}]}, "events[0].at"),
        ({"events": [{"id": "a", "at": "2026-01-01T00:00:00", "values": {}}]}, "events[0].at"),
        ({"events": [{"id": "a", "at": "1999-01-01T00:00:00Z", "values": {}}]}, "events[0].at"),
        (
            {"events": [{"id": "a", "at": "2026-01-01T00:00:00Z", "values": {"amount": "1"}}]},
            "events[0].values.amount",
        ),
        (
            {"events": [{"id": "a", "at": "2026-01-01T00:00:00Z", "values": {"score": 1.5}}]},
            "events[0].values.score",
        ),
        (
            {"events": [{"id": "a", "at": "2026-01-01T00:00:00Z", "values": {"unknown": 1}}]},
            "events[0].values",
        ),
    ],
)
def test_a_malformed_batch_names_the_field_and_stores_nothing(sender, loans, document, field):
    document = problem(sender.ask("POST", PATH, document), 422)

    assert document["errors"][0]["field"] == field
    assert document["errors"][0]["reason"]
    assert nothing_is_stored()


def test_one_bad_event_refuses_the_whole_batch(sender, loans):
    events = batch(5)
    events["events"][4]["values"]["amount"] = "much"

    document = problem(sender.ask("POST", PATH, events), 422)

    assert document["errors"][0]["field"] == "events[4].values.amount"
    assert nothing_is_stored()


def test_an_event_in_the_future_is_refused(sender, loans):
    later = (factories.now() + timedelta(hours=1)).isoformat()

    document = problem(sender.ask("POST", PATH, batch(2, at=later)), 422)

    assert document["errors"][0]["field"] == "events[0].at"
    assert "future" in document["detail"]
    assert nothing_is_stored()


def test_a_body_of_50_mb_is_refused_before_it_is_read(sender, loans):
    response = sender.ask("POST", PATH, b" " * (50 * 1024 * 1024))

    document = problem(response, 413)
    assert document["errors"] == [{"field": "body", "reason": "The body may have at most 8 MB."}]
    assert nothing_is_stored()


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic d3Jvbmc=", "Bearer "])
def test_a_wrong_token_is_refused(client, loans, header):
    response = client.post(
        f"/api/v1{PATH}",
        data=factories.body(batch()["events"]),
        content_type="application/json",
        headers={"Authorization": header} if header else {},
    )

    document = problem(response, 401)
    assert document["errors"][0]["field"] == "Authorization"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert nothing_is_stored()


def test_a_token_without_the_permission_is_refused(caller, loans):
    problem(caller.ask("POST", PATH, batch()), 404)

    assert nothing_is_stored()


def test_a_token_for_another_system_is_refused(cast, client, loans):
    other = factories.system(cast, code="other", at=factories.now())
    secret = factories.token(
        cast.engineer, cast, Permission.SEND_TELEMETRY, restricted_to=other.ledger_subject
    )

    problem(Caller(client, secret).ask("POST", PATH, batch()), 404)

    assert nothing_is_stored()


def test_sending_appends_nothing_to_the_ledger_before_it_is_counted(sender, loans):
    before = newest(limit=1)[0].leaf_hash

    sender.ask("POST", PATH, batch())

    assert newest(limit=1)[0].leaf_hash == before
