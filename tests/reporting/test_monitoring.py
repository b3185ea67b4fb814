import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import monitored
from factories.monitored import decide, evaluate, on, watch

from twofold.domain.limits import Direction, Limit
from twofold.monitoring.actions import MonitorSettings, set_up
from twofold.monitoring.models import Alert, Breach, Measurement
from twofold.reporting import monitoring
from twofold.reporting.distribution import distribution_chart
from twofold.telemetry import actions as telemetry


@pytest.fixture
def cast(db):
    return monitored.early_cast()


@pytest.fixture
def loans(cast):
    return monitored.early_loans(cast)


@pytest.fixture
def breached(loans, cast):
    monitor = watch(loans.system, cast, at=on(2))
    for day, refused in ((3, 40), (10, 0)):
        decide(loans, cast, approved=40, refused=refused, on=on(day))
    evaluate(at=on(11))
    return monitor


def test_the_fleet_shows_the_worst_verdict_of_the_newest_windows(loans, cast, breached):
    watch(loans.system, cast, name="Volume", metric="volume.events", above=1e6, at=on(11))
    silent = factories.system(cast, at=on(1))
    evaluate(at=on(11))

    first, second = monitoring.fleet([loans.system, silent])
    assert (first.monitors, first.verdict, first.open_breaches) == (2, "breach", 1)
    assert (second.monitors, second.verdict, second.open_breaches) == (0, "", 0)


def test_the_fleet_asks_three_times_however_many_systems_there_are(loans, cast, breached):
    systems = [loans.system, *(factories.system(cast, at=on(1)) for _ in range(5))]
    with CaptureQueriesContext(connection) as captured:
        monitoring.fleet(systems)

    assert len(captured) == 3


def test_a_system_without_a_schema_has_nothing_to_show(cast):
    found = monitoring.system_monitoring(factories.system(cast, at=on(1)), on=on(2).date())

    assert (found.schema, found.events, found.monitors) == (None, 0, ())


def test_a_system_without_events_has_no_charts(loans):
    found = monitoring.system_monitoring(loans.system, on=on(2).date())

    assert (found.events, found.distribution, found.volume["rows"]) == (0, None, [])


def test_a_monitor_is_shown_with_its_values_its_limit_and_its_breaches(loans, breached):
    found = monitoring.system_monitoring(loans.system, on=on(11).date(), field="sex")

    (view,) = found.monitors
    assert (view.monitor, view.filling) == (breached, True)
    assert view.value.startswith("100")
    assert "60" in view.limit
    assert [row[1] for row in view.chart["rows"]] == [50.0, 100.0]
    assert view.chart["breaches"] == [1]
    assert found.field == "sex"
    assert found.events == 120
    assert found.damaged == 0
    assert [row[1] for row in found.volume["rows"]] == [80, 0, 0, 0, 0, 0, 0, 40]
    assert [b.breach for b in found.breaches] == [Breach.objects.get()]


def test_a_value_on_too_few_events_is_not_shown(loans, cast):
    watch(loans.system, cast, at=on(2))
    decide(loans, cast, approved=10, refused=0, on=on(3))
    evaluate(at=on(4))

    (view,) = monitoring.system_monitoring(loans.system, on=on(4).date()).monitors
    assert Measurement.objects.get().value == 1.0
    assert view.value == ""
    assert view.chart["rows"][0][1] is None


def test_a_warning_limit_is_drawn_beside_the_limit(loans, cast):
    monitor = set_up(
        loans.system,
        name="Approvals",
        settings=MonitorSettings(
            "performance.positive_rate", "", 7, Limit(0.5, 0.6, Direction.ABOVE)
        ),
        by=factories.actor(cast.engineer),
        at=on(2),
    )

    limits = monitoring.monitor_chart(monitor)["limits"]
    assert [(limit["verdict"], limit["value"]) for limit in limits] == [
        ("breach", 60.0),
        ("warning", 50.0),
    ]


def test_an_unknown_field_is_replaced_by_the_first(loans, breached):
    assert monitoring.system_monitoring(loans.system, on=on(11).date(), field="x").field == "amount"


def test_an_alert_tells_of_its_breach(loans, breached):
    (view,) = monitoring.alert_views(Alert.objects.select_related("breach__monitor"))

    assert view.worst.startswith("100")
    assert view.alert.breach == view.breach
    assert monitoring.monitor_chart(breached)["limits"][0]["value"] == 60.0


def test_a_breach_turns_what_its_reports_are_credited_to(loans, cast, breached):
    lead = factories.actor(cast.lead)
    before = monitoring.breach_consequences(Breach.objects.get(), lead, at=on(11))
    factories.implementation(cast, of=loans.system, at=on(11))
    after = monitoring.breach_consequences(Breach.objects.get(), lead, at=on(11))

    assert before == []
    assert {"42001:A.6.2.6", "27001:A.8.16"} <= {state.requirement.id for state in after}


def refer(loans, cast, events):
    telemetry.add_reference(
        loans, body=factories.body(events), by=factories.actor(cast.engineer), at=on(2)
    )


def test_distributions_are_shares_of_the_reference_and_of_the_last_week(loans, cast):
    refer(loans, cast, factories.events(100, at=on(2)))
    decide(loans, cast, approved=30, refused=10, on=on(10), sex="f")

    chart = distribution_chart(loans, "sex", on(10).date())
    assert {row[0]: row[1:] for row in chart["rows"]} == {"f": [34.0, 100.0], "m": [66.0, 0.0]}
    chart = distribution_chart(loans, "amount", on(10).date())
    assert sum(row[1] for row in chart["rows"]) == pytest.approx(100, abs=0.1)
    assert sum(row[2] for row in chart["rows"]) == pytest.approx(100, abs=0.1)
    assert len(chart["rows"]) <= 13


def test_a_distribution_needs_values_on_both_sides(loans, cast):
    assert distribution_chart(loans, "sex", on(10).date()) is None
    refer(loans, cast, factories.events(10, at=on(2), sex=None, amount=None, score=None))

    for field in ("sex", "amount", "none"):
        assert distribution_chart(loans, field, on(10).date()) is None
    refer(loans, cast, factories.events(10, name="b", at=on(2), amount=0))
    decide(loans, cast, approved=5, refused=5, on=on(10), amount=0)
    (row,) = distribution_chart(loans, "amount", on(10).date())["rows"]
    assert row == ["0", 100.0, 100.0]
