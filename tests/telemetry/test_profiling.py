import json
from datetime import timedelta

import factories
import pytest
from factories import AT, monitored
from factories.monitored import count, send

from twofold.domain.profile import from_json, profile_of
from twofold.ledger.queries import history
from twofold.people.errors import AccessDenied, InvalidInput
from twofold.telemetry import actions, queries
from twofold.telemetry.events import codec_of
from twofold.telemetry.models import Batch, DayProfile, DirtyDay, ReferenceProfile

TODAY = AT.date()


def profile_in(row):
    return from_json(bytes(row.profile).decode())


def computed(schema, events):
    """Profile events at once, by another way than through batches and days."""
    columns = {
        field.name: [event["values"].get(field.name) for event in events]
        for field in codec_of(schema).fields
    }
    return profile_of(columns, codec_of(schema).fields)


def reference(schema, cast, events, *, by=None):
    by = factories.actor(by or cast.engineer)
    return actions.add_reference(schema, body=factories.body(events), by=by, at=AT)


def test_batches_of_a_day_add_up_to_the_profile_of_their_union(loans, cast):
    events = factories.events(90, score=0.5)
    for start in (0, 30, 60):
        send(loans, cast, events[start : start + 30])
    counts = [count(), count()]

    day = DayProfile.objects.get()
    assert counts == [3, 0]
    assert (day.day, day.events) == (TODAY, 90)
    assert profile_in(day) == computed(loans, events)
    assert [line.entry.kind for line in history(day.ledger_subject)] == [
        "telemetry.dayprofile.counted"
    ]


def test_a_day_grows_by_what_comes_later(loans, cast):
    events = factories.events(60, score=0.5)
    for part in (events[:20], events[20:]):
        send(loans, cast, part)
        count()

    day = DayProfile.objects.get()
    assert profile_in(day) == computed(loans, events)
    assert [line.entry.revision for line in history(day.ledger_subject)] == [2, 1]


def test_a_crash_in_the_middle_of_counting_counts_nothing_and_then_once(loans, cast):
    send(loans, cast, factories.events(10))

    with pytest.raises(monitored.PowerCut):
        monitored.cut_short(count)
    before = (DayProfile.objects.exists(), queries.something_to_profile())
    count()
    count()

    assert before == (False, True)
    assert DayProfile.objects.get().events == 10
    assert not queries.something_to_profile()


def test_no_more_batches_are_counted_at_once_than_are_asked_for(loans, cast):
    for number in range(3):
        send(loans, cast, factories.events(2, name=f"batch {number}"))

    assert actions.profile_pending(by=monitored.WORKER, at=AT, limit=2) == 2
    assert DayProfile.objects.get().events == 4


def test_late_events_dirty_their_own_day_alone(loans, cast):
    for days in range(3):
        moment = AT - timedelta(days=days)
        send(loans, cast, factories.events(5, name=f"{days}", at=moment))
    count()
    by = monitored.WORKER
    actions.days_looked_at(list(queries.dirty_days(at=AT)), by=by, at=AT)
    clean = list(queries.dirty_days(at=AT))
    send(loans, cast, factories.events(1, name="late", at=AT - timedelta(days=1)))
    count()

    assert clean == []
    assert [day.day for day in queries.dirty_days(at=AT)] == [TODAY - timedelta(days=1)]


def test_a_day_that_is_put_off_comes_back_at_its_time_or_when_it_changes(loans, cast):
    send(loans, cast, factories.events(5))
    count()
    later = AT + timedelta(seconds=15)
    days = list(queries.dirty_days(at=AT))
    actions.days_looked_at(days, again_at=later, by=monitored.WORKER, at=AT)

    assert not queries.dirty_days(at=AT).exists()
    assert queries.dirty_days(at=later).count() == 1
    send(loans, cast, factories.events(1, name="more"))
    count()
    assert queries.dirty_days(at=AT).count() == 1


