"""What is measured, over which window, and with which verdict."""

import json
import logging
from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import monitored
from factories.monitored import decide, evaluate, on, watch

from twofold.ledger.queries import history
from twofold.monitoring import actions
from twofold.monitoring.evaluation import SETTLE
from twofold.monitoring.models import Breach, Measurement, Verdict
from twofold.monitoring.queries import measurements_of, newest_measurements
from twofold.telemetry import actions as telemetry
from twofold.telemetry.models import DayProfile


def closed(*, at):
    return actions.close_windows(by=monitored.WORKER, at=at)


@pytest.mark.parametrize(
    ("approved", "refused", "verdict", "value"),
    [
        (14, 15, Verdict.INSUFFICIENT, 14 / 29),
        (15, 15, Verdict.OK, 0.5),
        (18, 12, Verdict.OK, 0.6),
        (19, 11, Verdict.BREACH, 19 / 30),
    ],
)
def test_a_window_earns_a_verdict_from_thirty_events_on(
    loans, cast, approved, refused, verdict, value
):
    monitor = watch(loans.system, cast)
    decide(loans, cast, approved=approved, refused=refused, on=on(17))
    evaluate(at=on(18))

    row = Measurement.objects.get()
    assert (row.verdict, row.sample) == (verdict, approved + refused)
    assert row.value == pytest.approx(value)
    assert (row.window_start, row.window_end) == (date(2026, 11, 16), date(2026, 11, 22))
    assert newest_measurements([monitor]) == {monitor.pk: row}
    assert [line.entry.kind for line in history(row.ledger_subject)] == [
        "monitoring.measurement.measured"
    ]


def test_enough_events_without_a_value_are_an_error_with_its_reason(loans, cast):
    watch(loans.system, cast, metric="drift.psi", field="amount")
    decide(loans, cast, approved=20, refused=20, on=on(17))
    evaluate(at=on(18))

    row = Measurement.objects.get()
    assert (row.verdict, row.value) == (Verdict.ERROR, None)
    assert row.reason == "There is no reference to compare with."


def test_a_reference_that_comes_later_gives_the_window_its_value(loans, cast):
    watch(loans.system, cast, metric="drift.psi", field="amount", above=0.25)
    decide(loans, cast, approved=20, refused=20, on=on(17))
    evaluate(at=on(18))
    telemetry.add_reference(
        loans,
        body=factories.body(factories.events(50, name="trained", at=on(2))),
        by=factories.actor(cast.engineer),
        at=on(18, hour=13),
    )
    evaluate(at=on(18, hour=13))

    row = Measurement.objects.get()
    assert row.verdict in {Verdict.OK, Verdict.BREACH}
    assert row.value is not None
    assert len(history(row.ledger_subject)) == 2


def test_days_of_one_window_are_measured_together_and_others_alone(loans, cast):
    watch(loans.system, cast)
    for day in (15, 16, 22, 23):
        decide(loans, cast, approved=20, refused=20, on=on(day))
    evaluate(at=on(24))

    assert list(measurements_of(loans.system).values_list("window_start__day", "sample")) == [
        (9, 40),
        (16, 80),
        (23, 40),
    ]


def test_late_events_measure_their_window_anew_and_no_other(loans, cast):
    watch(loans.system, cast)
    decide(loans, cast, approved=20, refused=20, on=on(10))
    decide(loans, cast, approved=20, refused=20, on=on(17))
    evaluate(at=on(24))
    decide(loans, cast, approved=40, refused=0, on=on(11), at=on(24))
    evaluate(at=on(24, hour=14))

    late, other = measurements_of(loans.system)
    assert (late.sample, late.verdict) == (80, Verdict.BREACH)
    assert [len(history(row.ledger_subject)) for row in (late, other)] == [2, 1]


def test_unchanged_profiles_write_nothing(loans, cast):
    watch(loans.system, cast)
    decide(loans, cast, approved=20, refused=20, on=on(17))
    evaluate(at=on(18))
    telemetry.look_again(loans, by=monitored.WORKER, at=on(19))
    evaluate(at=on(19))

    assert Measurement.objects.get().measured_at == on(18)


def test_a_filling_window_is_measured_again_only_after_a_while(loans, cast):
    watch(loans.system, cast)
    decide(loans, cast, approved=20, refused=20, on=on(17))
    start = on(17, hour=14)
    evaluate(at=start)
    decide(loans, cast, approved=10, refused=10, on=on(17, hour=13))
    evaluate(at=start + timedelta(seconds=1))
    put_off = Measurement.objects.get().sample
    evaluate(at=start + SETTLE - timedelta(seconds=1))
    evaluate(at=start + timedelta(seconds=1) + SETTLE)

    assert put_off == 40
    assert Measurement.objects.get().sample == 60


def test_a_verdict_that_changes_is_not_put_off(loans, cast):
    watch(loans.system, cast)
    decide(loans, cast, approved=20, refused=20, on=on(17))
    start = on(17, hour=14)
    evaluate(at=start)
    decide(loans, cast, approved=60, refused=0, on=on(17, hour=13))

    assert len(evaluate(at=start + timedelta(seconds=1))) == 1


def test_groups_are_kept_with_their_rates(loans, cast):
    watch(
        loans.system,
        cast,
        metric="fairness.demographic_parity_ratio",
        field="sex",
        below=0.8,
    )
    decide(loans, cast, approved=30, refused=10, on=on(16), sex="m")
    decide(loans, cast, approved=10, refused=30, on=on(17), sex="f")
    evaluate(at=on(18))

    row = Measurement.objects.get()
    assert row.verdict == Verdict.BREACH
    assert row.value == pytest.approx(1 / 3)
    assert [(g["group"], g["rate"], g["sample"]) for g in json.loads(row.groups)] == [
        ("f", 0.25, 40),
        ("m", 0.75, 40),
    ]


