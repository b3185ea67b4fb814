import factories
import pytest
from factories import monitored
from factories.monitored import on

from twofold.domain.limits import Direction, Limit
from twofold.ledger.queries import history
from twofold.monitoring import actions
from twofold.monitoring.actions import MonitorSettings
from twofold.monitoring.models import Measurement, Monitor
from twofold.monitoring.queries import monitors_of
from twofold.people.errors import AccessDenied, InvalidInput, NotFound

LIMIT = Limit(0.5, 0.6, Direction.ABOVE)


def set_up(
    schema,
    cast,
    *,
    name="Approvals",
    metric="performance.positive_rate",
    field="",
    days=7,
    by=None,
):
    return actions.set_up(
        schema.system,
        name=name,
        settings=MonitorSettings(metric, field, days, LIMIT),
        by=factories.actor(by or cast.engineer),
        at=on(16),
    )


def test_a_monitor_stands_in_the_ledger_with_its_limits(loans, cast):
    monitor = set_up(loans, cast, name=" Approvals ")

    assert list(monitors_of(loans.system)) == [monitor]
    assert (monitor.name, monitor.warn, monitor.breach, monitor.direction) == (
        "Approvals",
        0.5,
        0.6,
        "above",
    )
    assert [line.entry.kind for line in history(monitor.ledger_subject)] == [
        "monitoring.monitor.set_up"
    ]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "Taken"}, "name"),
        ({"days": 0}, "window_days"),
        ({"days": 367}, "window_days"),
        ({"metric": "performance.luck"}, "metric"),
        ({"metric": "drift.psi"}, "field"),
        ({"metric": "drift.psi", "field": "colour"}, "field"),
        ({"field": "amount"}, "field"),
        ({"metric": "fairness.demographic_parity_ratio", "field": "amount"}, "field"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_field(loans, cast, given, place):
    set_up(loans, cast, name="Taken")

    with pytest.raises(InvalidInput) as refusal:
        set_up(loans, cast, **given)

    assert refusal.value.field == place
    assert refusal.value.message
    assert Monitor.objects.count() == 1


def test_a_system_without_a_schema_cannot_be_monitored(cast):
    system = factories.system(cast, at=on(1))

    with pytest.raises(NotFound):
        actions.set_up(
            system,
            name="Volume",
            settings=MonitorSettings("volume.events", "", 7, LIMIT),
            by=factories.actor(cast.engineer),
            at=on(16),
        )


@pytest.mark.parametrize("who", ["outsider", "approver", "auditor", "reviewer"])
def test_only_who_configures_monitors_sets_one_up(loans, cast, who):
    with pytest.raises(AccessDenied):
        set_up(loans, cast, by=getattr(cast, who))


def test_a_new_monitor_measures_the_days_that_are_known(loans, cast):
    monitored.decide(loans, cast, approved=20, refused=20, on=on(3))
    monitored.evaluate(at=on(4))
    set_up(loans, cast)
    monitored.evaluate(at=on(16))

    assert Measurement.objects.get().value == 0.5
