"""How far overrides have come, and which are read."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.controls.actions import withdraw_override
from twofold.controls.queries import (
    OverrideState,
    override_for,
    override_of,
    override_state,
    overrides_in,
    visible_overrides,
)
from twofold.people.errors import NotFound

TODAY = AT.date()
LATER = TODAY + timedelta(days=91)


def lead(cast):
    return factories.actor(cast.lead)


@pytest.fixture
def three(cast):
    """One that waits, one that stands and one that was withdrawn; each for ninety days."""
    withdrawn = governed.override(cast, requirement="27001:5.2")
    return (
        governed.override(cast, requirement="27001:5.1", approved=False),
        governed.override(cast),
        withdraw_override(withdrawn, by=lead(cast), at=AT),
    )


@pytest.mark.parametrize(
    ("day", "states"),
    [(TODAY, ["waiting", "standing", "withdrawn"]), (LATER, ["expired", "expired", "withdrawn"])],
)
def test_an_override_is_in_one_state_on_a_day_and_is_narrowed_to_it(cast, three, day, states):
    assert [override_state(row, on=day) for row in three] == states
    for state in OverrideState:
        found = overrides_in(visible_overrides(lead(cast), at=AT), state, on=day)
        assert set(found) == {row for row, told in zip(three, states, strict=True) if told == state}


def test_an_override_stands_on_its_last_day(cast, three):
    assert override_state(three[1], on=three[1].expires_date) is OverrideState.STANDING


def test_the_override_of_a_requirement_is_the_one_that_is_not_withdrawn(cast, three):
    assert override_of(governed.LOGGING, cast.root, lead(cast), at=AT) == three[1]
    for requirement, unit in (("27001:5.2", cast.root), (governed.LOGGING, cast.unit)):
        with pytest.raises(NotFound) as refusal:
            override_of(requirement, unit, lead(cast), at=AT)
        assert refusal.value.field == "requirement"


def test_who_may_not_read_a_unit_finds_none_of_its_overrides(cast, three):
    with pytest.raises(NotFound):
        override_for(three[1].pk, factories.actor(cast.outsider), at=AT)
    assert override_for(three[1].pk, lead(cast), at=AT) == three[1]
