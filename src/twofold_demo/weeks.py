"""Weeks: where the played rows lie in the calendar, and the order of rows that have no date."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

WEEKS = 12


def last_full_week(today: date) -> date:
    """Return the Monday of the last whole week, Monday to Sunday, that ended before today."""
    return today - timedelta(days=today.weekday() + 7)


def first_week(today: date) -> date:
    """Return the Monday of the first of the played weeks."""
    return last_full_week(today) - timedelta(weeks=WEEKS - 1)


def in_fixed_order(rows: Sequence[int], purpose: str) -> list[int]:
    """Return row numbers in an order that chance gave and that is the same on every machine.

    The order is that of the SHA-256 of purpose and row number, so it depends on no library.
    """
    return sorted(rows, key=lambda row: hashlib.sha256(f"{purpose} {row}".encode()).digest())
