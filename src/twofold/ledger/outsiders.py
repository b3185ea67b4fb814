"""Single words of outsiders, to be handed out: time stamps, and statements of who signs."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from twofold.ledger.anchors import signed_text
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint, LedgerRotation, LedgerStamp
from twofold.ledger.queries import LedgerLine, history
from twofold.ledger.rotations import SUBJECT
from twofold.ledger.served import AbsentError
from twofold_verify.checkpoint import SIZE_LIMIT


@dataclass(frozen=True)
class StampFiles:
    """A time stamp as files.

    Attributes:
        size: entries that it vouches for.
        token: the authority's answer in DER.
        text: what was stamped.
    """

    size: int
    token: bytes
    text: bytes


def stamps() -> QuerySet[LedgerStamp]:
    """Return the time stamps, newest first, with their checkpoints and without their tokens."""
    rows = LedgerStamp.objects.select_related("checkpoint").defer("token", "checkpoint__note")
    return rows.order_by("-stamped_at", "-id")


def stamp_files(key: int) -> StampFiles:
    """Return a time stamp and what it is of.

    Raises:
        AbsentError: there is no such stamp.
    """
    rows = LedgerStamp.objects.select_related("checkpoint")
    found = rows.filter(pk=key).first() if key < SIZE_LIMIT else None
    if found is None:
        raise AbsentError("There is no such time stamp.")
    text = signed_text(found.checkpoint.note)
    return StampFiles(found.checkpoint.size, octets(found.token), text)


def statement_at(size: int) -> str:
    """Return the statement, signed by the old and the new key, of who signs from a size on.

    Raises:
        AbsentError: no key took over at this size.
    """
    found = LedgerRotation.objects.filter(size=size).first() if size < SIZE_LIMIT else None
    if found is None:
        raise AbsentError(f"No key took over at {size} entries.")
    return found.statement


def rotation_lines() -> dict[int, LedgerLine]:
    """Return the entries that tell of rotations, by the size from which the new key signs."""
    sizes = [(line.entry.body.get("size"), line) for line in history(SUBJECT, limit=1000)]
    return {size: line for size, line in sizes if isinstance(size, int)}


def signed_since(size: int) -> datetime | None:
    """Return when the first checkpoint that goes beyond a size was signed; None: none does."""
    rows = LedgerCheckpoint.objects.filter(size__gt=size).order_by("size")
    return rows.values_list("signed_at", flat=True).first()