def test_a_field_that_a_new_version_left_out_is_told_and_stops_nobody(loans, cast):
    watch(loans.system, cast, name="Drift", metric="drift.psi", field="sex")
    watch(loans.system, cast, name="Volume", metric="volume.events", above=1e6)
    newer = telemetry.declare_schema(
        loans.system,
        version="2",
        fields=[{"name": "approved", "type": "boolean", "role": "prediction"}],
        by=factories.actor(cast.engineer),
        at=on(16),
    )
    moment = on(17).isoformat()
    events = [{"id": f"{n}", "at": moment, "values": {"approved": True}} for n in range(40)]
    monitored.send(newer, cast, events, at=on(18))
    monitored.count(at=on(18))
    evaluate(at=on(18))

    drift, volume = measurements_of(loans.system)
    assert drift.verdict == Verdict.ERROR
    assert "sex" in drift.reason
    assert volume.verdict == Verdict.OK


def test_a_window_in_which_the_version_changes_holds_the_events_of_both(loans, cast):
    watch(loans.system, cast)
    newer = factories.schema(loans.system, cast, version="2", at=on(17))
    decide(loans, cast, approved=40, refused=0, on=on(16))
    evaluate(at=on(17))
    decide(newer, cast, approved=0, refused=40, on=on(18))
    evaluate(at=on(19))

    row = Measurement.objects.get()
    assert (row.value, row.sample) == (0.5, 80)


def test_a_system_without_monitors_is_looked_at_and_forgotten(loans, cast):
    decide(loans, cast, approved=1, refused=1, on=on(17))

    assert evaluate(at=on(18)) == []
    assert not Measurement.objects.exists()
    assert evaluate(at=on(18)) == []


def test_a_damaged_profile_is_logged_and_other_systems_are_evaluated(loans, cast, caplog):
    other = factories.schema(factories.system(cast, at=on(1)), cast, at=on(1))
    for schema in (loans, other):
        watch(schema.system, cast)
        decide(schema, cast, approved=20, refused=20, on=on(17))
    DayProfile.objects.filter(schema=loans).update(profile=b"{}")

    with caplog.at_level(logging.ERROR, "twofold.monitoring"):
        evaluate(at=on(18))
        evaluate(at=on(18) + timedelta(seconds=1))

    assert caplog.text.count("a profile is damaged") == 1
    assert [row.monitor.system for row in Measurement.objects.all()] == [other.system]


def test_few_events_in_a_window_that_still_fills_are_no_silence(loans, cast):
    watch(loans.system, cast, metric="volume.events", below=100, at=on(16))
    decide(loans, cast, approved=5, refused=5, on=on(17))
    evaluate(at=on(17, hour=14))
    filling = Measurement.objects.get()
    closed(at=on(23))

    assert (filling.verdict, filling.reason) == ("insufficient", "The window is not over yet.")
    assert Measurement.objects.get().verdict == Verdict.BREACH
    assert Breach.objects.get().worst_value == 10


def test_enough_events_are_enough_before_the_window_is_over(loans, cast):
    watch(loans.system, cast, metric="volume.events", below=10)
    decide(loans, cast, approved=5, refused=5, on=on(17))
    evaluate(at=on(17, hour=14))

    assert Measurement.objects.get().verdict == Verdict.OK


def test_silence_is_noticed_once_its_window_is_over_and_told_once(loans, cast):
    watch(loans.system, cast, metric="volume.events", days=1, below=1, at=on(16))
    closed(at=on(16))
    early = Measurement.objects.count()
    closed(at=on(18))
    closed(at=on(18, hour=20))

    row = Measurement.objects.get()
    assert early == 0
    assert (row.window_start.day, row.value, row.verdict) == (17, 0.0, Verdict.BREACH)
    assert Breach.objects.get().worst_value == 0
    assert len(history(row.ledger_subject)) == 1


def test_silence_while_the_worker_was_away_is_noticed_afterwards(loans, cast):
    watch(loans.system, cast, metric="volume.events", days=1, below=1, at=on(16))
    decide(loans, cast, approved=1, refused=1, on=on(19))
    evaluate(at=on(21))
    closed(at=on(21))

    assert list(measurements_of(loans.system).values_list("window_start__day", "verdict")) == [
        (17, "breach"),
        (18, "breach"),
        (19, "ok"),
        (20, "breach"),
    ]


def test_only_monitors_of_volume_hear_silence(loans, cast):
    watch(loans.system, cast, days=1, at=on(16))

    assert closed(at=on(20)) == []
    assert not Measurement.objects.exists()


def queries_of_a_pass(cast, *, monitors, history):
    schema = factories.schema(factories.system(cast, at=on(1)), cast, at=on(1))
    for number in range(monitors):
        watch(schema.system, cast, name=str(number), at=on(1))
    for week in range(history):
        decide(schema, cast, approved=20, refused=20, on=on(2) - timedelta(weeks=week), at=on(3))
    evaluate(at=on(17))
    decide(schema, cast, approved=20, refused=20, on=on(16))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        evaluate(at=on(17))
    assert Measurement.objects.filter(monitor__system=schema.system).count() == monitors * (
        history + 1
    )
    return len(captured)


def test_a_pass_asks_the_same_however_long_the_history_and_at_most_in_line_with_monitors(cast):
    one = queries_of_a_pass(cast, monitors=1, history=1)
    long = queries_of_a_pass(cast, monitors=1, history=6)
    three = queries_of_a_pass(cast, monitors=3, history=1)
    five = queries_of_a_pass(cast, monitors=5, history=1)

    assert long == one
    assert five - three == three - one <= 2 * 15
