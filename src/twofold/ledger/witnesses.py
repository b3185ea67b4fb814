"""Witnesses: others who see each checkpoint and cosign that the log only grew (C2SP tlog-witness).

The client's half of the protocol. A witness that has seen another log than ours is an alarm: no
repetition mends it, and no other witness's word outweighs it.
"""

import base64
from datetime import datetime, timedelta

from django.db import transaction

from twofold.ledger import asking
from twofold.ledger.asking import AskingError, ForkedError
from twofold.ledger.forms import octets
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerCosignature,
    LedgerTile,
    LedgerVoucher,
)
from twofold_verify.cosignature import Cosigned, cosignatures
from twofold_verify.merkle import HASH_BYTES
from twofold_verify.note import NoteError
from twofold_verify.policy import Witness
from twofold_verify.proof import consistency_proof
from twofold_verify.tiles import Tile, TileReader

#: A busy log has many checkpoints a second; each covers those before it.
EVERY = timedelta(seconds=30)
SIZE_TYPE = "text/x.tlog.size"
_HEADERS = {"Content-Type": "text/plain; charset=utf-8"}
_KIND = LedgerVoucher.Kind.WITNESS


def cosign(witness: Witness, *, every: timedelta | None, at: datetime) -> LedgerCosignature | None:
    """Have a witness cosign the newest checkpoint, when it is time and it has not done so.

    Called outside a transaction.

    Args:
        witness: with its address.
        every: how long to leave it alone after it was asked; None: it is asked now.
        at: now.

    Returns:
        The cosignature, or None when there was nothing to cosign.

    Raises:
        ForkedError: the witness has seen another log; this is remembered as an alarm.
        AskingError: it does not answer, or not as it should; it is asked again after a while.
    """
    name = str(witness.key)
    if not asking.is_due(_KIND, name, every=every, at=at):
        return None
    checkpoint = _newest()
    if checkpoint is None or checkpoint.cosignatures.filter(witness=name).exists():
        return None
    try:
        checkpoint, cosigned = _ask(witness, checkpoint)
    except AskingError as failure:
        asking.remember_failure(_KIND, name, failure, at=at)
        raise
    with transaction.atomic():
        made, _new = LedgerCosignature.objects.get_or_create(
            checkpoint=checkpoint,
            witness=name,
            defaults={"line": cosigned.line, "cosigned_at": cosigned.at},
        )
        asking.remember_success(_KIND, name, at=at)
    return made


def _newest() -> LedgerCheckpoint | None:
    return LedgerCheckpoint.objects.order_by("-size").first()


def _ask(witness: Witness, checkpoint: LedgerCheckpoint) -> tuple[LedgerCheckpoint, Cosigned]:
    """Return what the witness cosigned; it is told where it stands by our memory, then by its own.

    The second time the checkpoint is read again: another process may have shown a newer one.
    """
    known = _cosigned_size(witness)
    answer = _submit(witness, checkpoint, known)
    if answer.status == 409:
        seen = _size_in(answer)
        checkpoint = _newest() or checkpoint
        if seen > checkpoint.size:
            raise ForkedError(
                f"The witness has seen {seen} entries of this log, which has {checkpoint.size}: "
                "it was cut back, restored from an older copy, or forked."
            )
        answer = _submit(witness, checkpoint, seen)
        if answer.status == 409 and seen == checkpoint.size == _size_in(answer):
            raise ForkedError(f"The witness has seen another log of {seen} entries: it was forked.")
    return checkpoint, _cosignature(witness, checkpoint, answer)


def _cosigned_size(witness: Witness) -> int:
    rows = LedgerCosignature.objects.filter(witness=str(witness.key))
    last = rows.order_by("-checkpoint__size").values_list("checkpoint__size", flat=True).first()
    return last or 0


def _submit(witness: Witness, checkpoint: LedgerCheckpoint, old: int) -> asking.Answer:
    proof = []
    if 0 < old < checkpoint.size:
        proof = consistency_proof(TileReader(_tile, checkpoint.size), old, checkpoint.size)
    lines = [f"old {old}", *(base64.b64encode(hash_).decode() for hash_ in proof)]
    body = "".join(f"{line}\n" for line in lines) + "\n" + checkpoint.note
    return asking.post(f"{witness.url.rstrip('/')}/add-checkpoint", body.encode(), headers=_HEADERS)


def _tile(tile: Tile) -> bytes:
    """Return the bytes of a tile, cut from a wider one when the tree has grown since."""
    row = (
        LedgerTile.objects.filter(level=tile.level, index=tile.index, width__gte=tile.width)
        .order_by("width")
        .first()
    )
    if row is None:
        raise AskingError(f"The tile {tile.path} is missing: nothing can be proved.")
    return octets(row.hashes)[: tile.width * HASH_BYTES]


def _size_in(answer: asking.Answer) -> int:
    """Return the size that a witness says it has seen."""
    text = answer.body.decode("ascii", "replace")
    number = text.removesuffix("\n")
    if answer.content_type != SIZE_TYPE or not number.isdigit() or len(number) > 19:
        raise AskingError("The witness objects to the size and does not say which it has seen.")
    return int(number)


def _cosignature(witness: Witness, checkpoint: LedgerCheckpoint, answer: asking.Answer) -> Cosigned:
    if answer.status == 422:
        raise ForkedError(
            "The witness refuses the proof that the log only grew since it last looked: "
            "the log was forked or altered."
        )
    if answer.status != 200:
        reason = {403: "it does not know our key", 404: "it does not know our log"}
        because = reason.get(answer.status, "")
        raise AskingError(
            f"The witness answers with the status {answer.status}{because and f': {because}'}."
        )
    try:
        lines = answer.body.decode()
        found = cosignatures(checkpoint.note + lines, [witness.key])
    except (UnicodeDecodeError, NoteError) as refusal:
        raise AskingError(f"The witness answers with something else: {refusal}") from refusal
    if not found:
        raise AskingError("The witness answers without a cosignature of its key.")
    return found[0]
