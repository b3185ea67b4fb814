"""The thread in which outsiders are asked to vouch for the log, apart from everything else.

Whoever is asked may take long or be out of reach: nothing that alerts anybody waits for it.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from twofold.cli.beside import beside
from twofold.ledger import anchors, witnesses
from twofold.ledger.asking import AskingError
from twofold.ledger.errors import LedgerError
from twofold.ledger.vouching_queries import waiting
from twofold_verify.policy import Witness

_log = logging.getLogger(__name__)
PAUSE_S = 5.0


class Vouching:
    """Looks after anchors, witnesses and the alarm again and again until it is told to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._late_since: datetime | None = None
        self._told = False

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stop.is_set():
            close_old_connections()
            self.run_once()
            self._stop.wait(PAUSE_S)
        connections.close_all()

    def stop(self) -> None:
        """Let the running step end and no other begin."""
        self._stop.set()

    def run_once(self) -> bool:
        """Look after each once; return whether all went well."""
        steps: list[tuple[str, Callable[[], object]]] = [("The alarm", self._watch)]
        if settings.TIME_AUTHORITY:
            steps.append(("The time stamp authority", anchor))
        steps += [
            (f"The witness {witness.name}", partial(cosign, witness))
            for witness in settings.LEDGER_POLICY.witnesses
        ]
        # A list: each is asked, whatever became of the ones before.
        return all([self._guarded(*step) for step in steps if not self._stop.is_set()])  # noqa: C419 - a list: each is done, whatever became of others

    def _guarded(self, whose: str, step: Callable[[], object]) -> bool:
        try:
            step()
        except AskingError as failure:
            level = logging.ERROR if failure.alarm else logging.WARNING
            _log.log(level, "%s: %s", whose, failure)
        except (LedgerError, DatabaseError):
            _log.exception("%s could not be asked", whose)
        else:
            return True
        return False

    def _watch(self) -> None:
        """Log once that entries wait for too long; again only when they did not in between."""
        found = waiting(at=_now(), alarm_after=alarm_after())
        since = found.since if found.late else None
        # What waits at two looks in a row is not merely dated in the past, as what is imported is.
        if since is not None and self._late_since == since and not self._told:
            _log.error("%d entries wait for a checkpoint, since %s", found.count, since.isoformat())
            self._told = True
        self._told = self._told and since is not None
        self._late_since = since


def anchor() -> object:
    """Have the newest checkpoint stamped when it is time."""
    every = timedelta(minutes=settings.ANCHOR_MINUTES)
    return anchors.anchor(settings.TIME_AUTHORITY, settings.TIME_ROOTS, every=every, at=_now())


def cosign(witness: Witness) -> object:
    """Have a witness cosign the newest checkpoint when it is time."""
    return witnesses.cosign(witness, every=witnesses.EVERY, at=_now())


def alarm_after() -> timedelta:
    """Return how long an entry may wait for a checkpoint."""
    return timedelta(seconds=settings.ALARM_SECONDS)


def vouching() -> AbstractContextManager[object]:
    """Look after it in a thread beside what the block does."""
    return beside(Vouching(), "vouching")


def _now() -> datetime:
    return datetime.now(UTC)
