"""The calendar of the played weeks, and the fixed order of rows without a date."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from twofold_demo.weeks import WEEKS, first_week, in_fixed_order, last_full_week


def test_the_last_full_week_before_a_tuesday_is_the_one_that_ended_on_sunday():
    assert last_full_week(date(2026, 11, 24)) == date(2026, 11, 16)


def test_a_week_is_full_only_once_its_sunday_is_over():
    assert last_full_week(date(2026, 11, 22)) == date(2026, 11, 9)
    assert last_full_week(date(2026, 11, 23)) == date(2026, 11, 16)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_the_played_weeks_run_from_monday_to_the_last_sunday_before_today(today: date):
    monday, sunday = first_week(today), last_full_week(today) + timedelta(days=6)

    assert monday.weekday() == 0
    assert timedelta(days=1) <= today - sunday <= timedelta(days=7)
    assert sunday - monday == timedelta(days=7 * WEEKS - 1)


def test_the_fixed_order_is_that_of_the_digests():
    # SHA-256 of "x 0", "x 1" and "x 2" begin with 3c, d4 and 17.
    assert in_fixed_order([0, 1, 2], "x") == [2, 0, 1]


@given(st.lists(st.integers(0, 2000), unique=True, max_size=200), st.text(max_size=10))
def test_the_fixed_order_keeps_every_row_once_whatever_order_they_came_in(rows, purpose):
    ordered = in_fixed_order(rows, purpose)

    assert sorted(ordered) == sorted(rows)
    assert in_fixed_order(rows[::-1], purpose) == ordered
