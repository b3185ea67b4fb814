"""Anchors: time stamps of checkpoints by an authority that does not know us (RFC 3161)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import rfc3161_client
from cryptography import x509
from django.db import transaction

from twofold.ledger import asking, floor
from twofold.ledger.asking import AskingError
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerStamp, LedgerVoucher
from twofold_verify import stamps
from twofold_verify.stamps import TOLERANCE, Stamp, StampError

_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}
_KIND = LedgerVoucher.Kind.AUTHORITY


def anchor(
    url: str, roots: Sequence[x509.Certificate], *, every: timedelta | None, at: datetime
) -> LedgerStamp | None:
    """Have the newest checkpoint stamped, when it is time and anything was recorded since.

    Nothing is stamped while an entry older than the tolerance waits: the stamp would say that there
    is nothing older than what the checkpoint covers. Called outside a transaction.

    Args:
        url: of the authority.
        roots: certificates that its stamps have to lead to.
        every: how long to leave between two stamps; None: the authority is asked now.
        at: now, by the clock that dates entries.

    Returns:
        The stamp, or None when there was nothing to stamp.

    Raises:
        AskingError: the authority does not answer, or its stamp does not hold; it is remembered,
            and asked again after a while.
    """
    if not asking.is_due(_KIND, url, every=every, at=at):
        return None
    checkpoint = _unstamped(at=at)
    if checkpoint is None:
        return None
    try:
        text = signed_text(checkpoint.note)
        token, stamp = _ask(url, roots, text, at)
    except AskingError as failure:
        asking.remember_failure(_KIND, url, failure, at=at)
        raise
    with transaction.atomic():
        made = LedgerStamp.objects.create(
            checkpoint=checkpoint, authority=stamp.authority, token=token, stamped_at=stamp.at
        )
        asking.remember_success(_KIND, url, at=at)
    floor.raise_floor()
    return made


def signed_text(note: str) -> bytes:
    """Return what is stamped: the text of a note before its blank line, with its newline."""
    return note.rpartition("\n\n")[0].encode() + b"\n"


def _unstamped(*, at: datetime) -> LedgerCheckpoint | None:
    """Return the newest checkpoint when it has no stamp and leaves nothing old out."""
    if LedgerEntry.objects.filter(index=None, recorded_at__lt=at - TOLERANCE).exists():
        return None
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    return None if newest is None or newest.stamps.exists() else newest


def _ask(
    url: str, roots: Sequence[x509.Certificate], text: bytes, at: datetime
) -> tuple[bytes, Stamp]:
    """Return the answer of the authority and what it says, when it holds and the clocks agree."""
    query = rfc3161_client.TimestampRequestBuilder(
        data=text, hash_algorithm=rfc3161_client.HashAlgorithm.SHA256
    ).build()
    answer = asking.post(url, query.as_bytes(), headers=_HEADERS)
    if answer.status != 200:
        raise AskingError(f"The authority answers with the status {answer.status}.")
    try:
        stamp = stamps.verify(answer.body, text, roots)
        if stamps.said_by(answer.body).nonce != query.nonce:
            raise AskingError("The authority's answer is to another question.")
    except StampError as refusal:
        raise AskingError(str(refusal)) from refusal
    apart = abs(stamp.at - at)
    if apart > TOLERANCE / 2:
        raise AskingError(
            f"The clock of this machine and the authority's are {apart} apart: the time stamp is "
            "not kept, as it would put the dates of entries in doubt."
        )
    return answer.body, stamp
