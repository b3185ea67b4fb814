"""The worker: counts telemetry, evaluates monitors, files reports, runs checks, seals, sequences.

One loop, in a thread of the embedded server or in a process of its own. Each step is a transaction;
a step that fails is logged, and the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import close_old_connections, connections

from twofold.cli.beside import beside
from twofold.cli.checking import Checking
from twofold.cli.collecting import collecting
from twofold.cli.intake import taking_in
from twofold.cli.vouching import vouching
from twofold.evidence import erasure
from twofold.evidence.sweeping import remove_forgotten
from twofold.ledger import actions as ledger
from twofold.monitoring import actions as monitoring
from twofold.people.access import part_of_product
from twofold.telemetry import actions as telemetry
from twofold.telemetry import arrivals
from twofold.telemetry.sealing import seal

_log = logging.getLogger(__name__)
PAUSE_S = 0.1
PAUSE_AFTER_FAILURE_S = 2.0
#: How often what erasures and broken uploads left is removed.
CLEARING = timedelta(hours=1)
#: How long the end of a process waits for the running step; what is cut off is rolled back.
STOP_S = 30.0


class Worker:
    """Runs the steps again and again until it is told to stop."""

    def __init__(self, *, checks: bool = True) -> None:
        self._stop = threading.Event()
        self._closed_on: date | None = None
        self._cleared_at: datetime | None = None
        self._checking = Checking() if checks else None

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stop.is_set():
            close_old_connections()
            began = time.monotonic()
            if self.run_once():
                self._rest(time.monotonic() - began)
            else:
                self._stop.wait(PAUSE_AFTER_FAILURE_S)
        connections.close_all()

    def stop(self) -> None:
        """Let the running step end and no other begin."""
        self._stop.set()

    def _rest(self, worked_s: float) -> None:
        """Pause three times as long as the round took; then until events come or time is over."""
        # Under a steady stream batches gather meanwhile, and requests get most of the processor.
        rest_s = min(3 * worked_s, PAUSE_S)
        if not self._stop.wait(rest_s):
            arrivals.wait(PAUSE_S - rest_s)

    def run_once(self) -> bool:
        """Run each step once, none after `stop`; return whether all went well."""
        steps: tuple[Callable[[], object], ...] = (
            self._profile,
            self._evaluate,
            self._close_windows,
            self._check,
            self._seal,
            self._clear_away,
            self._sequence,
        )
        # A list: each step runs, whatever became of the ones before.
        return all([self._guarded(step) for step in steps if not self._stop.is_set()])  # noqa: C419

    def _guarded(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except Exception:  # noqa: BLE001 - the loop outlives any failure of one step
            _log.exception("The worker's step %s failed", step.__name__)
            return False
        return True

    def _profile(self) -> None:
        while telemetry.profile_pending(by=part_of_product("telemetry"), at=_now()):
            if self._stop.is_set():
                return

    def _evaluate(self) -> None:
        monitoring.evaluate(by=part_of_product("monitoring"), at=_now())

    def _close_windows(self) -> None:
        today = _now().date()
        if self._closed_on != today:
            monitoring.close_windows(by=part_of_product("monitoring"), at=_now())
            self._closed_on = today

    def _check(self) -> None:
        if self._checking is not None:
            self._checking.step()

    def _seal(self) -> None:
        seal(by=part_of_product("telemetry"), at=_now())

    def _clear_away(self) -> None:
        """Finish erasures and remove what was never stored whole, once an hour."""
        at = _now()
        if self._cleared_at is None or at - self._cleared_at >= CLEARING:
            erasure.finish(at=at)
            remove_forgotten(at=at)
            self._cleared_at = at

    def _sequence(self) -> None:
        while ledger.sequence(at=_now()):
            if self._stop.is_set():
                return


@contextmanager
def working() -> Iterator[threading.Thread]:
    """Work in a thread beside what the block does; at its end the running step is waited for."""
    with (
        beside(Worker(), "worker", stop_s=STOP_S) as thread,
        vouching(),
        collecting(),
        taking_in(),
    ):
        yield thread


def drain(*, seal_everything: bool = False) -> None:
    """Do at once all that waits, for commands that end; checks are left to a worker that stays."""
    worker = Worker(checks=False)
    worker.run_once()
    if seal_everything:
        seal(by=part_of_product("telemetry"), at=_now(), everything=True)
    while ledger.sequence(at=_now()):
        pass


def _now() -> datetime:
    return datetime.now(UTC)
