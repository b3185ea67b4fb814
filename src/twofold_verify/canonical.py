"""Restricted canonical JSON (a subset of RFC 8785): one value has exactly one encoding.

Objects with sorted ASCII keys, arrays, NFC strings, integers below 2^53 in magnitude, booleans and
null; no floats, no duplicate keys, no lone surrogates. Entries of the ledger are written in it, so
that their hash does not depend on who wrote them.
"""

import json
import unicodedata
from typing import Any, Final, NoReturn

from twofold_verify.errors import VerificationError

#: Integers from here on are not exact in every JSON implementation (RFC 8785 3.2.2.3).
INTEGER_LIMIT = 2**53
MAX_DEPTH = 64


class CanonicalError(VerificationError):
    """A value or text is outside of the restricted form; the message names the place."""

    code = "canonical"


def encode(value: object) -> bytes:
    """Return the one encoding of a value, in UTF-8.

    Args:
        value: of dict, list or tuple, str, int, bool and None.

    Raises:
        CanonicalError: a part cannot be encoded; the place reads like `$.body.items[2]`.
    """
    return text(value).encode()


def text(value: object, *, place: str = "$", depth: int = MAX_DEPTH) -> str:
    """Return the one encoding of a value that stands at a place of a larger one.

    Args:
        value: as for `encode`.
        place: how its place is named in refusals.
        depth: how many levels of objects and arrays it may have.

    Raises:
        CanonicalError: as for `encode`.
    """
    written = _flat(value) if depth > 0 else None
    if written is None:
        _check(value, place, depth)
        written = _ENCODER.encode(value)
    return written


def decode(data: bytes) -> Any:  # noqa: ANN401 - a JSON value
    """Return the value that the bytes are the one encoding of; arrays as lists.

    Raises:
        CanonicalError: the bytes are not JSON, or not the encoding that `encode` gives.
    """
    value = _quickly(data.decode("ascii")) if data.isascii() else _UNSURE
    return _carefully(data) if value is _UNSURE else value


def decode_text(text: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return what `decode` returns for the text in UTF-8.

    Raises:
        CanonicalError: as for `decode`.
        UnicodeEncodeError: the text has a lone surrogate.
    """
    value = _quickly(text) if text.isascii() else _UNSURE
    return _carefully(text.encode()) if value is _UNSURE else value


def _carefully(data: bytes) -> Any:  # noqa: ANN401 - a JSON value
    try:
        value = json.loads(data.decode(), parse_constant=_not_json)
    except RecursionError:
        raise CanonicalError(f"$: nested deeper than {MAX_DEPTH}") from None
    except ValueError as refusal:
        raise CanonicalError(f"$: not JSON: {refusal}") from refusal
    if encode(value) != data:
        raise CanonicalError("$: not in canonical form (order, spacing, escapes or repeated keys)")
    return value


def _quickly(text: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return the value when cheap reasons suffice to accept ASCII text, else `_UNSURE`.

    What encodes back to itself has ASCII keys and NFC strings; the decoder's hooks stop at anything
    that is not a small integer; and fewer brackets than the limit cannot nest deeper.
    """
    if text.count("{") + text.count("[") > MAX_DEPTH:
        return _UNSURE
    try:
        value, end = _READ(text)
    except ValueError:
        return _UNSURE
    if end != len(text):
        return _UNSURE
    return value if (_flat(value) or _ENCODER.encode(value)) == text else _UNSURE


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _small_integer(digits: str) -> int:
    if len(digits) > 15:  # Up to fifteen characters stay below 2^53; longer ones are looked at.
        raise ValueError(digits)
    return int(digits)


def _flat(value: object) -> str | None:
    """Return the encoding of an object of ASCII texts, small integers, booleans and nulls.

    Most bodies of entries are such, and need no walk that remembers where it is. None of anything
    else, refused or not.
    """
    if type(value) is not dict:
        return None
    parts = []
    for key in value:
        if type(key) is not str or not key.isascii():
            return None
    for key in sorted(value):
        member = value[key]
        kind = type(member)
        if kind is str and member.isascii():
            parts.append(f"{_quote(key)}:{_quote(member)}")
        elif kind is int and -INTEGER_LIMIT < member < INTEGER_LIMIT:
            parts.append(f"{_quote(key)}:{member}")
        elif member is None or kind is bool:
            parts.append(f"{_quote(key)}:{_CONSTANTS[member]}")
        else:
            return None
    return f"{{{','.join(parts)}}}"


def _check(value: object, place: str, depth: int) -> None:
    """Raise unless the value can be encoded; `depth` is how many more levels may follow."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_string(value, place)
    elif isinstance(value, int):
        if abs(value) >= INTEGER_LIMIT:
            raise CanonicalError(f"{place}: integer of 2^53 or more in magnitude")
    elif isinstance(value, dict | list | tuple):
        _check_members(value, place, depth - 1)
    else:
        raise CanonicalError(f"{place}: {type(value).__name__} has no canonical form")


def _check_members(
    value: dict[Any, Any] | list[Any] | tuple[Any, ...], place: str, depth: int
) -> None:
    if depth < 0:
        raise CanonicalError(f"{place}: nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise CanonicalError(f"{place}: key {key!r} is not ASCII text")
            _check(member, f"{place}.{key}", depth)
    else:
        for index, member in enumerate(value):
            _check(member, f"{place}[{index}]", depth)


def _check_string(value: str, place: str) -> None:
    if value.isascii():
        return
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise CanonicalError(f"{place}: lone surrogate")
    if not unicodedata.is_normalized("NFC", value):
        raise CanonicalError(f"{place}: text is not in Unicode normal form C")


_UNSURE: Final = object()
_CONSTANTS: Final = {None: "null", True: "true", False: "false"}
#: Writes a text with its quotes, with the escapes that the encoder below uses.
_quote = json.encoder.encode_basestring
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
#: Reads one value where a text begins, without the search for space around it.
_READ = json.JSONDecoder(
    parse_int=_small_integer, parse_float=_not_json, parse_constant=_not_json
).raw_decode
