from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.monitoring.windows import Window, window_of

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
lengths = st.integers(1, 366)


@given(day=days, length=lengths)
def test_windows_hold_their_days_and_lie_end_to_end(day, length):
    window = window_of(day, length)

    assert window.start <= day <= window.end
    assert (window.end - window.start).days == length - 1
    assert window_of(window.start, length) == window == window_of(window.end, length)
    assert window_of(window.end + timedelta(days=1), length).start == window.end + timedelta(days=1)


@pytest.mark.parametrize("day", [date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 22)])
def test_a_week_runs_from_monday_to_sunday(day):
    assert window_of(day, 7) == Window(date(2026, 11, 16), date(2026, 11, 22))


def test_a_window_is_closed_once_its_last_day_is_over():
    window = Window(date(2026, 11, 16), date(2026, 11, 22))

    assert not window.is_closed(date(2026, 11, 22))
    assert window.is_closed(date(2026, 11, 23))
