"""What changed between two contents of a Statement of Applicability, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from twofold.reporting.soa.columns import COLUMNS
from twofold.reporting.soa.version import Row, Words, words_of


@dataclass(frozen=True)
class Change:
    """One field of a row that says something else, with both texts, a line each."""

    key: str
    title: Promise
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class ChangedRow:
    """A control that both contents have, with the fields that differ."""

    row: Row
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """What changed from one content to another.

    Attributes:
        added: rows that only the later one has; removed: only the earlier one.
        unchanged: how many rows say the same in both.
    """

    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[ChangedRow, ...]
    unchanged: int

    @property
    def differing(self) -> int:
        """How many rows are not the same in both."""
        return len(self.added) + len(self.removed) + len(self.changed)

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return self.differing > 0


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Return what changed from one content to another, in the order of the later one.

    Persons are named as they are called today in both; a person who was renamed has not changed
    the statement. One query.
    """
    words = words_of(before, after)
    old = Words(words.persons, {entry["code"]: entry for entry in before["systems"]})
    new = Words(words.persons, {entry["code"]: entry for entry in after["systems"]})
    earlier = {row["id"]: row for row in before["rows"]}
    later = {row["id"]: row for row in after["rows"]}
    both = [
        ChangedRow(row, _changes(earlier[key], row, old, new))
        for key, row in later.items()
        if key in earlier
    ]
    return Comparison(
        added=tuple(row for key, row in later.items() if key not in earlier),
        removed=tuple(row for key, row in earlier.items() if key not in later),
        changed=tuple(entry for entry in both if entry.changes),
        unchanged=sum(not entry.changes for entry in both),
    )


def _changes(before: Row, after: Row, old: Words, new: Words) -> tuple[Change, ...]:
    found = []
    for column in COLUMNS:
        was, now = column.lines(before, old), column.lines(after, new)
        if was != now:
            found.append(Change(column.key, column.title, tuple(was), tuple(now)))
    return tuple(found)
