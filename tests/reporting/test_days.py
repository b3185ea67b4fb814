"""Which days can be shown."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from factories import AT

from twofold.people.errors import InvalidInput
from twofold.reporting.days import day_to_show

TODAY = AT.date()


@pytest.mark.parametrize("day", [None, TODAY])
def test_today_is_shown_when_nothing_else_is_asked_for(db, day):
    assert day_to_show(day, at=AT) == TODAY


def test_today_is_the_day_in_utc(db):
    late = datetime(2026, 11, 3, 23, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert day_to_show(None, at=late) == late.astimezone(UTC).date() == date(2026, 11, 4)


def test_the_first_day_of_the_record_can_be_shown_and_none_before_it(cast):
    later = AT + timedelta(days=3)

    assert day_to_show(TODAY, at=later) == TODAY
    with pytest.raises(InvalidInput, match="begins on 2026-11-20") as refusal:
        day_to_show(TODAY - timedelta(days=1), at=later)
    assert refusal.value.field == "as_of"


@pytest.mark.parametrize("day", [TODAY + timedelta(days=1), date.max])
def test_a_day_ahead_is_refused(cast, day):
    with pytest.raises(InvalidInput, match="lies ahead") as refusal:
        day_to_show(day, at=AT)
    assert refusal.value.field == "as_of"


def test_an_empty_record_tells_of_no_past_day(db):
    with pytest.raises(InvalidInput, match="begins on"):
        day_to_show(date.min, at=AT)
