"""The thread in which evidence is collected by itself, apart from everything else.

A source may be slow or out of reach: nothing that alerts anybody waits for it.
"""

import logging
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from django.db import close_old_connections, connections

from twofold.cli.beside import beside
from twofold.people.access import part_of_product
from twofold.reporting.collecting import due_collections, places_of_installation, run_collection
from twofold.reporting.collecting.running import Due

_log = logging.getLogger(__name__)
COLLECTOR = part_of_product("collector")
PAUSE_S = 20.0


class Collecting:
    """Runs what is due again and again until it is told to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stop.is_set():
            close_old_connections()
            self.run_once()
            self._stop.wait(PAUSE_S)
        connections.close_all()

    def stop(self) -> None:
        """Let the running collection end and no other begin."""
        self._stop.set()

    def run_once(self) -> int:
        """Run each collection that is due once; return how many were run."""
        try:
            waiting = due_collections(at=_now())
        except Exception:  # noqa: BLE001 - the loop outlives any failure
            _log.exception("What is to be collected could not be read")
            return 0
        return sum(self._guarded(due) for due in waiting if not self._stop.is_set())

    def _guarded(self, due: Due) -> bool:
        try:
            run = run_collection(due, places_of_installation(), by=COLLECTOR, at=_now())
        except Exception:  # noqa: BLE001 - one collection does not keep the others from running
            _log.exception("The collection %s failed", due.collection.pk)
            return False
        if run.message:
            _log.warning("The collection %s brought nothing: %s", due.collection.pk, run.message)
        return True


def collecting() -> AbstractContextManager[object]:
    """Collect in a thread beside what the block does."""
    return beside(Collecting(), "collecting")


def _now() -> datetime:
    return datetime.now(UTC)
