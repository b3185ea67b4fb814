import copy

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import stated

from twofold.reporting.soa.comparison import compared
from twofold.reporting.soa.content import content

KEY = "42001:A.6.2.6"


@pytest.fixture
def before(cast):
    factories.implementation(cast, of=factories.system(cast, code="loans"))
    stated.decide(cast)
    return content("42001", unit=cast.unit, by=factories.actor(cast.lead), at=factories.AT)


def changed(before, **values):
    after = copy.deepcopy(before)
    next(row for row in after["rows"] if row["id"] == KEY).update(values)
    return compared(before, after)


def test_the_same_content_has_no_change(before):
    found = compared(before, copy.deepcopy(before))

    assert not found
    assert found.unchanged == 38


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"applicable": False, "reason": "Not ours.", "grounds": []},
         {"applicable", "grounds", "reason", "status"}),
        ({"status": "implemented"}, {"status"}),
        ({"since": "2026-01-02"}, {"since"}),
        ({"title": "Another"}, {"title"}),
        ({"how": []}, {"how", "owners"}),
        ({"systems": []}, {"systems"}),
        ({"evidence": [{"title": "Report", "valid_until": "2026-12-01", "record": "a:b",
                        "scope": "x", "need": "y"}]}, {"evidence"}),
        ({"findings": [{"title": "F-1", "grade": "major", "raised_on": "2026-01-01", "due_on": "",
                        "record": "a:b"}]}, {"findings"}),
        ({"override": {"status": "gap", "reason": "Seen.", "until": "2026-12-01",
                       "record": "a:b"}}, {"override"}),
    ],
)  # fmt: skip
def test_each_field_that_differs_is_told_with_both_texts(before, values, fields):
    found = changed(before, **values)

    (entry,) = found.changed
    assert entry.row["id"] == KEY
    assert {change.key for change in entry.changes} == fields
    assert all(change.before != change.after for change in entry.changes)
    assert (found.unchanged, found.added, found.removed) == (37, (), ())


def test_a_stage_that_moved_on_is_told_of_every_row_that_it_covers(before):
    after = copy.deepcopy(before)
    after["systems"][0]["stage"] = "retirement"

    found = compared(before, after)

    covered = [row for row in before["rows"] if row["systems"]]
    assert len(found.changed) == len(covered) > 0
    change = found.changed[0].changes[0]
    assert (change.before, change.after) == (
        ("Loans (Operation and monitoring)",),
        ("Loans (Retirement)",),
    )


def test_rows_that_only_one_has_are_added_and_removed(before):
    after = copy.deepcopy(before)
    gone = after["rows"].pop(0)
    after["rows"].append({**gone, "id": "OWN-01"})

    found = compared(before, after)

    assert [row["id"] for row in found.added] == ["OWN-01"]
    assert [row["id"] for row in found.removed] == [gone["id"]]
    assert compared(after, before).added == (gone,)


def test_it_costs_one_query(before):
    with CaptureQueriesContext(connection) as captured:
        compared(before, before)

    assert len(captured) <= 2
