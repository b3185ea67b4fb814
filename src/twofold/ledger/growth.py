"""That the log only grew: proofs between two of its sizes, and kept checkpoints held against it."""

from dataclasses import dataclass
from enum import StrEnum

from twofold.ledger import keys, succession
from twofold.ledger.errors import LedgerError
from twofold.ledger.forms import octets
from twofold.ledger.proofs import tile_hashes
from twofold.ledger.queries import last_checkpoint
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.errors import VerificationError
from twofold_verify.proof import (
    ProofError,
    consistency_proof,
    subtree_root,
    verify_consistency,
)
from twofold_verify.tiles import TileReader
from twofold_verify.vouching import open_checkpoint


class SizeError(LedgerError):
    """The log never had these sizes, or not in this order."""


@dataclass(frozen=True)
class Growth:
    """The proof that the log of one size begins the log of another (RFC 9162 2.1.4).

    Attributes:
        hashes: of the proof; none when both sizes are the same, or the old one is 0.
    """

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    hashes: tuple[bytes, ...]


class Verdict(StrEnum):
    """What a kept checkpoint says of the log."""

    SAME = "same"
    CONTINUED = "continued"
    BEYOND = "beyond"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True)
class Held:
    """A kept checkpoint beside the log.

    Attributes:
        verdict: whether the log is what it says, continues it, is shorter, or is another one.
        kept: what the kept checkpoint states.
        size: entries under the newest checkpoint.
    """

    verdict: Verdict
    kept: Checkpoint
    size: int

    @property
    def sound(self) -> bool:
        """Whether the log holds all that the checkpoint states."""
        return self.verdict in {Verdict.SAME, Verdict.CONTINUED}


def growth(old: int, new: int | None = None) -> Growth:
    """Return the proof that the log grew from one size to another; None: to that of now.

    Raises:
        SizeError: a size is not reached, or the new one is below the old one.
        LedgerError: a tile is missing or damaged.
    """
    last = last_checkpoint()
    size = last.size if last else 0
    new = size if new is None else new
    if not 0 <= old <= new <= size:
        raise SizeError(
            f"The log has {size} entries: give two sizes from 0 to {size}, the smaller one first."
        )
    read = TileReader(tile_hashes, size)
    try:
        return Growth(
            old=old,
            new=new,
            old_root=subtree_root(read, 0, old),
            new_root=subtree_root(read, 0, new),
            hashes=tuple(consistency_proof(read, old, new)) if old else (),
        )
    except VerificationError as refusal:
        raise LedgerError(str(refusal)) from refusal


def hold(note: str) -> Held:
    """Return what a checkpoint that somebody kept says of the log as it stands; only reads.

    Args:
        note: the whole checkpoint with its signature, as it was downloaded; line ends and space
            around it that came by copying are passed over.

    Raises:
        LedgerError: it is no checkpoint, of another log, or not signed by the key that signs at
            its size; there is no checkpoint to hold it against; a tile is missing or damaged.
    """
    last = last_checkpoint()
    if last is None:
        raise LedgerError("The log has no checkpoint yet.")
    try:
        kept = open_checkpoint(_cleaned(note), succession.of_key(keys.verifier()))
    except VerificationError as refusal:
        raise LedgerError(f"This is no checkpoint of this log: {refusal}") from refusal
    root = octets(last.root)
    if kept.size > last.size:
        return Held(Verdict.BEYOND, kept, last.size)
    if (kept.size, kept.root) == (last.size, root):
        return Held(Verdict.SAME, kept, last.size)
    continued = _continues(kept, last.size, root)
    return Held(Verdict.CONTINUED if continued else Verdict.CONTRADICTED, kept, last.size)


def _continues(kept: Checkpoint, size: int, root: bytes) -> bool:
    """Return whether a proof leads from what was kept to what is signed now."""
    found = growth(kept.size)
    if kept.size == 0:
        return kept.root == found.old_root
    try:
        verify_consistency(kept.size, size, kept.root, root, found.hashes)
    except ProofError:
        return False
    return True


def _cleaned(note: str) -> str:
    lines = note.replace("\r\n", "\n").strip().split("\n")
    return "".join(f"{line.rstrip()}\n" for line in lines)
