"""The buffer behind `System.log`: bounded, emptied by a thread of its own, and never by forgetting.

An event leaves the buffer when the server has acknowledged it, or when the program takes it out
itself. While deliveries fail the events stay, `log` comes to wait for room and then says so, and
`flush` raises. After a failure that may pass, the thread tries again by itself; after a refusal it
stops until `flush` asks it to, because the same request would be refused again.
"""

import atexit
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from twofold_sdk.errors import ApiError, BufferFull, DeliveryError, TwofoldError
from twofold_sdk.events import MAXIMUM_BYTES, MAXIMUM_EVENTS, Batch, Encoded, batches

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Buffering:
    """How logged events are gathered.

    Attributes:
        batch_events: when so many wait they are sent at once, with all others that wait by then,
            up to 10,000.
        batch_age_s: an event waits no longer for others than this.
        capacity_events: so many fit; more have to wait.
        capacity_bytes: so many bytes of JSON fit; more have to wait.
        block_s: so long does `log` wait for room before it raises `BufferFull`.
    """

    batch_events: int = 2_000
    batch_age_s: float = 1.0
    capacity_events: int = 50_000
    capacity_bytes: int = 64 * 1024 * 1024
    block_s: float = 5.0

    def __post_init__(self) -> None:
        if not 1 <= self.batch_events <= min(MAXIMUM_EVENTS, self.capacity_events):
            raise ValueError(f"A batch has 1 to {MAXIMUM_EVENTS} events and fits into the buffer.")
        if min(self.batch_age_s, self.block_s) < 0 or self.capacity_bytes < 1:
            raise ValueError("Times are not negative, and a buffer has room for bytes.")


class Buffer:
    """Holds encoded events until they are delivered; threads may share it."""

    def __init__(
        self, deliver: Callable[[Batch], object], settings: Buffering, *, pause_s: float
    ) -> None:
        """Make an empty buffer.

        Args:
            deliver: sends a batch and returns when it is acknowledged.
            settings: sizes and times.
            pause_s: between a failure that may pass and the next try.
        """
        self._deliver = deliver
        self._settings = settings
        self._pause_s = pause_s
        #: Guards everything below; notified whenever any of it changes.
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, float]] = deque()
        self._bytes = 0
        # Counts over the buffer's life: a flush waits until what had come in has gone out.
        self._in = self._out = self._urgent = 0
        self._sending = False
        self._failure: Exception | None = None
        self._failures = 0
        self._resume_at = 0.0
        self._closed = self._stopped = False
        self._thread: threading.Thread | None = None

    def add(self, piece: Encoded) -> None:
        """Take one event in; wait for room.

        Raises:
            BufferFull: no room came in time; what hinders deliveries is attached as the cause.
            TwofoldError: the buffer is closed.
        """
        size = len(piece.text)
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._closed or self._has_room(size), self._settings.block_s
            ):
                raise BufferFull(
                    f"{len(self._waiting)} events wait already; the last failure: {self._failure}"
                ) from self._failure
            if self._closed:
                raise TwofoldError("The client is closed: nothing can be logged any more.")
            self._waiting.append((piece.text, time.monotonic()))
            self._bytes += size
            self._in += 1
            self._start()
            if len(self._waiting) == 1 or self._has_batch():
                self._changed.notify_all()

    def flush(self) -> None:
        """Return when every event taken in so far is acknowledged.

        Raises:
            DeliveryError: a delivery failed; the events are still here.
        """
        with self._changed:
            target, failures = self._in, self._failures
            self._urgent = target
            self._resume_at = 0.0
            self._start()
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._out >= target or self._failures > failures or self._stopped
            )
            if self._out < target:
                raise DeliveryError(len(self._waiting), self._failure) from self._failure

    def close(self) -> None:
        """Take nothing in any more, deliver what is here and end the thread.

        Raises:
            DeliveryError: a delivery failed; `take` still gives the events out.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        try:
            self.flush()
        finally:
            self._stop()

    def take(self) -> list[str]:
        """Take the events out that are not acknowledged, oldest first, as they were encoded."""
        with self._changed:
            self._changed.wait_for(lambda: not self._sending)
            taken = [text for text, _since in self._waiting]
            self._remove(len(taken))
            self._failure = None
            self._resume_at = 0.0
            self._changed.notify_all()
        return taken

    def _has_room(self, size: int) -> bool:
        # One event fits into an empty buffer, whatever its size.
        return not self._waiting or (
            len(self._waiting) < self._settings.capacity_events
            and self._bytes + size <= self._settings.capacity_bytes
        )

    def _has_batch(self) -> bool:
        return len(self._waiting) >= self._settings.batch_events or self._bytes >= MAXIMUM_BYTES

    def _remove(self, count: int) -> None:
        for _ in range(count):
            text, _since = self._waiting.popleft()
            self._bytes -= len(text)
        self._out += count

    def _start(self) -> None:
        """Have the thread run while there is something to do; a forked process has lost its own."""
        if self._stopped or not self._waiting or (self._thread and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._run, name="twofold-log", daemon=True)
        self._thread.start()
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        """Deliver what a program left behind that ended without closing its client."""
        try:
            self.close()
        except DeliveryError:
            _log.exception("The program ends and logged events are lost with it.")

    def _run(self) -> None:
        while texts := self._next():
            batch = next(batches(Encoded(text, 1) for text in texts))
            failure: Exception | None = None
            try:
                self._deliver(batch)
            except Exception as caught:  # noqa: BLE001 - nobody is above a thread; flush tells it
                failure = caught
            with self._changed:
                self._sending = False
                if failure is None:
                    self._remove(batch.events)
                    self._failure = None
                else:
                    self._note(failure)
                self._changed.notify_all()

    def _next(self) -> list[str]:
        """Wait until a batch is due and return its events; none when the buffer stops."""
        with self._changed:
            while not self._stopped:
                due_in_s = self._due_at() - time.monotonic()
                if due_in_s <= 0:
                    self._sending = True
                    return [text for text, _since in islice(self._waiting, MAXIMUM_EVENTS)]
                self._changed.wait(min(due_in_s, threading.TIMEOUT_MAX))
        return []

    def _due_at(self) -> float:
        """Return when the next batch is to be sent, on the monotonic clock."""
        if not self._waiting:
            return math.inf
        if self._has_batch() or self._out < self._urgent:
            return self._resume_at
        _text, since = self._waiting[0]
        return max(self._resume_at, since + self._settings.batch_age_s)

    def _note(self, failure: Exception) -> None:
        self._failure = failure
        self._failures += 1
        refused = isinstance(failure, ApiError) and 400 <= failure.status < 500
        self._resume_at = math.inf if refused else time.monotonic() + self._pause_s
        _log.warning("%d logged events are not delivered: %s", len(self._waiting), failure)
