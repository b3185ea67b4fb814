"""Inclusion proofs as text (C2SP tlog-proof): an entry's index, hashes and a checkpoint.

Such a text and the entry's bytes are all that somebody needs who has the log's public key. Above
`proof`, whose arithmetic it carries; files of it end in `.tlog-proof`.
"""

import base64
import re
from binascii import a2b_base64
from dataclasses import dataclass

from twofold_verify.checkpoint import Checkpoint
from twofold_verify.errors import VerificationError
from twofold_verify.merkle import HASH_BYTES, leaf_hash
from twofold_verify.note import MAX_NOTE_BYTES, decode_base64
from twofold_verify.proof import Read, inclusion_proof, verify_inclusion
from twofold_verify.rotation import Succession
from twofold_verify.vouching import open_checkpoint

_HEADER = "c2sp.org/tlog-proof@v1"
#: No tree of a size that a checkpoint can have is higher.
_MOST_HASHES = 63
#: The one base64 spelling of 32 bytes: of the last letter four bits are used.
_HASH = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_HEAD = re.compile(
    rf"{re.escape(_HEADER)}\n(?:extra ([A-Za-z0-9+/]+={{0,2}})\n)?index (0|[1-9][0-9]{{0,18}})"
    rf"((?:\n{_HASH}){{0,{_MOST_HASHES}}})"
)


class TlogProofError(VerificationError):
    """A text is not a proof of this form; the message says why."""

    code = "tlog-proof"


@dataclass(frozen=True)
class TlogProof:
    """A proof that an entry stands in the tree of a checkpoint.

    Attributes:
        index: of the entry in the log.
        hashes: from the leaf's sibling upwards.
        checkpoint: the signed note, with its cosignatures.
        extra: bytes that nothing vouches for; empty for none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def text(self) -> str:
        """Return the proof as text, with the checkpoint word for word.

        Raises:
            TlogProofError: the index or a hash cannot be in a proof.
        """
        if self.index < 0 or any(len(hash_) != HASH_BYTES for hash_ in self.hashes):
            raise TlogProofError("A proof has an index from 0 on and hashes of 32 bytes.")
        lines = [_HEADER]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(hash_).decode() for hash_ in self.hashes]
        return "\n".join(lines) + f"\n\n{self.checkpoint}"


def make(read: Read, index: int, statement: Checkpoint, note: str) -> TlogProof:
    """Return the proof of an entry in the tree of a checkpoint.

    Args:
        read: gives the hashes of that tree's complete subtrees, such as `tiles.TileReader`.
        index: of the entry.
        statement: what the checkpoint says.
        note: the checkpoint as it was signed.

    Raises:
        ProofError: the tree has no such entry.
    """
    return TlogProof(index, tuple(inclusion_proof(read, index, statement.size)), note)


def parse(text: str) -> TlogProof:
    """Read a proof; nothing of it is verified.

    Raises:
        TlogProofError: not of the form that `TlogProof.text` writes.
    """
    head, blank, note = text.partition("\n\n")
    form = _HEAD.fullmatch(head)
    if form is None or not blank or len(note) > MAX_NOTE_BYTES:
        raise TlogProofError(
            "A proof has a header, an index, hashes in base64, an empty line and a checkpoint."
        )
    extra, index, hashes = form.groups()
    try:
        data = decode_base64(extra) if extra else b""
    except ValueError as refusal:
        raise TlogProofError(f"The extra data is not in base64: {refusal}") from refusal
    return TlogProof(int(index), tuple(map(a2b_base64, hashes.split("\n")[1:])), note, data)


class Checker:
    """Checks proofs of one log against the keys that sign its checkpoints.

    Proofs made at one time carry the same checkpoint: its signature is verified once in a row.
    """

    def __init__(self, keys: Succession) -> None:
        self._keys = keys
        self._last: tuple[str, Checkpoint] | None = None

    def check(self, text: str, entry: bytes) -> TlogProof:
        """Return the proof when it shows that the log has the entry at its index.

        Args:
            text: the proof.
            entry: the bytes of the entry.

        Raises:
            TlogProofError: not a proof.
            NoteError: the checkpoint is not signed by the key that signs at its size.
            CheckpointError: its text is no checkpoint, or of another log.
            ProofError: the hashes do not lead from the entry to the checkpoint's root.
        """
        proof = parse(text)
        if self._last is None or self._last[0] != proof.checkpoint:
            self._last = (proof.checkpoint, open_checkpoint(proof.checkpoint, self._keys))
        statement = self._last[1]
        leaf = leaf_hash(entry)
        verify_inclusion(leaf, proof.index, statement.size, proof.hashes, statement.root)
        return proof
