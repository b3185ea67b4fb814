"""Windows: runs of whole days, laid end to end from a fixed Monday, the same for every monitor."""

from dataclasses import dataclass
from datetime import date, timedelta

_MONDAY = date(2001, 1, 1)


@dataclass(frozen=True, order=True)
class Window:
    """The days from `start` to `end`, both included."""

    start: date
    end: date

    def is_closed(self, today: date) -> bool:
        """Return whether its last day is over."""
        return self.end < today


def window_of(day: date, days: int) -> Window:
    """Return the window of so many days that a day falls into."""
    start = _MONDAY + timedelta(days=(day - _MONDAY).days // days * days)
    return Window(start, start + timedelta(days=days - 1))
