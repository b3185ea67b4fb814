"""Forecasts against known answers of the literature, and what holds whatever the history is."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.domain.forecast import (
    FURTHEST_DAYS,
    Forecast,
    NoForecast,
    Point,
    forecast,
    rate_bounds,
)

FIRST = date(2026, 1, 4)


def weekly(first: int, *weeks: tuple[int, int]) -> list[Point]:
    """Points week by week: of each week how much was closed and how much opened."""
    points = [Point(FIRST, first, 0)]
    for number, (closed, opened) in enumerate(weeks, 1):
        now = points[-1].open - closed + opened
        points.append(Point(FIRST + timedelta(weeks=number), now, closed))
    return points


# Half the quantiles of chi-square at 0.1 (2k degrees of freedom) and 0.9 (2k + 2), from tables.
@pytest.mark.parametrize(
    ("count", "lower", "upper"),
    [
        (0, 0.0, 4.605 / 2),
        (1, 0.211 / 2, 7.779 / 2),
        (2, 1.064 / 2, 10.645 / 2),
        (5, 4.865 / 2, 18.549 / 2),
        (10, 12.443 / 2, 30.813 / 2),
        (15, 20.599 / 2, 42.585 / 2),
        (20, 29.051 / 2, 54.090 / 2),
    ],
)
def test_bounds_of_the_rate_are_those_of_garwood(count: int, lower: float, upper: float) -> None:
    assert rate_bounds(count) == (pytest.approx(lower, abs=6e-4), pytest.approx(upper, abs=6e-4))


def test_forecast_of_a_steady_team_is_what_one_computes_by_hand() -> None:
    # 40 closed in 56 days, 60 open: 84 days on; the bounds of 40 are 32.07 and 49.39 (chi-square of
    # 80 at 0.1 is 64.278, of 82 at 0.9 is 98.780), so 60 * 56 / 49.39 = 68.03 and 104.5 days.
    found = forecast(weekly(100, *[(5, 0)] * 8))
    last = FIRST + timedelta(weeks=8)
    assert (found.open, found.days, found.closed, found.opened) == (60, 56, 40, 0)
    assert (found.dispersion, found.closed_per_week) == (1.0, 5.0)
    assert found.expected == last + timedelta(days=84)
    assert found.earliest == last + timedelta(days=69)
    assert found.latest == last + timedelta(days=105)
    assert found.why_not is None


def test_what_was_opened_is_taken_to_go_on() -> None:
    alone = forecast(weekly(60, *[(5, 0)] * 8))
    outpaced = forecast(weekly(44, *[(5, 2)] * 8))
    assert alone.open == outpaced.open == 20
    assert outpaced.opened == 16
    # Three a week are left of five: 20 are closed after 46.7 days.
    assert outpaced.expected == FIRST + timedelta(days=56 + 47)


def test_end_is_not_known_where_the_lower_bound_is_used_up_by_what_is_opened() -> None:
    # The lower bound of 12 is 7.83, and 8 were opened.
    found = forecast(weekly(30, *[(3, 2)] * 4))
    assert found.expected is not None
    assert found.latest is None


def test_work_that_is_closed_in_batches_has_a_wider_interval() -> None:
    steady = forecast(weekly(100, *[(5, 0)] * 8))
    batches = forecast(weekly(100, *[(0, 0)] * 3, (20, 0), *[(0, 0)] * 3, (20, 0)))
    # Pearson's chi-square is 6 * 25 / 5 + 2 * 225 / 5 = 120 over 7 degrees of freedom.
    assert batches.dispersion == pytest.approx(120 / 7)
    assert batches.expected == steady.expected
    assert batches.earliest is not None
    assert steady.earliest is not None
    assert batches.earliest < steady.earliest
    # Two whole batches: the lower bound of 2 is 0.532 batches of 17.1 in 56 days.
    assert batches.latest is not None
    assert steady.latest is not None
    assert batches.latest > steady.latest


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (weekly(3, (3, 0)), NoForecast.NOTHING_OPEN),
        (weekly(30), NoForecast.SHORT_HISTORY),
        (weekly(30, *[(5, 0)] * 3), NoForecast.SHORT_HISTORY),
        (weekly(30, *[(0, 0)] * 6), NoForecast.NOTHING_CLOSED),
        (weekly(30, *[(0, 1)] * 6), NoForecast.NOTHING_CLOSED),
        (weekly(30, *[(2, 3)] * 6), NoForecast.OUTRUN),
        (weekly(30, *[(2, 2)] * 6), NoForecast.OUTRUN),
        (weekly(2000, (1, 0), *[(0, 0)] * 11), NoForecast.TOO_FAR),
    ],
)
def test_there_is_no_date_and_the_reason_is_told(
    history: Sequence[Point], reason: NoForecast
) -> None:
    found = forecast(history)
    assert found.why_not is reason
    assert (found.expected, found.earliest, found.latest) == (None, None, None)


def test_four_weeks_are_just_enough() -> None:
    assert forecast(weekly(30, *[(5, 0)] * 4)).why_not is None


def test_a_history_of_one_step_tells_nothing_of_batches() -> None:
    points = [Point(FIRST, 30, 0), Point(FIRST + timedelta(days=28), 20, 10)]
    assert forecast(points).dispersion == 1.0


def test_rate_of_a_single_point_is_unknown() -> None:
    assert forecast(weekly(30)).closed_per_week is None


def test_open_number_may_be_supposed() -> None:
    history = weekly(100, *[(5, 0)] * 8)
    fewer = forecast(history, open_now=30)
    assert (fewer.open, fewer.expected) == (30, FIRST + timedelta(days=56 + 42))
    assert forecast(history, open_now=0).why_not is NoForecast.NOTHING_OPEN


@pytest.mark.parametrize(
    ("history", "fault"),
    [
        ([], "at least one point"),
        ([Point(FIRST, -1, 0)], "not negative"),
        ([Point(FIRST, 1, -1)], "not negative"),
        ([Point(FIRST, 1, 0), Point(FIRST, 1, 0)], "order of their days"),
        ([Point(FIRST, 9, 0), Point(FIRST + timedelta(days=7), 0, 3)], "More was closed"),
    ],
)
def test_history_that_cannot_be_is_refused(history: list[Point], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        forecast(history)


steps = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=12)


@st.composite
def histories(draw: st.DrawFn) -> list[Point]:
    """Any history in which no more is closed than is open."""
    points = [Point(FIRST, draw(st.integers(0, 200)), 0)]
    for number, (wanted, opened) in enumerate(draw(steps), 1):
        closed = min(wanted, points[-1].open)
        now = points[-1].open - closed + opened
        points.append(Point(FIRST + timedelta(weeks=number), now, closed))
    return points


def dated(found: Forecast) -> bool:
    return found.why_not is None


@given(histories())
def test_interval_holds_the_expected_date_which_lies_ahead(history: list[Point]) -> None:
    found = forecast(history)
    if dated(found):
        assert found.expected is not None
        assert found.earliest is not None
        assert history[-1].on < found.earliest <= found.expected
        assert found.latest is None or found.expected <= found.latest
        assert (found.expected - history[-1].on).days <= FURTHEST_DAYS


@given(histories())
def test_a_date_is_told_or_the_reason_and_never_both(history: list[Point]) -> None:
    found = forecast(history)
    assert (found.expected is None) == (found.why_not is not None)


@given(histories(), st.integers(1, 50))
def test_more_that_is_open_never_brings_the_date_nearer(history: list[Point], more: int) -> None:
    now = forecast(history)
    then = forecast(history, open_now=now.open + more)
    if dated(now) and dated(then):
        assert now.expected is not None
        assert then.expected is not None
        assert now.expected <= then.expected


@given(st.integers(0, 120))
@settings(deadline=None)
def test_bounds_hold_the_count_and_rise_with_it(count: int) -> None:
    (low, high), (next_low, next_high) = rate_bounds(count), rate_bounds(count + 1)
    assert low <= count <= high
    assert low < next_low
    assert high < next_high


@given(histories())
def test_opened_and_closed_account_for_the_change(history: list[Point]) -> None:
    found = forecast(history)
    assert history[0].open + found.opened - found.closed == history[-1].open
    assert all(after.on > before.on for before, after in pairwise(history))
