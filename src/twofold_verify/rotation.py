"""Rotation of a log's key: statements, signed by the old and the new key, of who follows whom.

Whoever pinned one key of a log finds the key that has to have signed a checkpoint of any size. The
statements need no trust of their own: each is vouched for by the key on either side of it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from twofold_verify.checkpoint import SIZE_LIMIT
from twofold_verify.errors import VerificationError
from twofold_verify.note import NoteError, Signer, Verifier, open_note, sign, split

#: The kind of the ledger entry that commits to a statement.
KIND = "ledger.key.rotated"
_HEADER = "twofold-rotation/v1"
_SIZE = re.compile("[1-9][0-9]{0,18}")
_MOST = 1000


class RotationError(VerificationError):
    """A statement is malformed, or statements do not lead from key to key."""

    code = "rotation"


@dataclass(frozen=True)
class Rotation:
    """What a statement says: checkpoints of this size and beyond are signed by the new key."""

    origin: str
    size: int
    old: Verifier
    new: Verifier

    def __post_init__(self) -> None:
        if {self.old.name, self.new.name} != {self.origin}:
            raise RotationError("Both keys of a rotation bear the name of the log.")
        if self.old.public_key == self.new.public_key:
            raise RotationError("A rotation leads to another key.")
        if not 0 < self.size < SIZE_LIMIT:
            raise RotationError("The size of a rotation is from 1 to 2^63 - 1.")

    def text(self) -> str:
        """Return the text to sign, with its final newline."""
        lines = (_HEADER, self.origin, str(self.size), str(self.old), str(self.new))
        return "".join(f"{line}\n" for line in lines)


def state(old: Signer, new: Signer, *, size: int) -> str:
    """Return the statement that the new key signs from this size on: a note signed by both.

    Raises:
        RotationError: the keys are of two logs, or one and the same.
    """
    rotation = Rotation(old.name, size, old.verifier, new.verifier)
    return sign(rotation.text(), old, new)


def read(statement: str) -> Rotation:
    """Return what a statement says, when both of its keys signed it.

    Raises:
        RotationError: malformed, or a key's signature is missing.
        NoteError: it is no note, or a signature does not hold.
    """
    text, _signatures = split(statement)
    header, *lines = text[:-1].split("\n")
    if header != _HEADER or len(lines) != 4 or not _SIZE.fullmatch(lines[1]):
        raise RotationError("The statement of a rotation is malformed.")
    origin, size, old, new = lines
    rotation = Rotation(origin, int(size), Verifier.parse(old), Verifier.parse(new))
    for key in (rotation.old, rotation.new):
        try:
            open_note(statement, [key])
        except NoteError as refusal:
            message = f"The statement of the rotation at {size} is not signed by both keys."
            raise RotationError(message) from refusal
    return rotation


def digest(statement: str) -> str:
    """Return the hex SHA-256 of a statement: what its ledger entry commits to."""
    return sha256(statement.encode()).hexdigest()


class Succession:
    """The keys of one log in their order."""

    def __init__(self, keys: list[Verifier], sizes: list[int]) -> None:
        """Take the keys and, for each but the first, the size from which on it signs."""
        self._keys = keys
        self._sizes = sizes

    def at(self, size: int) -> Verifier:
        """Return the key that signs a checkpoint of this size."""
        return self._keys[bisect_right(self._sizes, size)]

    @property
    def newest(self) -> Verifier:
        """The key that signs from now on."""
        return self._keys[-1]

    @property
    def origin(self) -> str:
        """The log's name, which all of its keys bear."""
        return self._keys[-1].name


def succession(pinned: Verifier, statements: Iterable[str]) -> Succession:
    """Return the keys before and after a pinned one.

    Args:
        pinned: any key of the log, given out of band.
        statements: in any order; one that does not lead to or from the pinned key is refused, as
            it would be a statement of another log.

    Raises:
        RotationError: a statement is malformed, a key is left twice or reached twice, the sizes do
            not rise, or a statement has nothing to do with the pinned key.
        NoteError: a statement is no note, or a signature on it does not hold.
    """
    rotations = [
        read(statement) for _, statement in zip(range(_MOST + 1), statements, strict=False)
    ]
    if len(rotations) > _MOST:
        raise RotationError(f"There are more than {_MOST} rotations.")
    leaving = {str(rotation.old): rotation for rotation in rotations}
    reaching = {str(rotation.new): rotation for rotation in rotations}
    if len(leaving) != len(rotations) or len(reaching) != len(rotations):
        raise RotationError("Two rotations leave the same key, or lead to the same one.")
    chain: list[Rotation] = []
    while (before := reaching.pop(str(chain[0].old if chain else pinned), None)) is not None:
        chain.insert(0, before)
    while (after := leaving.get(str(chain[-1].new if chain else pinned))) is not None:
        if after in chain:
            raise RotationError("The rotations lead in a circle.")
        chain.append(after)
    return _ordered(pinned, chain, len(rotations))


def walk(pinned: Verifier, statements: Iterable[str], size: int) -> Verifier:
    """Return the key that has to have signed a checkpoint of a size; see `succession`."""
    return succession(pinned, statements).at(size)


def _ordered(pinned: Verifier, chain: list[Rotation], given: int) -> Succession:
    if len(chain) != given:
        raise RotationError("A rotation does not lead to or from the key that was given.")
    if not chain:
        return Succession([pinned], [])
    sizes = [rotation.size for rotation in chain]
    if any(later <= earlier for earlier, later in pairwise(sizes)):
        raise RotationError("The sizes of the rotations do not rise.")
    return Succession([chain[0].old, *(rotation.new for rotation in chain)], sizes)
