"""Ids of events: unique across machines, and in the order in which they were made.

An id is made once, when the event is, and stays the same through every attempt to deliver it. That
is what lets the server recognise an event which it has already.
"""

import os
import threading
import time
from collections.abc import Callable

_RANDOM_BITS = 0x3FFF  # behind the two of the variant


def _time_ordered_ids(nanoseconds: Callable[[], int]) -> Callable[[], str]:
    """Return a source of UUIDs of version 7 (RFC 9562 5.7), each greater than the one before.

    The 12 bits behind the milliseconds hold the fraction of the millisecond (RFC 9562 6.2, method
    3); where the clock stands still or steps back, they count on. The other 62 bits are random and
    come from the operating system, so that forked processes do not share them.

    Args:
        nanoseconds: the clock, in nanoseconds since 1970.
    """
    lock = threading.Lock()
    last = 0

    def new_id() -> str:
        nonlocal last
        with lock:
            # 4096 ticks are a millisecond.
            last = tick = max(last + 1, (nanoseconds() << 12) // 1_000_000)
        chance = os.urandom(8)
        variant = 0x8000 | int.from_bytes(chance[:2], "big") & _RANDOM_BITS
        stamp = f"{tick >> 12:012x}"
        return f"{stamp[:8]}-{stamp[8:]}-7{tick & 0xFFF:03x}-{variant:04x}-{chance[2:].hex()}"

    return new_id


new_event_id = _time_ordered_ids(time.time_ns)
