"""When the worker runs checks: all of them once a day, and soon those that have no result yet.

What is new is found by following the ledger, at one small query a round: a description, a change of
its checks or of the library appends an entry.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from twofold.controls.models import Implementation
from twofold.controls.queries import running
from twofold.ledger.queries import Mark, mark_now
from twofold.people.access import Permission, part_of_product
from twofold.reporting import checks

CHECKS = part_of_product("checks")


class Checking:
    """Remembers the day of the last run, and how far the ledger was followed."""

    def __init__(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._stopped = stopped
        self._ran_on: date | None = None
        self._mark: Mark | None = None

    def step(self) -> None:
        """Run what is due now; each batch is a transaction, and none begins after the stop."""
        today = _now().date()
        if self._ran_on != today and self._run(checks.implementations_due(CHECKS, at=_now())):
            self._ran_on = today
        self._run_new()

    def _run_new(self) -> None:
        """Run the checks of implementations that have one without a result."""
        # The mark is taken first: what is written meanwhile is looked at again, never missed.
        reached, touched = self._follow()
        batches: Iterable[list[Implementation]] = (
            checks.without_result(CHECKS, at=_now())
            if touched is None
            else ([checks.lacking(list(touched))] if touched else ())
        )
        if self._run(batches):
            self._mark = reached

    def _follow(self) -> tuple[Mark, list[Implementation] | None]:
        """Return how far the ledger goes, and what changed since; None: look at everything."""
        if self._mark is not None:
            reached, keys = checks.implementations_touched(self._mark)
            if reached is not None:
                rows = running(CHECKS, permission=Permission.RUN_CHECKS, at=_now())
                return reached, list(rows.filter(pk__in=keys)) if keys else []
        return mark_now(), None

    def _run(self, batches: Iterable[list[Implementation]]) -> bool:
        """Run batches; return whether none is left."""
        for batch in batches:
            if self._stopped():
                return False
            checks.run_checks(batch, by=CHECKS, at=_now())
        return True


def _now() -> datetime:
    return datetime.now(UTC)
