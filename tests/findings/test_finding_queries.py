"""Which findings are read, narrowed, and found by the name that people give them."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.findings import queries
from twofold.findings.queries import FindingState
from twofold.people.access import Actor, Permission
from twofold.people.errors import InvalidInput, NotFound

TODAY = AT.date()


def lead(cast):
    return factories.actor(cast.lead)


def visible(by, *, at=AT):
    return queries.visible_findings(by, at=at)


@pytest.fixture
def three(cast):
    """A finding that waits, one whose action is overdue in ten days, and one that is closed."""
    waiting = governed.finding(cast)
    late = governed.answered(governed.finding(cast), cast, days=9)
    closed = governed.closed(governed.answered(governed.finding(cast), cast), cast)
    return waiting, late, closed


def test_open_findings_stand_first_then_the_newest(cast, three):
    assert [str(row) for row in visible(lead(cast))] == ["F-2", "F-1", "F-3"]


@pytest.mark.parametrize(
    ("state", "days", "names"),
    [
        (FindingState.OPEN, 0, ["F-2", "F-1"]),
        (FindingState.OVERDUE, 9, []),
        (FindingState.OVERDUE, 10, ["F-2"]),
        (FindingState.CLOSED, 0, ["F-3"]),
    ],
)
def test_findings_are_narrowed_to_a_state_on_a_day(cast, three, state, days, names):
    found = queries.in_state(visible(lead(cast)), state, on=TODAY + timedelta(days=days))

    assert [str(row) for row in found] == names


def test_a_finding_is_in_the_state_that_it_is_narrowed_to(cast, three):
    late_day = TODAY + timedelta(days=10)

    assert [queries.state_of(row, on=TODAY) for row in three] == [
        FindingState.OPEN, FindingState.OPEN, FindingState.CLOSED,
    ]  # fmt: skip
    assert queries.state_of(three[1], on=late_day) is FindingState.OVERDUE


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 3), ("SERVERS are", 3), ("sampled", 3), ("a.8.15", 3), ("f-2", 1), ("3", 1), ("none", 0),
     ("F-99999999999999999999", 0), ("²", 0)],
)  # fmt: skip
def test_findings_are_found_by_words_and_by_name(cast, three, text, count):
    assert queries.matching(visible(lead(cast)), text).count() == count


@pytest.mark.parametrize("name", ["F-2", "f-2", " 2 "])
def test_a_finding_is_found_by_what_people_call_it(cast, three, name):
    assert queries.finding_named(name, lead(cast), at=AT) == three[1]


@pytest.mark.parametrize("name", ["F-9", "", "F-", "-2", "F-0", "nothing"])
def test_a_name_that_none_has_is_not_found(cast, three, name):
    with pytest.raises(NotFound) as refusal:
        queries.finding_named(name, lead(cast), at=AT)
    assert refusal.value.field == "finding"


def test_who_may_not_read_a_unit_sees_none_of_its_findings(cast, three):
    outsider = factories.actor(cast.outsider)

    assert not visible(outsider).exists()
    with pytest.raises(NotFound):
        queries.finding_for(three[0].pk, outsider, at=AT)


def test_an_actor_restricted_to_one_record_sees_none(cast, three):
    by = lead(cast)
    token = Actor(
        by.ledger_name, by.person_id, frozenset({Permission.READ}), "inventory.aisystem:x"
    )

    assert not visible(token).exists()


def test_a_control_is_found_where_it_is_run_and_findings_may_be_raised(cast):
    run = factories.implementation(cast)

    assert queries.implementation_found_against(run.pk, lead(cast), at=AT) == run
    for by in (factories.actor(cast.outsider), factories.actor(cast.engineer)):
        with pytest.raises(InvalidInput) as refusal:
            queries.implementation_found_against(run.pk, by, at=AT)
        assert refusal.value.field == "implementation"


def test_a_control_that_is_no_longer_run_is_not_found(cast):
    run = factories.implementation(cast)
    factories.retire(run, reason="The system is gone.", by=lead(cast), at=AT)

    with pytest.raises(InvalidInput):
        queries.implementation_found_against(run.pk, lead(cast), at=AT)
