"""Checkpoints (C2SP tlog-checkpoint): a log's statement of its size and root.

It is the text of a signed note. The server signs one after each batch; the verifier holds the
whole log against the newest.
"""

import base64
import re
from dataclasses import dataclass

from twofold_verify.errors import VerificationError
from twofold_verify.merkle import HASH_BYTES
from twofold_verify.note import decode_base64

#: Sizes stay within a signed 64-bit integer, which every database and language can hold.
SIZE_LIMIT = 2**63
_SIZE = re.compile("0|[1-9][0-9]{0,18}")


class CheckpointError(VerificationError):
    """A checkpoint is malformed."""

    code = "checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """What a log states: the first `size` entries have this root.

    Attributes:
        origin: the log's name; by convention the name of its key.
        size: number of leaves.
        root: RFC 6962 root over them, 32 bytes.
        extensions: further lines, not read by anybody here.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise CheckpointError("Origin and extensions of a checkpoint are single lines.")
        if not 0 <= self.size < SIZE_LIMIT:
            raise CheckpointError("The size of a checkpoint is from 0 to 2^63 - 1.")
        if len(self.root) != HASH_BYTES:
            raise CheckpointError("The root of a checkpoint has 32 bytes.")

    def text(self) -> str:
        """Return the text to sign, with its final newline."""
        root = base64.b64encode(self.root).decode()
        lines = (self.origin, str(self.size), root, *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint, as `Checkpoint.text` writes it.

    Raises:
        CheckpointError: fewer than three lines, an empty line, a size with leading zeros or a sign,
            or a root that is not the base64 of 32 bytes.
    """
    *lines, rest = text.split("\n")
    if rest or len(lines) < 3:
        raise CheckpointError("A checkpoint has three lines or more and ends in a newline.")
    origin, size, root, *extensions = lines
    number = size_of(size)
    try:
        root_hash = decode_base64(root)
    except ValueError as refusal:
        raise CheckpointError(f"The root of a checkpoint is base64: {refusal}") from refusal
    return Checkpoint(origin, number, root_hash, tuple(extensions))


def size_of(text: str) -> int:
    """Return a size that is written as a plain decimal number.

    Raises:
        CheckpointError: it has leading zeros, a sign or anything else.
    """
    if not _SIZE.fullmatch(text):
        raise CheckpointError(f"The size of a checkpoint is a plain number, not {text[:40]!r}.")
    return int(text)
