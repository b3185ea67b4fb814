import threading
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from api_stand_in import TOKEN, Answer, ApiStandIn, problem

import twofold_sdk
from twofold_sdk import (
    Alert,
    ApiError,
    Client,
    Event,
    EventError,
    Evidence,
    Field,
    Framework,
    Monitor,
    Posture,
    Receipt,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
ALERT = {
    "id": "0190",
    "system": "loans",
    "monitor": "Drift",
    "severity": "breach",
    "raised_at": "2026-03-01T08:00:00Z",
    "first_window": "2026-02-22",
    "worst_value": 0.31,
    "open": True,
    "acknowledged_at": None,
    "added_in_a_later_version": 1,
}
MONITOR = {
    "name": "Drift",
    "metric": "drift.psi",
    "field": "income",
    "window_days": 7,
    "direction": "above",
    "warn": 0.1,
    "breach": 0.25,
    "minimum_sample": 100,
}


def many(count: int) -> list[Event]:
    return [Event({"n": n}, AT) for n in range(count)]


def test_events_arrive_once_each_in_requests_that_the_server_takes(
    api: ApiStandIn, client: Client
) -> None:
    events = many(25_000)
    assert client.system("loans").send(iter(events)) == Receipt(25_000, 0)
    assert sorted(len(request.document["events"]) for request in api.requests) == [
        5_000,
        10_000,
        10_000,
    ]
    assert {key: event["values"]["n"] for key, event in api.events.items()} == {
        event.id: n for n, event in enumerate(events)
    }
    assert {request.path for request in api.requests} == {"/systems/loans/events"}
    assert {request.headers["Content-Type"] for request in api.requests} == {"application/json"}


def test_sending_the_same_events_again_changes_nothing(api: ApiStandIn, client: Client) -> None:
    events = many(100)
    loans = client.system("loans")
    assert loans.send(events[:60]) == Receipt(60, 0)
    assert loans.send(events) == Receipt(40, 60)
    assert len(api.events) == 100


def test_sending_nothing_asks_nothing(api: ApiStandIn, client: Client) -> None:
    assert client.system("loans").send([]) == Receipt(0, 0)
    assert api.requests == []


def test_refused_event_is_named_by_its_place_among_all(api: ApiStandIn, client: Client) -> None:
    events = many(20_005)
    events[20_003] = Event({"age": "old"}, AT)
    with pytest.raises(ApiError) as refusal:
        client.system("loans").send(events)
    assert refusal.value.errors[0].field == "events[20003].values.age"
    assert len(api.events) == 20_000


def test_refusal_of_an_early_request_is_raised_while_later_ones_wait(
    api: ApiStandIn, client: Client
) -> None:
    api.script.append(problem(422, "No.", ("version", "is unknown")))
    with pytest.raises(ApiError) as refusal:
        client.system("loans").send(many(40_000))
    assert refusal.value.errors[0].field == "version"
    # The one beside it may have gone out; nothing after it was begun without need.
    assert len(api.requests) <= 3


def test_event_that_cannot_be_sent_is_refused_before_its_request(
    api: ApiStandIn, client: Client
) -> None:
    with pytest.raises(EventError, match=r"events\[1\]\.values\.x"):
        client.system("loans").send([Event({"x": 1}, AT), Event({"x": float("inf")}, AT)])
    assert api.requests == []


def test_reference_goes_to_its_own_place(api: ApiStandIn, client: Client) -> None:
    assert client.system("loans").send_reference(many(3)) == Receipt(3, 0)
    assert api.requests[0].path == "/systems/loans/reference"


def test_declaring_a_schema_pins_the_events_to_its_version(api: ApiStandIn, client: Client) -> None:
    api.answers["PUT", "/systems/loans/schema"] = Answer(document={"version": "3", "fields": []})
    loans = client.system("loans")
    pinned = loans.declare_schema("3", [Field("income", "number", "feature")])
    assert api.requests[0].document == {
        "version": "3",
        "fields": [{"name": "income", "type": "number", "role": "feature"}],
    }
    pinned.send(many(1))
    assert api.requests[1].query == {"version": ["3"]}
    loans.send(many(1))
    assert api.requests[2].query == {}
    assert (pinned.version, loans.version) == ("3", "")


def test_same_system_is_the_same_object() -> None:
    with Client("http://127.0.0.1:9", TOKEN) as client:
        found = {id(client.system("loans")) for _ in range(3)}
        assert found == {id(client.system("loans", buffering=twofold_sdk.Buffering()))}
        assert client.system("loans", version="2") is not client.system("loans")


def test_code_cannot_reach_another_address(api: ApiStandIn, client: Client) -> None:
    with pytest.raises(ApiError, match="404"):
        client.system("../posture?x=").set_up_monitor(
            "x", metric="volume", window_days=1, direction="below", breach=1
        )
    assert api.requests[0].path == "/systems/..%2Fposture%3Fx%3D/monitors"


def test_registering_gives_the_system(api: ApiStandIn, client: Client) -> None:
    api.answers["POST", "/systems"] = Answer(201, {"code": "loans"})
    description = {
        "name": "Loans",
        "owner": "owner@example.org",
        "purpose": "Decides.",
        "unit": "Credit",
    }
    loans = client.register_system(
        "loans", role="deployer", stage="operation", risk_tier="high", **description
    )
    assert loans is client.system("loans")
    assert api.requests[0].document == {
        "code": "loans",
        "role": "deployer",
        "stage": "operation",
        "risk_tier": "high",
        **description,
    }


def test_setting_a_monitor_up_gives_the_monitor(api: ApiStandIn, client: Client) -> None:
    api.answers["POST", "/systems/loans/monitors"] = Answer(201, {"id": "7", **MONITOR})
    found = client.system("loans").set_up_monitor(
        "Drift",
        metric="drift.psi",
        field="income",
        window_days=7,
        direction="above",
        warn=0.1,
        breach=0.25,
        minimum_sample=100,
    )
    assert api.requests[0].document == MONITOR
    assert found == Monitor("7", "Drift", "drift.psi", "income", 7, "above", 0.1, 0.25, 100)


def test_evidence_is_handed_in_as_the_body_itself(
    api: ApiStandIn, client: Client, tmp_path: Path
) -> None:
    key = UUID("0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f")
    api.answers["PUT", f"/evidence/{key}/content"] = Answer(
        201,
        {
            "id": str(key),
            "title": "Bias review",
            "kind": "report",
            "version": 1,
            "sha256": "ab",
            "size": 3_000_000,
            "valid_until": "2027-03-01",
        },
    )
    path = tmp_path / "review.pdf"
    path.write_bytes(b"%PDF!!" * 500_000)
    found = client.add_evidence(
        path,
        title="Bias review",
        kind="report",
        period_from=date(2026, 1, 1),
        period_to=date(2026, 3, 31),
        valid_until=date(2027, 3, 1),
        source="review board",
        key=key,
    )
    (request,) = api.requests
    assert request.body == path.read_bytes()
    assert request.headers["Content-Type"] == "application/octet-stream"
    assert request.headers["Content-Length"] == "3000000"
    assert "Transfer-Encoding" not in request.headers
    assert request.query["file_name"] == ["review.pdf"]
    assert request.query["period_to"] == ["2026-03-31"]
    assert found == Evidence(
        str(key), "Bias review", "report", 1, "ab", 3_000_000, date(2027, 3, 1)
    )


def test_file_that_is_not_there_is_told_before_anything_is_sent(
    api: ApiStandIn, client: Client, tmp_path: Path
) -> None:
    day = date(2026, 1, 1)
    with pytest.raises(FileNotFoundError):
        client.add_evidence(
            str(tmp_path / "none"),
            title="x",
            kind="x",
            period_from=day,
            period_to=day,
            valid_until=day,
            source="x",
        )
    assert api.requests == []


def test_alerts_have_their_times_as_times(api: ApiStandIn, client: Client) -> None:
    acknowledged = {**ALERT, "acknowledged_at": "2026-03-02T09:00:00+00:00"}
    api.answers["GET", "/alerts"] = Answer(document=[ALERT, acknowledged])
    first, second = client.alerts()
    assert first == Alert(
        id="0190",
        system="loans",
        monitor="Drift",
        severity="breach",
        raised_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
        first_window=date(2026, 2, 22),
        worst_value=0.31,
        open=True,
        acknowledged_at=None,
    )
    assert second.acknowledged_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_acknowledging_carries_the_note(api: ApiStandIn, client: Client) -> None:
    api.answers["POST", "/alerts/0190/acknowledge"] = Answer(document=ALERT)
    assert client.acknowledge("0190", "Seen.").id == "0190"
    assert api.requests[0].document == {"note": "Seen."}


def test_posture_is_read_by_framework(api: ApiStandIn, client: Client) -> None:
    framework = {
        "id": "42001",
        "title": "ISO/IEC 42001",
        "counts": {"gap": 3, "effective": 1},
        "score": None,
        "scored": 0,
        "total": 4,
    }
    api.answers["GET", "/posture"] = Answer(
        document={"on": "2026-03-01", "frameworks": [framework]}
    )
    assert client.posture() == Posture(
        date(2026, 3, 1),
        (Framework("42001", "ISO/IEC 42001", {"gap": 3, "effective": 1}, None, 0, 4),),
    )


def test_transport_can_be_given() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"accepted": 1, "duplicates": 0})

    transport = httpx.MockTransport(answer)
    with Client("https://twofold.example.org/", TOKEN, transport=transport) as client:
        assert client.system("loans").send(many(1)) == Receipt(1, 0)
    assert seen == ["https://twofold.example.org/api/v1/systems/loans/events"]


def test_two_requests_are_under_way_at_once(api: ApiStandIn, client: Client) -> None:
    api.open.clear()
    receipts: list[Receipt] = []
    sending = threading.Thread(
        target=lambda: receipts.append(client.system("loans").send(many(30_000)))
    )
    sending.start()
    assert api.arrived.acquire(timeout=5)
    assert api.arrived.acquire(timeout=5)
    assert not api.arrived.acquire(timeout=0.2)
    api.open.set()
    sending.join(10)
    assert receipts == [Receipt(30_000, 0)]


def test_everything_public_is_named() -> None:
    assert all(hasattr(twofold_sdk, name) for name in twofold_sdk.__all__)
