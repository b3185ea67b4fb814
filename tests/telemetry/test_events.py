"""A batch is wholly right or wholly refused, and the refusal names the field."""

import json
from datetime import timedelta
from uuid import UUID

import factories
import pytest
from factories import AT, monitored
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.people.errors import AccessDenied, InvalidInput
from twofold.telemetry import actions
from twofold.telemetry.events import by_day, codec_of
from twofold.telemetry.models import Batch, EventId, EventSchema
from twofold.telemetry.queries import window_profile

MOMENT = "2026-11-20T08:00:00Z"
GOOD = '{"id": "a", "at": "%s", "values": {"amount": 1}}' % MOMENT  # noqa: UP031 - braces

TOO_LATE = (AT + timedelta(minutes=5, seconds=1)).isoformat()
SCHEMA = EventSchema(pk=UUID(int=1), fields=list(factories.FIELDS))


def raw_event(values):
    """Return a body with one event whose values are written out."""
    return b'{"events":[{"id":"a","at":"%s","values":%s}]}' % (MOMENT.encode(), values)


def event(key="a", at=MOMENT, **values):
    return {"id": key, "at": at, "values": values}


def body(*events):
    return json.dumps({"events": events}).encode()


def accept(schema, cast, raw, *, by=None):
    return actions.accept_events(schema, body=raw, by=factories.actor(by or cast.engineer), at=AT)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"", "body"),
        (b"not JSON", "body"),
        (b"\xff\xfe", "body"),
        (b'{"events": [%s' % GOOD.encode(), "body"),
        (b"[]", "body"),
        (b"{}", "body"),
        (b'{"events": {}}', "events"),
        (b'{"events": []}', "events"),
        (b'{"events": [1]}', "events[0]"),
        (b'{"events": [%s], "more": 1}' % GOOD.encode(), "body"),
        (b"[" * 100_000, "body"),
        (b'{"events": [{"values": {"amount": %s' % (b"[" * 100_000), "events[0].values.amount"),
        (b'{"events": [{"id": "a", "values": {}}]}', "events[0]"),
        (body(event(amount="1")), "events[0].values.amount"),
        (body(event(amount=True)), "events[0].values.amount"),
        (body(event(approved=1)), "events[0].values.approved"),
        (body(event(sex=1)), "events[0].values.sex"),
        (body(event(sex="x" * 201)), "events[0].values.sex"),
        (body(event(), event("b", colour="red")), "events[1].values"),
        (raw_event(b'{"amount": NaN}'), "body"),
        (raw_event(b'{"amount": Infinity}'), "body"),
        (raw_event(b'{"amount": 1e400}'), "events[0].values.amount"),
        (body(event(score=1.01)), "events[0].values.score"),
        (body(event(), event("b", score=-0.01)), "events[1].values.score"),
        (body(event("")), "events[0].id"),
        (body(event("x" * 101)), "events[0].id"),
        (body({**event(), "more": 1}), "events[0]"),
        (body(event(at="yesterday")), "events[0].at"),
        (body(event(at="2026-11-20T08:00:00")), "events[0].at"),
        (body(event(at=1_700_000_000)), "events[0].at"),
        (body(event(), event("b", at=TOO_LATE)), "events[1].at"),
        (body(event(at="9999-12-31T23:59:59-14:00")), "events[0].at"),
        (body(event(at="1999-12-31T23:59:59Z")), "events[0].at"),
        (body(event(at="0001-01-01T00:00:00+14:00")), "events[0].at"),
        (b'{"events": [%s], "events": [%s]}' % (GOOD.encode(), GOOD.encode()), "body"),
        (b'{"events":[{"id":"a","id":"b","at":"%s","values":{}}]}' % MOMENT.encode(), "body"),
        (raw_event(b'{"score":0.5,"score":1}'), "body"),
    ],
)
def test_a_malformed_batch_is_refused_by_field_and_nothing_is_stored(loans, cast, raw, place):
    with pytest.raises(InvalidInput) as refusal:
        accept(loans, cast, raw)

    assert refusal.value.field == place
    assert refusal.value.message
    assert not Batch.objects.exists()
    assert not EventId.objects.exists()


def test_more_events_than_a_batch_holds_are_refused(loans, cast):
    with pytest.raises(InvalidInput) as refusal:
        accept(loans, cast, body(*(event(str(number)) for number in range(10_001))))

    assert refusal.value.field == "events"
    assert not Batch.objects.exists()


def test_a_batch_may_hold_ten_thousand_events(loans, cast):
    receipt = accept(loans, cast, body(*(event(str(number)) for number in range(10_000))))

    assert (receipt.accepted, receipt.duplicates) == (10_000, 0)


@pytest.mark.parametrize(
    "events",
    [
        [event(at=(AT + timedelta(minutes=5)).isoformat())],
        [event(at="2000-01-01T00:00:00Z")],
        [event(score=0), event("b", score=1.0)],
        [event("x" * 100, sex="y" * 200)],
        [event("é\u0000\U0001f600", sex="")],
        [event(amount=None, approved=None, score=None, repaid=None, sex=None)],
    ],
)
def test_what_lies_just_within_the_limits_is_accepted(loans, cast, events):
    assert accept(loans, cast, body(*events)).accepted == len(events)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['":', '" :', ":", "\\", '\\":', '{"sex":"m"}', " :a"]
)


@given(
    events=st.lists(
        st.fixed_dictionaries(
            {}, optional={"sex": texts | st.none(), "amount": st.integers(-9, 9)}
        ),
        min_size=1,
        max_size=4,
    ),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 1]),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    doubled=st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_a_key_that_stands_twice_is_found_in_any_spelling(
    events, ascii_only, indent, separators, doubled
):
    codec = codec_of(SCHEMA)
    document = {"events": [event(str(n), **values) for n, values in enumerate(events)]}
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent, separators=separators)
    if doubled:
        raw = raw.replace('"id"', f'"at"{separators[1]}"{MOMENT}"{separators[0]}"id"', 1)
        with pytest.raises(InvalidInput):
            codec.decode(raw.encode(), at=AT)
    else:
        assert len(codec.decode(raw.encode(), at=AT)) == len(events)


def test_a_day_is_a_day_of_utc(loans, cast):
    raw = body(
        event("a", at="2026-11-19T23:59:59.999999Z"),
        event("b", at="2026-11-20T00:00:00Z"),
        event("c", at="2026-11-20T01:30:00+02:00"),
        event("d", at="2026-11-19T20:00:00-05:00"),
    )
    events = codec_of(SCHEMA).decode(raw, at=AT)

    assert {day.day: [e.id for e in found] for day, found in by_day(events).items()} == {
        19: ["a", "c"],
        20: ["b", "d"],
    }


@pytest.mark.parametrize("who", ["outsider", "auditor", "owner"])
def test_only_who_may_send_telemetry_sends_it(loans, cast, who):
    with pytest.raises(AccessDenied):
        accept(loans, cast, body(event()), by=getattr(cast, who))

    assert not Batch.objects.exists()


def test_an_absent_value_and_a_null_are_both_missing(loans, cast):
    monitored.send(loans, cast, [event(), event("b", amount=None), event("c", amount=2)])
    monitored.count()

    tally = window_profile(loans, AT.date(), AT.date()).numbers["amount"]
    assert (tally.count, tally.missing) == (1, 2)
