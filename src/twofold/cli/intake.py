"""The thread in which files of evidence are scanned again and read, apart from everything else.

A large document takes a while, and a scanner may be out of reach: nothing that alerts anybody waits
for it.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from django.conf import settings
from django.db import close_old_connections, connections

from twofold.cli.beside import beside
from twofold.evidence.quarantine import scan_waiting
from twofold.evidence.reading import read_waiting
from twofold.people.access import part_of_product

_log = logging.getLogger(__name__)
#: How soon a new file is found by its words.
PAUSE_S = 2.0
PAUSE_AFTER_FAILURE_S = 30.0


class Intake:
    """Scans and reads what waits, again and again until it is told to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stop.is_set():
            close_old_connections()
            done = self.run_once()
            if done is None:
                self._stop.wait(PAUSE_AFTER_FAILURE_S)
            elif not done:
                self._stop.wait(PAUSE_S)
        connections.close_all()

    def stop(self) -> None:
        """Let the running step end and no other begin."""
        self._stop.set()

    def run_once(self) -> int | None:
        """Scan and read a round; return how many files that was, or None when a step failed."""
        steps: list[Callable[[], int]] = [read_waiting]
        if settings.SCANNER:
            steps.insert(0, scan)
        done = [self._guarded(step) for step in steps if not self._stop.is_set()]
        counts = [count for count in done if count is not None]
        return sum(counts) if len(counts) == len(done) else None

    def _guarded(self, step: Callable[[], int]) -> int | None:
        try:
            return step()
        except Exception:  # noqa: BLE001 - the loop outlives any failure of one step
            _log.exception("The step %s failed", step.__name__)
            return None


def scan() -> int:
    """Have the scanner look at what it has not looked at."""
    return scan_waiting(by=part_of_product("scanner"), at=_now())


def taking_in() -> AbstractContextManager[object]:
    """Scan and read in a thread beside what the block does."""
    return beside(Intake(), "intake")


def _now() -> datetime:
    return datetime.now(UTC)
