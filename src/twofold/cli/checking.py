"""When the worker runs checks: all of them once a day, and soon those that have no result yet.

What is new is found by following the ledger, at one small query a round: a description, a change of
its checks or of the library appends an entry.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from twofold.controls.models import Implementation
from twofold.controls.queries import running
from twofold.ledger.queries import Mark, mark_now
from twofold.people.access import Permission, part_of_product
from twofold.reporting import checks

CHECKS = part_of_product("checks")


class Checking:
    """Remembers the day of the last run, how far the ledger was followed, and what still waits."""

    def __init__(self) -> None:
        self._ran_on: date | None = None
        self._mark: Mark | None = None
        self._waiting: Iterator[list[Implementation]] | None = None

    def step(self) -> None:
        """Run one batch of what is due, in a transaction; the others wait for the next steps.

        Alerts come first: between two batches the worker looks at the events that came in.
        """
        waiting, self._waiting = self._waiting or self._due(), None
        batch = next(waiting, None)
        if batch is None:
            return
        if batch:
            checks.run_checks(batch, by=CHECKS, at=_now())
        # Only now: after a failure everything that is due is looked at anew.
        self._waiting = waiting

    def _due(self) -> Iterator[list[Implementation]]:
        """Yield what is due, in batches; the day and the mark are noted when all of it has run."""
        today = _now().date()
        if self._ran_on != today:
            yield from checks.implementations_due(CHECKS, at=_now())
            self._ran_on = today
        # The mark is taken first: what is written meanwhile is looked at again, never missed.
        reached, touched = self._follow()
        if touched is None:
            yield from checks.without_result(CHECKS, at=_now())
        elif touched:
            yield checks.lacking(touched)
        self._mark = reached

    def _follow(self) -> tuple[Mark, list[Implementation] | None]:
        """Return how far the ledger goes, and what changed since; None: look at everything."""
        if self._mark is not None:
            reached, keys = checks.implementations_touched(self._mark)
            if reached is not None:
                rows = running(CHECKS, permission=Permission.RUN_CHECKS, at=_now())
                return reached, list(rows.filter(pk__in=keys)) if keys else []
        return mark_now(), None


def _now() -> datetime:
    return datetime.now(UTC)
