import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twofold_sdk import Event, EventError
from twofold_sdk.events import Encoded, batches, decode, encode, encode_all

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def sent(values: Mapping[str, object]) -> dict[str, object]:
    document = json.loads(encode(Event(values, AT)).text)
    found: dict[str, object] = document["values"]
    return found


def test_event_is_encoded_with_its_id_time_and_values() -> None:
    event = Event({"age": 41, "region": "Nord/Süd", "approved": True, "note": None}, AT, "a-1")
    assert json.loads(encode(event).text) == {
        "id": "a-1",
        "at": "2026-03-01T12:30:00+00:00",
        "values": {"age": 41, "region": "Nord/Süd", "approved": True, "note": None},
    }


def test_time_of_another_zone_is_the_same_moment() -> None:
    event = Event({}, datetime(2026, 3, 1, 14, 30, tzinfo=timezone(timedelta(hours=2))), "a")
    assert json.loads(encode(event).text)["at"] == "2026-03-01T12:30:00+00:00"


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(EventError, match="has no time zone") as refusal:
        encode(Event({"age": 1}, AT.replace(tzinfo=None)))
    assert refusal.value.field == "at"


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        (math.nan, None),
        (np.float64("nan"), None),
        (np.float32("nan"), None),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.int64(-7), -7),
        (np.uint8(255), 255),
        (np.bool_(1), True),
        (np.str_("north"), "north"),
        (np.array(3.5), 3.5),
        (np.array(None, dtype=object), None),
    ],
)
def test_not_a_number_is_missing_and_scalars_of_numpy_are_their_value(
    given_value: object, expected: object
) -> None:
    found = sent({"x": given_value, "y": 1})["x"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("infinite", [math.inf, -math.inf, np.float64("inf"), np.float32("-inf")])
def test_infinite_number_is_refused_with_its_field(infinite: object) -> None:
    with pytest.raises(EventError, match="is no finite number") as refusal:
        encode(Event({"x": 1.0, "rate": infinite}, AT))
    assert refusal.value.field == "values.rate"


@pytest.mark.parametrize(
    "unfit", [[1], {"a": 1}, (1,), AT, b"x", np.array([1.0]), np.datetime64("2026-01-01"), object()]
)
def test_value_that_is_no_scalar_is_refused_with_its_field(unfit: object) -> None:
    with pytest.raises(EventError, match="a value is a number, a text") as refusal:
        encode(Event({"x": unfit}, AT))
    assert refusal.value.field == "values.x"


def test_any_mapping_can_hold_the_values() -> None:
    assert sent(MappingProxyType({"x": 1})) == {"x": 1}


def test_fault_names_the_place_of_the_event_among_all() -> None:
    events = [Event({"x": 1.0}, AT) for _ in range(100)]
    events[37] = Event({"x": math.inf}, AT)
    with pytest.raises(EventError) as refusal:
        list(encode_all(events))
    assert refusal.value.field == "events[37].values.x"


def test_event_larger_than_a_request_is_refused() -> None:
    with pytest.raises(EventError, match="at most 8388608 bytes"):
        encode(Event({"x": "a" * 8 * 1024 * 1024}, AT))


def test_large_events_are_split_by_bytes() -> None:
    events = [Event({"x": "ä" * 100_000}, AT) for _ in range(40)]
    made = list(batches(encode_all(events)))
    assert len(made) == 4
    assert all(len(batch.body) <= 8 * 1024 * 1024 for batch in made)
    ids = [one["id"] for batch in made for one in json.loads(batch.body)["events"]]
    assert ids == [event.id for event in events]


def test_events_are_split_by_count() -> None:
    made = list(batches(encode_all(Event({"x": n}, AT) for n in range(25_000))))
    assert [batch.events for batch in made] == [10_000, 10_000, 5_000]
    assert [batch.first for batch in made] == [0, 10_000, 20_000]
    assert [one["values"]["x"] for b in made for one in json.loads(b.body)["events"]] == list(
        range(25_000)
    )


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 30), max_size=40),
    st.integers(1, 12),
    st.integers(50, 120),
)
def test_batches_keep_every_piece_in_order_within_both_limits(
    lengths: list[int], maximum_events: int, maximum_bytes: int
) -> None:
    pieces = [Encoded(json.dumps("x" * length), 1) for length in lengths]
    made = list(batches(pieces, maximum_events=maximum_events, maximum_bytes=maximum_bytes))
    found = [json.loads(batch.body)["events"] for batch in made]
    assert [text for part in found for text in part] == ["x" * length for length in lengths]
    assert [len(part) for part in found] == [batch.events for batch in made]
    assert all(batch.events <= maximum_events for batch in made)
    assert all(len(batch.body) <= maximum_bytes for batch in made)


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(),
    st.floats(allow_infinity=False),
)


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(st.text(), _VALUES, max_size=6),
    st.datetimes(timezones=st.timezones()),
)
def test_decoding_gives_back_what_was_encoded_with_missing_for_not_a_number(
    values: dict[str, object], at: datetime
) -> None:
    assume(1 < at.year < 9999)
    event = Event(values, at)
    found = decode(encode(event).text)
    assert (found.id, found.at) == (event.id, at.astimezone(UTC))
    assert found.values == {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3), max_size=40))
def test_encoding_together_is_encoding_one_by_one(rows: list[dict[str, object]]) -> None:
    events = [Event(row, AT) for row in rows]
    together = ",".join(piece.text for piece in encode_all(events))
    assert together == ",".join(encode(event).text for event in events)
