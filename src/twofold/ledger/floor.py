"""The time before which nothing can have been recorded any more: that of the newest time stamp.

An entry that is dated before it would contradict the stamp: the stamped checkpoint left nothing of
that time out.
"""

import time
from datetime import datetime

from django.db.models import Max

from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerStamp
from twofold_verify.stamps import TOLERANCE

#: How long a process goes by what it read.
_KNOWN_FOR_S = 5.0


class _Floor:
    def __init__(self) -> None:
        self.at: datetime | None = None
        self.until = 0.0

    def read(self) -> datetime | None:
        newest = LedgerStamp.objects.aggregate(newest=Max("stamped_at"))["newest"]
        self.at = newest - TOLERANCE if newest else None
        self.until = time.monotonic() + _KNOWN_FOR_S
        return self.at


_floor = _Floor()


def anchored_floor() -> datetime | None:
    """Return the earliest time that an entry may bear; None before the first time stamp.

    Known for a few seconds in each process: a stamp that another one stores counts a little later,
    which the tolerance allows for.
    """
    return _floor.at if time.monotonic() < _floor.until else _floor.read()


def raise_floor() -> None:
    """Take notice of a time stamp that was just stored."""
    _floor.until = 0.0


def require_after_floor(at: datetime) -> None:
    """Return when an entry may be dated so.

    Raises:
        LedgerError: a time stamp says that it is later already.
    """
    floor = anchored_floor()
    if floor is not None and at < floor:
        # What was read may have been rolled back since; a refusal rests on what stands.
        floor = _floor.read()
        if floor is not None and at < floor:
            raise LedgerError(
                f"The time {at.isoformat(timespec='seconds')} lies before the newest time stamp of "
                "the log: nothing is recorded with it. Is the clock of this machine right?"
            )
