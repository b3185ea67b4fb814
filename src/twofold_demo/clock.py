"""The clock of the demonstration, which is an adapter: everything below it is told the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place of this package that reads the clock
