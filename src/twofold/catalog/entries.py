"""Reading tables of TOML with the line of each, and taking typed values out of them.

`tomllib` tells the line of a syntax error only. For everything else the headers of table arrays are
found in the text: the n-th `[[requirement]]` is the n-th entry of that name. The loader builds the
catalogue out of these tables.
"""

import re
import tomllib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from twofold.catalog.errors import CatalogError

_Choice = TypeVar("_Choice", bound=StrEnum)
#: Integers beyond are not exact as decimals.
_LARGEST_WHOLE = 2**53
_SYNTAX_LINE = re.compile(r"at line (\d+)")
_HEADER = re.compile(r"\s*\[\[\s*([\w-]+)\s*(?:\.\s*([\w-]+)\s*)?\]\]")


@dataclass(frozen=True)
class Table:
    """One table of a file, and where it begins.

    Attributes:
        line: of its header, from 1; of the table around it when it is written inline.
        nested: lines of the headers of the table arrays inside it, by key.
    """

    values: Mapping[str, Any]
    path: Path
    line: int
    nested: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def refuse(self, reason: str) -> CatalogError:
        """Return the error that names this place."""
        return CatalogError(self.path, self.line, reason)

    def only(self, *names: str) -> None:
        """Return when the table has no other key than these.

        Raises:
            CatalogError: it has; the key is named.
        """
        for key in self.values:
            if key not in names:
                raise self.refuse(f"unknown key {key!r}")

    def text(self, key: str, *, default: str | None = None) -> str:
        """Return a text that is not blank, or the default where there is no such key.

        Raises:
            CatalogError: it is blank, is no text, or is missing without a default.
        """
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(f"{key} must be a text that is not blank")
        if "\0" in value:
            raise self.refuse(f"{key} must not hold a null character")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; raise CatalogError for anything else."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.refuse(f"{key} must be true or false")
        return value

    def number(self, key: str, first: int, last: int) -> int:
        """Return an integer of the range; raise CatalogError for anything else."""
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not first <= value <= last:
            raise self.refuse(f"{key} must be an integer from {first} to {last}")
        return value

    def decimal(self, key: str) -> float | None:
        """Return a number, or None where there is no such key; raise CatalogError otherwise."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.refuse(f"{key} must be a number")
        if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
            raise self.refuse(f"{key} must be a number below 2^53")
        return float(value)

    def day(self, key: str) -> date:
        """Return a date written as a text, `2027-12-02`; raise CatalogError otherwise."""
        try:
            return date.fromisoformat(self.text(key))
        except ValueError:
            raise self.refuse(f"{key} must be a date such as 2027-12-02") from None

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the keys and texts of an inline table; raise CatalogError otherwise."""
        value = self.values.get(key, {})
        if not isinstance(value, dict) or not all(map(_is_text, value.values())):
            raise self.refuse(f"{key} must be a table of texts")
        return tuple(value.items())

    def texts(self, key: str, minimum: int) -> tuple[str, ...]:
        """Return a list of at least so many texts; raise CatalogError otherwise."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(_is_text(v) and v.strip() for v in value):
            raise self.refuse(f"{key} must be a list of texts")
        if len(value) < minimum:
            raise self.refuse(f"{key} must hold at least {minimum}")
        return tuple(value)

    def choice(self, key: str, choices: type[_Choice]) -> _Choice:
        """Return a member of the enumeration; raise CatalogError for anything else."""
        value = self.values.get(key)
        if value not in list(choices):
            raise self.refuse(f"{key} must be one of {', '.join(choices)}, not {value!r}")
        return choices(value)

    def tables(self, key: str, minimum: int = 0) -> list["Table"]:
        """Return the tables nested under a key, at least so many; raise CatalogError otherwise."""
        value = self.values.get(key, [])
        if not _are_tables(value):
            raise self.refuse(f"{key} must be a list of tables")
        if len(value) < minimum:
            raise self.refuse(f"{key} must hold at least {minimum}")
        lines = self.nested.get(key, ())
        if len(lines) != len(value):
            lines = (self.line,) * len(value)
        return [Table(entry, self.path, line) for entry, line in zip(value, lines, strict=True)]


def _is_text(value: object) -> bool:
    # PostgreSQL stores no null character, which an escape of TOML can write.
    return isinstance(value, str) and "\0" not in value


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def read_text(path: Path) -> str:
    """Return the text of a file with every line ending as a line feed.

    Raises:
        CatalogError: it is missing, or is not UTF-8; with the line.
    """
    if not path.is_file():
        raise CatalogError(path, 1, "the file is missing")
    return decoded(path, path.read_bytes())


def decoded(path: Path, data: bytes) -> str:
    """Return bytes as text with every line ending as a line feed; `path` names it in refusals.

    Raises:
        CatalogError: they are not UTF-8; with the line.
    """
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise CatalogError(path, line, f"is not UTF-8 at byte {fault.start}") from None


def tables(path: Path, name: str) -> list[Table]:
    """Return each `[[name]]` table of a file with its line; there is at least one.

    Raises:
        CatalogError: the file is missing, is no TOML, or holds anything else than such tables.
    """
    return tables_of(path, read_text(path), name)


def tables_of(path: Path, text: str, name: str, *, beside: Container[str] = ()) -> list[Table]:
    """Return each `[[name]]` table of a text, as `tables` does; `path` names it in refusals.

    Args:
        beside: keys of the document that are read by somebody else.

    Raises:
        CatalogError: the text is no TOML, or holds anything else than such tables.
    """
    document = _parsed(path, text)
    for key in document:
        if key != name and key not in beside:
            raise CatalogError(path, _line_of(key, text), f"unknown key {key!r}")
    entries = document.get(name, [])
    places = _places(text, name)
    if not _are_tables(entries) or len(places) != len(entries):
        raise CatalogError(
            path, _line_of(name, text), f"{name} must be written as [[{name}]] tables"
        )
    if not entries:
        raise CatalogError(path, 1, f"holds no [[{name}]]")
    return [
        Table(entry, path, line, nested)
        for entry, (line, nested) in zip(entries, places, strict=True)
    ]


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    # An integer of thousands of digits is a plain ValueError, endless nesting a RecursionError.
    except (ValueError, RecursionError) as fault:
        reason = str(fault)
        found = _SYNTAX_LINE.search(reason)
        last = text.rstrip("\n").count("\n") + 1 if "end of document" in reason else 1
        line = int(found[1]) if found else last
        raise CatalogError(path, line, f"is no TOML: {reason}") from None


def _line_of(key: str, text: str) -> int:
    """Return the line of a key of the document: of its first header, or where it is assigned."""
    name = rf"""\s*["']?{re.escape(key)}["']?\s*"""
    header, assigned = re.compile(rf"\s*\[\[?{name}[].]"), re.compile(rf"{name}[=.]")
    rows = list(enumerate(text.split("\n"), 1))
    found = (line for wanted in (header, assigned) for line, row in rows if wanted.match(row))
    return next(found, 1)


def _places(text: str, name: str) -> list[tuple[int, dict[str, tuple[int, ...]]]]:
    """Return the line of each `[[name]]`, with those of each `[[name.key]]` that follows it."""
    places: list[tuple[int, dict[str, tuple[int, ...]]]] = []
    for line, row in enumerate(text.split("\n"), 1):
        header = _HEADER.match(row)
        if header is None or header[1] != name:
            continue
        key = header[2]
        if key is None:
            places.append((line, {}))
        elif places:
            nested = places[-1][1]
            nested[key] = (*nested.get(key, ()), line)
    return places
