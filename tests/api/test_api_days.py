"""The posture and a requirement as of a past day, over the API."""

from datetime import timedelta

import factories
import pytest
from factories import governed
from factories.programs import Caller
from problems import faults

from twofold.people.access import Permission

ADDRESS = f"/requirements/{governed.LOGGING}"


@pytest.fixture
def yesterday():
    return factories.now() - timedelta(days=1)


@pytest.fixture
def cast(db, yesterday):
    return factories.cast(yesterday - timedelta(days=2))


@pytest.fixture
def lead(cast, client):
    return Caller(client, factories.token(cast.lead, cast, Permission.READ))


def test_yesterday_is_unchanged_by_an_edit_of_today(cast, lead, yesterday):
    governed.decision(cast, at=yesterday)
    day = yesterday.date().isoformat()
    paths = [f"{ADDRESS}?as_of={day}", f"/posture?as_of={day}"]
    before = [lead.ask("GET", path).json() for path in paths]
    governed.decision(cast, applicable=False, at=factories.now())

    after = [lead.ask("GET", path).json() for path in paths]
    today = lead.ask("GET", ADDRESS).json()

    assert after == before
    assert {answer["on"] for answer in after} == {day}
    assert (after[0]["status"], today["status"]) == ("gap", "not_applicable")


@pytest.mark.parametrize("day", ["2999-01-01", "2001-01-01", "soon", "2026-13-01"])
@pytest.mark.parametrize("path", ["/posture", ADDRESS])
def test_a_day_that_cannot_be_shown_is_refused_by_field(lead, path, day):
    assert faults(lead.ask("GET", f"{path}?as_of={day}")) == {"as_of"}
