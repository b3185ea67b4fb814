"""Threads that work beside a server: begun with what a block does, and told to stop at its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

#: How long the end of a process waits for a running step, unless it is told otherwise.
STOP_S = 15.0


class Loop(Protocol):
    """Something that works until it is told to stop."""

    def run(self) -> None:
        """Work until `stop`."""
        ...

    def stop(self) -> None:
        """Let the running step end and no other begin."""
        ...


@contextmanager
def beside(loop: Loop, name: str, *, stop_s: float = STOP_S) -> Iterator[threading.Thread]:
    """Let a loop run in a thread of its own; at the end its running step is waited for."""
    thread = threading.Thread(target=loop.run, name=name, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        loop.stop()
        thread.join(stop_s)
