"""The one form of a stored value in a state text, the same on SQLite and on PostgreSQL.

Forms take what the database driver returns, before Django converts it: SQLite keeps times and keys
as text. A value that the column's type could not hold was put there by hand; it has a form too,
which no honest value shares, so that the verification names its row instead of failing at it.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Field, ForeignKey

Form = Callable[[Any], str]
text: Form = json.JSONEncoder(ensure_ascii=False).encode
_compact = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def form_of(field: "Field[Any, Any]") -> Form:
    """Return the function that turns a column's values, None aside, into JSON text.

    Raises:
        TypeError: values of this type have no form.
    """
    while isinstance(field, ForeignKey):
        field = field.target_field
    kind = field.get_internal_type()
    if kind not in _FORMS:
        raise TypeError(f"A recorded column cannot be a {kind}: it has no form in a state.")
    return _FORMS[kind]


def octets(value: object) -> bytes:
    """Return a binary value as bytes; of what else somebody put in its column, the text."""
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _text(value: object) -> str:
    return text(value) if isinstance(value, str) else _foreign(value)


def _whole(value: object) -> str:
    return str(value) if isinstance(value, int) else _foreign(value)


def _truth(value: object) -> str:
    if value in {0, 1}:
        return "true" if value else "false"
    return _foreign(value)


def _key(value: object) -> str:
    if isinstance(value, str) and len(value) == 32:
        return text("-".join((value[:8], value[8:12], value[12:16], value[16:20], value[20:])))
    return f'"{value}"' if isinstance(value, UUID) else _foreign(value)


def _instant(value: object) -> str:
    """Return a time in UTC to the microsecond; SQLite keeps it as text in UTC."""
    if isinstance(value, datetime):
        return f'"{value.astimezone(UTC).isoformat(timespec="microseconds")}"'
    if isinstance(value, str) and len(value) in {19, 26} and value[10] == " ":
        fraction = value[19:] or ".000000"
        return text(f"{value[:10]}T{value[11:19]}{fraction}+00:00")
    return _foreign(value)


def _day(value: object) -> str:
    return f'"{value.isoformat()}"' if isinstance(value, date) else _text(value)


def _float(value: object) -> str:
    """Return a float as its exact text, which is not read as a number by anybody."""
    return f'"{value!r}"' if isinstance(value, float) else _foreign(value)


def _bytes(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return f'"sha256:{sha256(value).hexdigest()}"'
    return _foreign(value)


def _json(value: object) -> str:
    if not isinstance(value, str):
        return _foreign(value)
    try:
        return _compact(json.loads(value, parse_float=lambda number: repr(float(number))))
    except (ValueError, RecursionError):
        return _foreign(value)


def _foreign(value: object) -> str:
    """Return the form of a value that the column's type does not know."""
    return text(f"{type(value).__name__} {value!r}")


_FORMS: dict[str, Form] = {
    "AutoField": _whole,
    "BigAutoField": _whole,
    "BigIntegerField": _whole,
    "BinaryField": _bytes,
    "BooleanField": _truth,
    "CharField": _text,
    "DateField": _day,
    "DateTimeField": _instant,
    "FloatField": _float,
    "IntegerField": _whole,
    "JSONField": _json,
    "PositiveBigIntegerField": _whole,
    "PositiveIntegerField": _whole,
    "PositiveSmallIntegerField": _whole,
    "SlugField": _text,
    "SmallIntegerField": _whole,
    "TextField": _text,
    "UUIDField": _key,
}