def test_a_window_is_the_sum_of_its_days_and_silent_days_add_nothing(loans, cast):
    first, second = factories.events(7), factories.events(5, name="b", at=AT - timedelta(days=2))
    send(loans, cast, first + second)
    count()

    start = TODAY - timedelta(days=6)
    assert queries.window_profile(loans, start, TODAY) == computed(loans, first + second)
    assert queries.window_profile(loans, start, start).events == 0
    assert queries.events_by_day(loans, start, TODAY) == {TODAY: 7, TODAY - timedelta(days=2): 5}
    assert queries.event_total([loans.system]) == 12
    assert queries.last_day(loans) == TODAY


def test_a_system_without_events_has_no_last_day(loans):
    assert queries.last_day(loans) is None
    assert queries.event_total([loans.system]) == 0


def test_a_window_holds_the_events_of_all_versions(loans, cast):
    fields = [
        {"name": "amount", "type": "category", "role": "feature"},
        {"name": "score", "type": "number", "role": "score"},
    ]
    newer = actions.declare_schema(
        loans.system, version="2", fields=fields, by=factories.actor(cast.engineer), at=AT
    )
    send(loans, cast, factories.events(30))
    moment = (AT - timedelta(minutes=5)).isoformat()
    send(newer, cast, [{"id": "n", "at": moment, "values": {"amount": "much", "score": 0.5}}])
    count()

    whole = queries.system_profile(newer, TODAY, TODAY)
    assert whole.events == 31
    assert whole.numbers["score"].count == 31
    # What the two versions hold as different types is taken from the newer one.
    assert whole.categories["amount"].values == {"much": 1}
    assert "amount" not in whole.numbers


def test_the_reference_is_the_profile_of_what_was_sent_for_it(loans, cast):
    events = factories.events(80, score=0.5)
    answers = [reference(loans, cast, part) for part in (events[:50], events[30:])]

    assert [(a.accepted, a.duplicates) for a in answers] == [(50, 0), (30, 20)]
    assert queries.reference_of(loans) == computed(loans, events)
    kept = ReferenceProfile.objects.get()
    assert [line.entry.body for line in history(kept.ledger_subject)] == [
        {"events": 30},
        {"events": 50},
    ]


def test_a_reference_that_is_sent_again_changes_nothing(loans, cast):
    reference(loans, cast, factories.events(5))
    again = reference(loans, cast, factories.events(5))

    assert (again.accepted, again.duplicates) == (0, 5)
    assert ReferenceProfile.objects.get().events == 5


def test_the_same_rows_may_train_two_versions_and_come_as_events(loans, cast):
    newer = factories.schema(loans.system, cast, version="2")
    rows = factories.events(5)

    assert reference(loans, cast, rows).accepted == 5
    assert reference(newer, cast, rows).accepted == 5
    assert send(newer, cast, rows).accepted == 5


def test_a_schema_without_a_reference_has_none(loans):
    assert queries.reference_of(loans) is None


def test_a_new_reference_has_every_day_looked_at_again(loans, cast):
    send(loans, cast, factories.events(5))
    count()
    DirtyDay.objects.all().delete()
    reference(loans, cast, factories.events(5, name="trained"))

    assert [day.day for day in queries.dirty_days(at=AT)] == [TODAY]


def test_a_malformed_reference_is_refused_and_not_stored(loans, cast):
    with pytest.raises(InvalidInput) as refusal:
        reference(loans, cast, [*factories.events(2), *factories.events(1, score=2)])

    assert refusal.value.field == "events[2].values.score"
    assert not ReferenceProfile.objects.exists()


def test_only_who_configures_telemetry_sends_a_reference(loans, cast):
    with pytest.raises(AccessDenied):
        reference(loans, cast, factories.events(2), by=cast.outsider)


def test_profiles_do_not_grow_with_events(loans, cast):
    send(loans, cast, factories.events(100))
    count()
    before = len(DayProfile.objects.get().profile)
    send(loans, cast, factories.events(5000, name="more"))
    count()

    assert len(DayProfile.objects.get().profile) < before * 1.5
    assert json.loads(bytes(DayProfile.objects.get().profile))["version"] == 1
    assert Batch.objects.filter(profiled=True).count() == 2
