"""AI systems and their monitoring as checks see them, made through the product's own actions."""

from datetime import date, timedelta

import factories
import pytest
from factories import monitored
from factories.checked import seen
from factories.monitored import on

from twofold.controls import actions as controls
from twofold.inventory import actions as inventory
from twofold.inventory.models import RiskTier, Stage, SystemRole
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert, Breach
from twofold.reporting.checks import gathered
from twofold.telemetry.models import DayProfile

TODAY = on(17).date()


@pytest.fixture
def cast(db):
    return monitored.early_cast()


@pytest.fixture
def loans(cast):
    return monitored.early_loans(cast)


@pytest.fixture
def of_system(cast, loans):
    return factories.implementation(cast, of=loans.system, at=on(1))


@pytest.fixture
def of_unit(cast):
    return factories.implementation(cast, at=on(1))


@pytest.fixture
def of_root(cast):
    return controls.implement(
        "TF-MON-01", unit=cast.root, owner=None, description="Everywhere.",
        by=factories.actor(cast.lead), at=on(1),
    )  # fmt: skip


def elsewhere(cast, code="flights"):
    return inventory.register(
        code,
        unit=cast.elsewhere,
        description=inventory.SystemDescription(
            "Flights", cast.outsider, "Foretells delays.", SystemRole.PROVIDER, Stage.RETIREMENT,
            RiskTier.LIMITED,
        ),
        by=factories.actor(cast.outsider),
        at=on(2),
    )  # fmt: skip


@pytest.fixture
def breached(cast, loans):
    """A monitor of approvals whose limit was broken on the 3rd, found on the 4th."""
    monitor = monitored.watch(loans.system, cast, days=1, at=on(1))
    monitored.decide(loans, cast, approved=60, refused=0, on=on(3))
    monitored.evaluate(at=on(4))
    return monitor


def test_systems_of_a_scope_tell_what_the_register_holds(cast, loans, of_unit, of_system, of_root):
    monitored.watch(loans.system, cast, at=on(1))
    other, far = factories.system(cast, at=on(5)), elsewhere(cast)

    of_one = seen("systems", of_system, on=TODAY)
    within = seen("systems", of_unit, on=TODAY)

    entry = of_one[loans.system.ledger_subject]
    assert set(of_one) == {loans.system.ledger_subject}
    assert set(within) == {loans.system.ledger_subject, other.ledger_subject}
    assert set(seen("systems", of_root, on=TODAY)) == {*within, far.ledger_subject}
    assert entry.on == date(2026, 11, 1)
    assert entry.labels == {
        "stage": "operation", "risk_tier": "high", "role": "deployer", "monitored": "yes",
    }  # fmt: skip
    assert (entry.measures, entry.actors) == (
        {"monitors": 1},
        {"owner": f"person:{cast.owner.pk}"},
    )
    assert within[other.ledger_subject].labels["monitored"] == "no"


def test_a_monitor_tells_the_verdict_of_its_newest_window(cast, loans, of_system, breached):
    entry = seen("monitors", of_system, on=TODAY)[breached.ledger_subject]

    assert entry.labels == {
        "metric": "performance.positive_rate", "family": "performance", "verdict": "breach",
    }  # fmt: skip
    assert (entry.measures, entry.on) == ({"value": 1.0}, date(2026, 11, 3))


@pytest.mark.parametrize(
    ("approved", "refused", "verdict"), [(30, 30, "within"), (5, 5, "too_few")]
)
def test_verdicts_have_the_names_of_rules(cast, loans, of_system, approved, refused, verdict):
    monitor = monitored.watch(loans.system, cast, days=1, at=on(1))
    monitored.decide(loans, cast, approved=approved, refused=refused, on=on(3))
    monitored.evaluate(at=on(4))

    entry = seen("monitors", of_system, on=TODAY)[monitor.ledger_subject]

    assert entry.labels["verdict"] == verdict


def test_a_monitor_without_a_window_was_never_measured(cast, loans, of_system):
    monitor = monitored.watch(loans.system, cast, at=on(1))

    entry = seen("monitors", of_system, on=TODAY)[monitor.ledger_subject]

    assert (entry.labels["verdict"], entry.measures["value"], entry.on) == ("never", None, None)


def test_a_measure_that_could_not_be_computed_is_told_as_such(cast, loans, of_system):
    monitor = monitored.watch(
        loans.system, cast, metric="drift.psi", field="amount", days=1, at=on(1)
    )
    monitored.decide(loans, cast, approved=30, refused=30, on=on(3))
    monitored.evaluate(at=on(4))

    entry = seen("monitors", of_system, on=TODAY)[monitor.ledger_subject]

    assert (entry.labels["verdict"], entry.measures["value"]) == ("not_computed", None)


