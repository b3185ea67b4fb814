"""Events as a program makes them, and the request bodies that carry them.

An event is encoded once, in one pass of the standard library's JSON encoder. Only values that this
encoder does not take as they are (scalars of numpy, not-a-number) are looked at one by one.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from twofold_sdk.errors import EventError
from twofold_sdk.identity import new_event_id

MAXIMUM_EVENTS = 10_000
MAXIMUM_BYTES = 8 * 1024 * 1024
# Encoding some events at a time costs half of encoding each alone; the largest events that the
# server takes still fit into a request in groups of this size.
_GROUP = 16
_FRAME_BYTES = len('{"events":[]}')
_PLAIN = frozenset({str, int, float, bool, type(None)})
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a system's events: what its values are, and what they are to the system."""

    name: str
    type: Literal["number", "category", "boolean"]
    role: Literal["feature", "prediction", "score", "label", "protected", "segment"]


@dataclass(frozen=True, slots=True)
class Event:
    """One decision of an AI system.

    Attributes:
        values: field name to value: a number, a text, true, false or None for a missing one. A
            scalar of numpy stands for its value, not-a-number for a missing one.
        at: when the decision was made; with a time zone.
        id: by which the server knows the event again; made with the event.
    """

    values: Mapping[str, object]
    at: datetime
    id: str = field(default_factory=new_event_id)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Some events as JSON objects joined by commas, in ASCII."""

    text: str
    events: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of one request.

    Attributes:
        first: place of its first event among all that were to be sent.
        events: how many it carries.
    """

    body: bytes
    first: int
    events: int


def encode(event: Event) -> Encoded:
    """Return an event as JSON.

    Raises:
        EventError: a value or the time cannot be sent; the field is named.
    """
    try:
        text = _dumps(_document(event))
    except EventError:
        raise
    except ValueError:
        # The encoder met a number that is not finite and does not say where.
        text = _dumps({**_document(event), "values": _plain(event.values)})
    if len(text) + _FRAME_BYTES > MAXIMUM_BYTES:
        raise EventError("values", f"an event has at most {MAXIMUM_BYTES} bytes")
    return Encoded(text, 1)


def encode_all(events: Iterable[Event]) -> Iterator[Encoded]:
    """Return events as JSON, some at a time, in their order.

    Raises:
        EventError: an event cannot be sent; its place and field are named.
    """
    rest = iter(events)
    place = 0
    while group := list(islice(rest, _GROUP)):
        yield from _encode_group(group, place)
        place += len(group)


def batches(
    pieces: Iterable[Encoded],
    *,
    maximum_events: int = MAXIMUM_EVENTS,
    maximum_bytes: int = MAXIMUM_BYTES,
) -> Iterator[Batch]:
    """Return request bodies of at most so many events and bytes; no piece is cut."""
    texts: list[str] = []
    first = events = 0
    size = _FRAME_BYTES
    for piece in pieces:
        more = len(piece.text) + 1
        if texts and (events + piece.events > maximum_events or size + more > maximum_bytes):
            yield Batch(_body(texts), first, events)
            first += events
            texts, events, size = [], 0, _FRAME_BYTES
        texts.append(piece.text)
        events += piece.events
        size += more
    if texts:
        yield Batch(_body(texts), first, events)


def decode(text: str) -> Event:
    """Return the event that `encode` made the text of."""
    document = json.loads(text)
    return Event(document["values"], datetime.fromisoformat(document["at"]), document["id"])


def _encode_group(group: Sequence[Event], first: int) -> list[Encoded]:
    try:
        text = _dumps([_document(event) for event in group])[1:-1]
    except ValueError:
        text = ""
    if text and len(text) + _FRAME_BYTES <= MAXIMUM_BYTES:
        return [Encoded(text, len(group))]
    return [_encode_at(place, event) for place, event in enumerate(group, first)]


def _encode_at(place: int, event: Event) -> Encoded:
    try:
        return encode(event)
    except EventError as refusal:
        raise EventError(f"events[{place}].{refusal.field}", refusal.reason) from None


def _body(texts: Sequence[str]) -> bytes:
    return f'{{"events":[{",".join(texts)}]}}'.encode("ascii")


def _document(event: Event) -> dict[str, object]:
    values = event.values
    if type(values) is not dict or not _PLAIN.issuperset(map(type, values.values())):
        values = _plain(values)
    return {"id": event.id, "at": _moment(event.at), "values": values}


def _moment(at: datetime) -> str:
    if at.tzinfo is not UTC:
        if at.utcoffset() is None:
            raise EventError("at", f"{at.isoformat()} has no time zone")
        at = at.astimezone(UTC)
    return at.isoformat()


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain_value(name, value) for name, value in values.items()}


def _plain_value(name: str, value: object) -> object:
    if type(value) not in _PLAIN:
        value = _scalar(name, value)
    if not isinstance(value, float) or math.isfinite(value):
        return value
    if math.isnan(value):
        return None
    raise EventError(f"values.{name}", f"{value} is no finite number")


def _scalar(name: str, value: object) -> object:
    """Take a scalar out of what a numerical library wraps it in, without knowing the library."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        value = item()
    if value is None or isinstance(value, str | int | float):
        return value
    raise EventError(
        f"values.{name}",
        f"a value is a number, a text, true, false or None, and no {type(value).__name__}",
    )
