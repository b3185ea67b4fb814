"""The SDK against the product's own server: what the stand-in of the other tests imitates."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import factories
import pytest
from factories import repository
from pytest_django.live_server_helper import LiveServer

import twofold_sdk
from twofold.cli.worker import Worker
from twofold.evidence.models import EvidenceLink
from twofold.inventory.models import AISystem
from twofold.people.access import Permission
from twofold.telemetry.models import Batch
from twofold_sdk import (
    ApiError,
    Buffering,
    Client,
    DeliveryError,
    Event,
    Field,
    FieldError,
    Receipt,
    Retry,
    System,
)

NOW = datetime.fromtimestamp(time.time(), UTC).replace(microsecond=0)
FIELDS = [
    Field("income", "number", "feature"),
    Field("age_band", "category", "protected"),
    Field("score", "number", "score"),
    Field("approved", "boolean", "prediction"),
    Field("repaid", "boolean", "label"),
]


@pytest.fixture
def people(recording_db: None) -> factories.Cast:
    return factories.cast(at=NOW - timedelta(days=30))


@pytest.fixture
def address(people: factories.Cast, request: pytest.FixtureRequest) -> str:
    """Where the server is. Asked for by name, because a test that lists `live_server` gets its
    database before `recording_db` could see to the append-only tables."""
    server: LiveServer = request.getfixturevalue("live_server")
    return server.url


@pytest.fixture
def owner(people: factories.Cast, address: str) -> Iterator[Client]:
    secret = factories.token(
        people.owner,
        people,
        Permission.READ,
        Permission.REGISTER_SYSTEM,
        Permission.CONFIGURE_TELEMETRY,
        Permission.CONFIGURE_MONITOR,
        Permission.ACKNOWLEDGE_ALERT,
        Permission.ADD_EVIDENCE,
    )
    with Client(address, secret) as client:
        yield client


@pytest.fixture
def engineer(people: factories.Cast, address: str) -> Iterator[Client]:
    secret = factories.token(people.engineer, people, Permission.SEND_TELEMETRY)
    with Client(address, secret, retry=Retry(attempts=1)) as client:
        yield client


@pytest.fixture
def loans(owner: Client, engineer: Client) -> System:
    """The system as its engineer sees it, registered and with a schema."""
    made = owner.register_system(
        "loans",
        name="Loan approval",
        owner="owner@acme.example",
        purpose="Decides on applications for consumer loans.",
        role="deployer",
        stage="operation",
        risk_tier="high",
        unit="Lending",
    )
    made.declare_schema("1", FIELDS)
    return engineer.system("loans", buffering=Buffering(batch_age_s=60))


def row(number: int, *, income: float = 3_000.0) -> dict[str, object]:
    return {
        "income": income + number % 100,
        "age_band": ("18-29", "30-59", "60+")[number % 3],
        "score": (number % 100) / 100,
        "approved": number % 2 == 0,
        "repaid": None,
    }


def decided(count: int, *, days_ago: int = 1, income: float = 3_000.0) -> list[Event]:
    at = NOW - timedelta(days=days_ago)
    return [Event(row(number, income=income), at) for number in range(count)]


def stored() -> int:
    return sum(Batch.objects.values_list("events", flat=True))


def test_sent_events_are_durable_and_count_once(loans: System) -> None:
    events = decided(20_500)
    assert loans.send(events) == Receipt(20_500, 0)
    assert stored() == 20_500
    assert loans.send(events[:70]) == Receipt(0, 70)
    assert stored() == 20_500


def test_largest_request_of_the_sdk_is_one_that_the_server_takes(loans: System) -> None:
    name = "ж" * 200
    events = [Event({"age_band": name}, NOW, f"{number:0>100}") for number in range(9_000)]
    assert loans.send(events) == Receipt(9_000, 0)


def test_logged_events_are_durable_once_flushed(loans: System) -> None:
    for number in range(300):
        loans.log(row(number) | {"income": float("nan")})
    loans.flush()
    assert stored() == 300


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (Event({"income": "much"}, NOW), "events[10002].values.income"),
        (Event({"score": 1.5}, NOW), "events[10002].values.score"),
        (Event({"income": 1}, NOW + timedelta(days=1)), "events[10002].at"),
        (Event({"income": 1}, datetime(1999, 1, 1, tzinfo=UTC)), "events[10002].at"),
        (Event({"income": 1}, NOW, ""), "events[10002].id"),
    ],
)
def test_refused_event_is_named_by_place_and_field(loans: System, event: Event, field: str) -> None:
    with pytest.raises(ApiError) as refusal:
        loans.send([*decided(10_002), event])
    assert refusal.value.status == 422
    assert [error.field for error in refusal.value.errors] == [field]
    assert stored() == 10_000


def test_refused_logged_events_are_given_back_and_can_be_mended(loans: System) -> None:
    loans.log(row(1))
    loans.log({"income": "much"}, id="decision-2")
    with pytest.raises(DeliveryError) as refusal:
        loans.flush()
    assert isinstance(refusal.value.__cause__, ApiError)
    assert refusal.value.__cause__.errors[0].field == "events[1].values.income"
    good, bad = loans.take_undelivered()
    assert loans.send([good, Event({"income": 5_000}, bad.at, bad.id)]) == Receipt(2, 0)


def test_events_are_of_the_version_that_the_system_is_pinned_to(
    owner: Client, engineer: Client, loans: System
) -> None:
    pinned = owner.system("loans").declare_schema(
        "2", [*FIELDS, Field("purpose", "category", "segment")]
    )
    assert pinned.version == "2"
    purchase = Event({"purpose": "car"}, NOW)
    assert loans.send([purchase]) == Receipt(1, 0)
    with pytest.raises(ApiError, match="purpose"):
        engineer.system("loans", version="1").send([Event({"purpose": "car"}, NOW)])
    with pytest.raises(ApiError) as refusal:
        engineer.system("loans", version="9").send([purchase])
    assert (refusal.value.status, refusal.value.errors[0].field) == (404, "version")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "No Code"}, "code"),
        ({"owner": "nobody@acme.example"}, "owner"),
        ({"stage": "limbo"}, "stage"),
        ({"unit": "Nowhere"}, "unit"),
        ({"name": ""}, "name"),
    ],
)
def test_refused_registration_names_the_field(
    owner: Client, change: dict[str, str], field: str
) -> None:
    given = {
        "code": "cards",
        "name": "Cards",
        "owner": "owner@acme.example",
        "purpose": "Decides on cards.",
        "role": "deployer",
        "stage": "operation",
        "risk_tier": "high",
        "unit": "Lending",
    } | change
    with pytest.raises(ApiError) as refusal:
        owner.register_system(**given)  # type: ignore[arg-type]
    assert refusal.value.status == 422
    assert refusal.value.errors[0].field.endswith(field)


def test_unknown_system_missing_permission_and_wrong_token_are_told_apart(
    engineer: Client, address: str, loans: System
) -> None:
    with pytest.raises(ApiError) as unknown:
        engineer.system("none").send(decided(1))
    assert unknown.value.status == 404
    assert unknown.value.errors[0].field == "system"
    with pytest.raises(ApiError) as forbidden:
        engineer.posture()
    assert forbidden.value.status == 403
    with Client(address, "twofold_wrong") as stranger, pytest.raises(ApiError) as wrong:
        stranger.system("loans").send(decided(1))
    assert wrong.value.status == 401


def test_address_of_something_else_is_told(address: str) -> None:
    with Client(address + "/elsewhere", "x") as client, pytest.raises(ApiError):
        client.posture()


def test_breach_comes_back_as_an_alert_that_can_be_acknowledged(
    owner: Client, loans: System
) -> None:
    system = owner.system("loans")
    assert system.send_reference(decided(500, days_ago=20)) == Receipt(500, 0)
    monitor = system.set_up_monitor(
        "Drift of income",
        metric="drift.psi",
        field="income",
        window_days=1,
        direction="above",
        warn=0.1,
        breach=0.25,
    )
    assert (monitor.metric, monitor.minimum_sample) == ("drift.psi", 30)
    with pytest.raises(ApiError) as taken:
        system.set_up_monitor(
            "Drift of income", metric="drift.psi", window_days=1, direction="above", breach=1
        )
    assert taken.value.errors[0].field == "name"
    loans.send(decided(500, days_ago=2, income=90_000.0))
    assert Worker().run_once()
    (alert,) = owner.alerts()
    assert (alert.system, alert.monitor, alert.open) == ("loans", "Drift of income", True)
    assert alert.first_window == (NOW - timedelta(days=2)).date()
    assert alert.worst_value is not None
    assert alert.worst_value > 0.25
    assert alert.acknowledged_at is None
    assert owner.acknowledge(alert.id, "The bank raised its limit.").acknowledged_at is not None
    with pytest.raises(ApiError) as again:
        owner.acknowledge(alert.id, "Once more.")
    assert again.value.status == 409


def test_evidence_is_kept_under_its_digest(owner: Client, tmp_path: Path) -> None:
    path = tmp_path / "review.txt"
    path.write_bytes(b"what was seen")
    given = {
        "title": "Bias review",
        "kind": "report",
        "source": "the review board",
        "unit": "Lending",
        "period_from": date(2026, 1, 1),
        "period_to": date(2026, 3, 31),
    }
    found = owner.add_evidence(path, valid_until=date(2027, 3, 31), **given)  # type: ignore[arg-type]
    # Of the 13 bytes, by sha256sum.
    assert found.sha256 == "a7fd865f4e05688e7831ed63731987f817f3a72e18c68fbbf022be440429559b"
    assert (found.size, found.version, found.valid_until) == (13, 1, date(2027, 3, 31))
    with pytest.raises(ApiError) as refusal:
        owner.add_evidence(path, valid_until=date(2026, 1, 1), **given)  # type: ignore[arg-type]
    assert refusal.value.errors == (
        FieldError("valid_until", "Evidence cannot end to count before its period ends."),
    )


def test_a_request_is_answered_with_bytes_and_linked(
    owner: Client, loans: System, people: factories.Cast
) -> None:
    asked = repository.request(people, at=NOW)
    days = {"period_from": date(2026, 1, 1), "period_to": date(2026, 3, 31)}
    found = owner.add_evidence(
        b"minutes",
        file_name="minutes.txt",
        title="Minutes",
        kind="minutes",
        source="the review board",
        unit="Lending",
        valid_until=date(2027, 3, 31),
        **days,
    )
    newer = owner.add_version(
        found.id,
        b"corrected minutes",
        file_name="minutes.txt",
        source="the review board",
        valid_until=date(2027, 6, 30),
        **days,
    )
    system = AISystem.objects.get(code=loans.code)

    (owed,) = owner.evidence_requests()
    answered = owner.answer_request(owed.id, found.id)
    link = owner.link_evidence(found.id, system.ledger_subject, purpose="Shows the review.")

    assert (owed.id, owed.state, owed.owner) == (str(asked.pk), "open", people.owner.email)
    assert (newer.version, newer.size) == (2, 17)
    assert (answered.state, answered.evidence) == ("answered", found.id)
    assert str(EvidenceLink.objects.get().pk) == link
    with pytest.raises(ApiError) as refusal:
        owner.answer_request(owed.id, found.id, version=1)
    assert refusal.value.status == 409
    with pytest.raises(ValueError, match="file_name"):
        owner.add_version(found.id, b"x", source="x", valid_until=date(2027, 6, 30), **days)


def test_posture_covers_both_standards(owner: Client) -> None:
    found = owner.posture()
    assert {"27001", "42001"} <= {framework.id for framework in found.frameworks}
    for framework in found.frameworks:
        assert sum(framework.counts.values()) == framework.total


def test_examples_of_the_documentation_run_as_they_stand(
    people: factories.Cast, address: str
) -> None:
    setting_up, deciding = examples(address)
    lead = factories.token(
        people.lead,
        people,
        Permission.REGISTER_SYSTEM,
        Permission.CONFIGURE_TELEMETRY,
        Permission.CONFIGURE_MONITOR,
    )
    training_data = [
        SimpleNamespace(values={"income": float(number)}, decided_at=NOW) for number in range(50)
    ]
    exec(setting_up, {"token": lead, "training_data": training_data})  # noqa: S102
    surroundings = {
        "Client": Client,
        "token": factories.token(people.engineer, people, Permission.SEND_TELEMETRY),
        "applications": [SimpleNamespace(income=1_000.0, age_band="30-59")] * 40,
        "decide": lambda application: (application.income > 500, 0.7),
    }
    exec(deciding, surroundings)  # noqa: S102
    assert stored() == 40


def examples(address: str) -> list[str]:
    """The indented parts of the package's docstring, turned to this server and its people."""
    text = (twofold_sdk.__doc__ or "").replace("https://twofold.example.org", address)
    text = text.replace("owner@example.org", "owner@acme.example")
    found = re.findall(r"(?:^ {4}.*\n|^\n)+", text, re.MULTILINE)
    return [dedent(part) for part in found if part.strip()]