def test_a_window_that_still_fills_leaves_the_verdict_of_the_one_before(cast, loans, of_system):
    monitor = monitored.watch(loans.system, cast, days=7, at=on(1))
    monitored.decide(loans, cast, approved=30, refused=30, on=on(4))
    monitored.decide(loans, cast, approved=2, refused=2, on=on(10))
    monitored.evaluate(at=on(11))

    filling = seen("monitors", of_system, on=on(11).date())[monitor.ledger_subject]
    over = seen("monitors", of_system, on=on(16).date())[monitor.ledger_subject]

    assert (filling.labels["verdict"], filling.on) == ("within", date(2026, 11, 8))
    assert (over.labels["verdict"], over.on) == ("too_few", date(2026, 11, 15))


def test_breach_and_alert_are_open_until_they_are_closed_and_answered(
    cast, loans, of_system, breached
):
    waiting = seen("alerts", of_system, on=TODAY)
    opened = seen("breaches", of_system, on=TODAY)
    alert, breach = Alert.objects.get(), Breach.objects.get()
    monitoring.acknowledge(alert, note="A feed.", by=factories.actor(cast.owner), at=on(9))
    monitored.decide(loans, cast, approved=30, refused=30, on=on(5))
    monitored.evaluate(at=on(6))

    entry = waiting[alert.ledger_subject]
    assert (entry.labels, entry.on) == (
        {"state": "waiting", "family": "performance"},
        date(2026, 11, 4),
    )
    assert entry.measures == {"age_days": 13, "answer_days": None}
    assert entry.actors == {"acknowledged_by": ""}
    answered = seen("alerts", of_system, on=TODAY)[alert.ledger_subject]
    assert answered.labels["state"] == "acknowledged"
    assert answered.measures == {"age_days": 13, "answer_days": 5}
    assert answered.actors == {"acknowledged_by": f"person:{cast.owner.pk}"}
    found = opened[breach.ledger_subject]
    assert (found.labels, found.measures, found.on) == (
        {"state": "open", "family": "performance"},
        {"age_days": 13},
        date(2026, 11, 4),
    )
    closed = seen("breaches", of_system, on=TODAY)[breach.ledger_subject]
    assert closed.labels["state"] == "closed"


def test_days_of_events_add_up_over_schemas(cast, loans, of_system):
    second = factories.schema(loans.system, cast, version="2", at=on(2))
    monitored.decide(loans, cast, approved=10, refused=0, on=on(3))
    monitored.decide(second, cast, approved=5, refused=0, on=on(3, hour=15))
    monitored.decide(loans, cast, approved=1, refused=1, on=on(4))

    found = seen("telemetry", of_system, on=TODAY)

    assert {entry.on: entry.measures["events"] for entry in found.values()} == {
        date(2026, 11, 3): 15,
        date(2026, 11, 4): 2,
    }
    assert {entry.labels["system"] for entry in found.values()} == {"loans"}
    keys = {row.ledger_subject for row in DayProfile.objects.all()}
    assert set(found) <= keys


def test_days_too_long_ago_are_left_out(cast, loans, of_system):
    monitored.decide(loans, cast, approved=10, refused=0, on=on(3))

    assert not seen("telemetry", of_system, on=TODAY + timedelta(days=1200))


@pytest.mark.parametrize("population", ["systems", "monitors", "alerts", "breaches", "telemetry"])
def test_a_scope_sees_nothing_of_another(population, cast, loans, breached, of_system, of_root):
    far = elsewhere(cast)
    outside = controls.implement(
        "TF-MON-01", unit=cast.elsewhere, owner=None, description="Over there.",
        by=factories.actor(cast.outsider), at=on(2),
    )  # fmt: skip
    of_far = controls.implement(
        "TF-MON-01", unit=cast.elsewhere, system=far, owner=None, description="For this one.",
        by=factories.actor(cast.outsider), at=on(2),
    )  # fmt: skip
    own = {far.ledger_subject} if population == "systems" else set()

    together = (of_system, of_root)
    assert set(seen(population, outside, also=together, on=TODAY)) == own
    assert set(seen(population, of_far, also=together, on=TODAY)) == own
    assert seen(population, of_system, also=(outside, of_far), on=TODAY)
    everything = seen(population, of_root, also=(outside, of_far), on=TODAY)
    assert set(everything) >= set(seen(population, of_system, on=TODAY)) | own


def test_a_population_that_is_too_large_is_refused_not_cut(cast, loans, of_unit, monkeypatch):
    factories.system(cast, at=on(1))
    monkeypatch.setattr(gathered, "MOST_RECORDS", 1)

    with pytest.raises(gathered.TooManyRecords, match="there are more than 1 records"):
        seen("systems", of_unit, on=TODAY)
