"""The shape of an event, and the decoder that each schema gets.

A decoder checks types while it decodes, so that a batch is wholly right or wholly refused.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _

from twofold.domain.profile import Field, FieldType, Role
from twofold.people.errors import InvalidInput
from twofold.telemetry.models import EventSchema

MAXIMUM_EVENTS = 10_000
MAXIMUM_FIELDS = 200
CLOCK_SKEW = timedelta(minutes=5)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_KEY_END = b'":'
_UNCLEAR = (b"\\", b'" ', b'"\t', b'"\r', b'"\n')
_Text = Annotated[str, msgspec.Meta(max_length=200)]
_TYPES: dict[FieldType, Any] = {
    FieldType.NUMBER: float,
    FieldType.CATEGORY: _Text,
    FieldType.BOOLEAN: bool,
}
_Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
_EventKey = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True)
class Codec:
    """Decodes the events of one schema.

    Attributes:
        fields: the schema's fields in order.
        decoder: of request bodies; a value that was not sent is `UNSET`, and so is not stored.
        stored: of stored batches; a value that is not there is None.
    """

    fields: tuple[Field, ...]
    decoder: msgspec.json.Decoder[Any]
    stored: msgspec.json.Decoder[Any]

    def decode(self, body: bytes, *, at: datetime) -> list[Any]:
        """Return the events of a request body `{"events": [...]}`.

        Raises:
            InvalidInput: it is no such document; the field and the reason of the first fault.
        """
        try:
            events: list[Any] = self.decoder.decode(body).events
        except msgspec.ValidationError as refusal:
            raise _refusal(refusal) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as refusal:
            raise InvalidInput(
                _("The body is not JSON: %(reason)s.") % {"reason": refusal}, field="body"
            ) from None
        _check_keys(body, events)
        _check_times(events, at)
        return events

    def decode_stored(self, payload: bytes) -> list[Any]:
        """Return the events of a stored batch, which `encode` made.

        Raises:
            msgspec.MsgspecError: it does not fit the schema.
        """
        events: list[Any] = self.stored.decode(payload)
        return events

    def columns(self, events: Sequence[Any]) -> dict[str, list[Any]]:
        """Return each field's values in the order of the events, which were stored."""
        return {
            field.name: [getattr(event.values, field.name) for event in events]
            for field in self.fields
        }


def encode(events: Sequence[Any]) -> bytes:
    """Return events as they are stored in a segment."""
    return msgspec.json.encode(events)


def by_day(events: Sequence[Any]) -> dict[date, list[Any]]:
    """Return events grouped by their day in UTC."""
    days: dict[date, list[Any]] = {}
    for event in events:
        days.setdefault(event.at.astimezone(UTC).date(), []).append(event)
    return days


def fields_of(declared: Sequence[Mapping[str, str]]) -> tuple[Field, ...]:
    """Return declared fields, checked.

    Raises:
        InvalidInput: no field, too many, a name twice or not acceptable, an unknown type or role,
            or a role whose type does not fit; the place is named.
    """
    if not 1 <= len(declared) <= MAXIMUM_FIELDS:
        raise InvalidInput(
            _("Declare 1 to %(maximum)d fields.") % {"maximum": MAXIMUM_FIELDS}, field="fields"
        )
    fields = tuple(_field(place, entry) for place, entry in enumerate(declared))
    names = [field.name for field in fields]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidInput(
                _("The name %(name)s stands twice.") % {"name": name},
                field=f"fields[{place}].name",
            )
    for role in (Role.PREDICTION, Role.SCORE, Role.LABEL):
        if sum(field.role == role for field in fields) > 1:
            raise InvalidInput(
                _("Only one field can be the %(role)s.") % {"role": role.value}, field="fields"
            )
    return fields


def codec_of(schema: EventSchema) -> Codec:
    """Return the codec of a schema; made once per schema, whose fields never change."""
    return _codec(schema.pk, tuple(_field(*entry) for entry in enumerate(schema.fields)))


