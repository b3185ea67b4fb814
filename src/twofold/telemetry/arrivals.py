"""Word that events came in, for a worker in the same process; one elsewhere looks by the clock.

It is only a hint: what is to be counted stands in the database, and a worker that hears nothing
finds it at its next look.
"""

import threading

_came = threading.Event()


def tell() -> None:
    """Say that events are committed."""
    _came.set()


def wait(timeout_s: float) -> bool:
    """Wait for word, at most so many seconds; return whether it came.

    Word is taken back before this returns, so that whoever looks then misses nothing.
    """
    came = _came.wait(timeout_s)
    _came.clear()
    return came
