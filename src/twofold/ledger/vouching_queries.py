"""Reading who vouches for the log from outside, how far, and what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.ledger import keys
from twofold.ledger.models import (
    LedgerCosignature,
    LedgerEntry,
    LedgerRotation,
    LedgerStamp,
    LedgerVoucher,
)
from twofold_verify import rotation
from twofold_verify.errors import VerificationError
from twofold_verify.policy import Witness


@dataclass(frozen=True)
class Anchor:
    """A time stamp of the log.

    Attributes:
        size: entries that it vouches for.
        at: by the authority's clock.
    """

    authority: str
    size: int
    at: datetime


@dataclass(frozen=True)
class Trouble:
    """What went wrong with somebody who was asked.

    Attributes:
        since: the last success; None: there was none.
        failures: in a row.
        message: why the last one failed, in a sentence; blank when it did not.
        alarm: another log than this one has been seen.
    """

    asked_at: datetime
    since: datetime | None
    failures: int
    message: str
    alarm: bool


@dataclass(frozen=True)
class WitnessLine:
    """One witness and how far it has seen the log.

    Attributes:
        name: in the policy.
        key: its verifier key, in text.
        size: entries under the last checkpoint that it cosigned; None: none yet.
        at: when it did, by its own clock.
        trouble: None while nothing went wrong.
    """

    name: str
    key: str
    url: str
    size: int | None
    at: datetime | None
    trouble: Trouble | None


@dataclass(frozen=True)
class KeyLine:
    """A key of the log.

    Attributes:
        key: in text, as auditors pin it; blank when the statement does not hold any more.
        from_size: the first size of a checkpoint that it signs; 0 for the first key.
        since: when it took over; None for the first key.
    """

    key: str
    from_size: int
    since: datetime | None


@dataclass(frozen=True)
class Exposure:
    """What nobody outside vouches for.

    Attributes:
        vouched_size: entries that a time stamp or a cosignature covers; 0 for none.
        beyond: entries that none covers.
        since: when the first of those was recorded; None when everything is covered.
    """

    vouched_size: int
    beyond: int
    since: datetime | None


@dataclass(frozen=True)
class Waiting:
    """Entries that have no checkpoint yet.

    Attributes:
        since: when the oldest of them was recorded; None when none waits.
        late: it waits for longer than it may.
    """

    count: int
    since: datetime | None
    late: bool


def newest_anchors(*, limit: int = 20) -> list[Anchor]:
    """Return the newest time stamps, newest first."""
    rows = LedgerStamp.objects.order_by("-stamped_at", "-id")
    found = rows.values_list("authority", "checkpoint__size", "stamped_at")[:limit]
    return [Anchor(*row) for row in found]


def authority_trouble(url: str) -> Trouble | None:
    """Return what went wrong with the time stamp authority of this address, or None."""
    return _troubles(LedgerVoucher.Kind.AUTHORITY).get(url)


def witness_lines(witnesses: Sequence[Witness]) -> list[WitnessLine]:
    """Return how far each witness of a policy has seen the log, in the policy's order."""
    troubles = _troubles(LedgerVoucher.Kind.WITNESS)
    lines = []
    for witness in witnesses:
        key = str(witness.key)
        size, seen_at = (
            LedgerCosignature.objects.filter(witness=key)
            .order_by("-checkpoint__size")
            .values_list("checkpoint__size", "cosigned_at")
            .first()
        ) or (None, None)
        lines.append(WitnessLine(witness.name, key, witness.url, size, seen_at, troubles.get(key)))
    return lines


def key_history() -> list[KeyLine]:
    """Return the keys of the log in their order; the last one signs now.

    Raises:
        LedgerError: nothing was rotated and the key's file cannot be read.
    """
    rows = list(LedgerRotation.objects.order_by("size"))
    if not rows:
        return [KeyLine(str(keys.verifier()), 0, None)]
    first = KeyLine(_keys_in(rows[0].statement)[0], 0, None)
    return [first, *(KeyLine(_keys_in(it.statement)[1], it.size, it.rotated_at) for it in rows)]


def exposure() -> Exposure:
    """Return how much of the log nobody outside vouches for, and since when."""
    vouched = max(
        LedgerStamp.objects.order_by("-checkpoint__size")
        .values_list("checkpoint__size", flat=True)
        .first()
        or 0,
        LedgerCosignature.objects.order_by("-checkpoint__size")
        .values_list("checkpoint__size", flat=True)
        .first()
        or 0,
    )
    sequenced = LedgerEntry.objects.filter(index__gte=vouched)
    waiting = LedgerEntry.objects.filter(index=None)
    firsts = (
        sequenced.order_by("index").values_list("recorded_at", flat=True).first(),
        waiting.order_by("id").values_list("recorded_at", flat=True).first(),
    )
    since = min((first for first in firsts if first is not None), default=None)
    # Indexes are dense: counting a million rows would take longer than the page that shows it.
    last = sequenced.order_by("-index").values_list("index", flat=True).first()
    under = 0 if last is None else last + 1 - vouched
    return Exposure(vouched, under + waiting.count(), since)


def waiting(*, at: datetime, alarm_after: timedelta) -> Waiting:
    """Return how many entries wait for a checkpoint, and whether the oldest waits for too long."""
    rows = LedgerEntry.objects.filter(index=None)
    since = rows.order_by("recorded_at").values_list("recorded_at", flat=True).first()
    late = since is not None and at - since > alarm_after
    return Waiting(rows.count(), since, late)


def _troubles(kind: str) -> dict[str, Trouble]:
    """Return what went wrong, by name; who is well has none."""
    rows = LedgerVoucher.objects.filter(kind=kind, failures__gt=0)
    return {
        row.name: Trouble(row.asked_at, row.succeeded_at, row.failures, row.error, row.alarm)
        for row in rows
    }


def _keys_in(statement: str) -> tuple[str, str]:
    try:
        found = rotation.read(statement)
    except VerificationError:
        return "", ""
    return str(found.old), str(found.new)