@lru_cache(maxsize=256)
def _codec(_key: uuid.UUID, fields: tuple[Field, ...]) -> Codec:
    absent: list[tuple[Any, Any]] = [(msgspec.UnsetType, msgspec.UNSET), (None, None)]
    sent, stored = (_event(fields, missing, default) for missing, default in absent)
    events = Annotated[
        list[sent],  # type: ignore[valid-type]
        msgspec.Meta(min_length=1, max_length=MAXIMUM_EVENTS),
    ]
    body = msgspec.defstruct("Body", [("events", events)], forbid_unknown_fields=True)
    return Codec(fields, msgspec.json.Decoder(body), msgspec.json.Decoder(list[stored]))  # type: ignore[valid-type]


def _event(fields: Sequence[Field], missing: Any, default: Any) -> type[msgspec.Struct]:  # noqa: ANN401
    """Return the type of an event whose absent values have this type and value."""
    values = msgspec.defstruct(
        "Values",
        [(field.name, _type_of(field) | None | missing, default) for field in fields],
        forbid_unknown_fields=True,
    )
    return msgspec.defstruct(
        "Event",
        [("id", _EventKey), ("at", _Moment), ("values", values)],
        forbid_unknown_fields=True,
    )


def _type_of(field: Field) -> Any:  # noqa: ANN401 - a type with its constraints
    # No profile could count a score outside [0, 1].
    return _Score if field.role is Role.SCORE else _TYPES[field.type]


def _field(place: int, entry: Mapping[str, str]) -> Field:
    name = entry.get("name", "")
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            _("A name has 1 to 60 small letters, digits and underscores, a letter first."),
            field=f"fields[{place}].name",
        )
    for key, choices in (("type", FieldType), ("role", Role)):
        if entry.get(key) not in list(choices):
            raise InvalidInput(
                _("Choose one of %(choices)s.") % {"choices": ", ".join(choices)},
                field=f"fields[{place}].{key}",
            )
    field = Field(name, FieldType(entry["type"]), Role(entry["role"]))
    _check_role(place, field)
    return field


def _check_role(place: int, field: Field) -> None:
    wanted = {
        Role.PREDICTION: {FieldType.BOOLEAN},
        Role.LABEL: {FieldType.BOOLEAN},
        Role.SCORE: {FieldType.NUMBER},
        Role.PROTECTED: {FieldType.CATEGORY, FieldType.BOOLEAN},
        Role.SEGMENT: {FieldType.CATEGORY, FieldType.BOOLEAN},
    }.get(field.role)
    if wanted and field.type not in wanted:
        raise InvalidInput(
            _("A %(role)s is of type %(types)s.")
            % {"role": field.role.value, "types": " / ".join(sorted(wanted))},
            field=f"fields[{place}].type",
        )


def _check_times(events: Sequence[Any], at: datetime) -> None:
    latest = at + CLOCK_SKEW
    for place, event in enumerate(events):
        if event.at > latest:
            raise InvalidInput(
                _("The event lies in the future: %(moment)s.") % {"moment": event.at.isoformat()},
                field=f"events[{place}].at",
            )
        if event.at < _EARLIEST:
            raise InvalidInput(
                _("The event lies before the year 2000: %(moment)s.")
                % {"moment": event.at.isoformat()},
                field=f"events[{place}].at",
            )


def _check_keys(body: bytes, events: Sequence[Any]) -> None:
    """Refuse a body in which a key stands twice, of which the decoder would take the last.

    In a body without a backslash or a blank behind a quote, each quote before a colon ends a key or
    begins a text. Encoding the events again keeps the texts and drops what was said twice, so equal
    numbers mean that nothing was. A body of which this says too little is read again, slowly.
    """
    is_plain = not any(mark in body for mark in _UNCLEAR)
    # The outermost key is not encoded.
    if not is_plain or body.count(_KEY_END) != encode(events).count(_KEY_END) + 1:
        json.loads(body, object_pairs_hook=_refuse_twice)


def _refuse_twice(pairs: Sequence[tuple[str, Any]]) -> None:
    names = [name for name, _value in pairs]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidInput(
                _("The name %(name)s stands twice in one object.") % {"name": name}, field="body"
            )


def _refusal(refusal: msgspec.ValidationError) -> InvalidInput:
    """Take the place out of msgspec's message, ``reason - at `$.events[3].values.x` ``."""
    reason, separator, place = str(refusal).rpartition(" - at ")
    if not separator:
        reason, place = place, ""
    field = place.strip("`").removeprefix("$").lstrip(".") or "body"
    return InvalidInput(f"{reason}.", field=field)
