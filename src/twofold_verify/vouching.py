"""What others than the log vouch for, held against the log while it is read.

Statements of rotation say which key signs a checkpoint; time stamps, cosignatures and checkpoints
that somebody kept say which root the log had at a size. A log that was written anew by whoever
holds its key agrees with itself and not with them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from twofold_verify import checkpoint as checkpoints
from twofold_verify import rotation, stamps
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.cosignature import cosignatures
from twofold_verify.entry import Entry
from twofold_verify.errors import VerificationError
from twofold_verify.merkle import EMPTY_ROOT
from twofold_verify.note import Verifier, open_note
from twofold_verify.policy import Policy
from twofold_verify.report import Findings
from twofold_verify.rotation import Succession
from twofold_verify.source import Source, SourceError
from twofold_verify.stamps import Brackets

Item = TypeVar("Item")


@dataclass(frozen=True)
class Outside:
    """What a reader of the log was given by others than the log.

    Attributes:
        roots: certificates of trusted time stamp authorities.
        policy: witnesses, of whom a quorum has to have cosigned; None: cosignatures are not read.
        kept: checkpoints that were kept from before, as notes.
        demand_quorum: name it when the quorum does not reach the end of the log, or when roots of
            time stamps were given and there is none.
    """

    roots: tuple[x509.Certificate, ...] = ()
    policy: Policy | None = None
    kept: tuple[str, ...] = ()
    demand_quorum: bool = True


@dataclass(frozen=True)
class _Word:
    """Somebody's word that the log had a root: how the problem is named when it had not."""

    root: bytes
    record: str
    whose: str


class Vouching:
    """Collects the words of outsiders first, then meets the roots of the log as it grows.

    Attributes:
        keys: who signs checkpoints of which size; None without a trusted key.
        brackets: bounds of the entries' times by the stamps that hold.
        stamps: number of those stamps.
        stamped, cosigned: the largest size that a stamp, or a quorum, vouches for.
    """

    def __init__(
        self, source: Source, findings: Findings, trust: Verifier | None, outside: Outside
    ) -> None:
        self._source = source
        self._findings = findings
        self._outside = outside
        self._words: dict[int, list[_Word]] = {}
        self._committed: set[str] = set()
        self._statements: dict[str, str] = {}
        self.stamps = 0
        self.stamped: int | None = None
        self.cosigned: int | None = None
        self.keys = keys = self._succession(trust) if trust else None
        self.brackets = Brackets(self._stamps(keys) if keys else ())
        if keys:
            self._keep(keys)
            self._cosignatures(keys)

    def sizes(self) -> list[int]:
        """Return the sizes at which the root of the log is asked for, rising."""
        return sorted(size for size in self._words if size)

    def meet(self, size: int, root: bytes) -> None:
        """Hold the root of the log at a size against the words for it."""
        for word in self._words.pop(size, ()):
            if word.root != root:
                message = f"{word.whose} vouches for another root at {size}: the log was forked."
                self._findings.tampered(word.record, None, message)

    def follow(self, entry: Entry) -> None:
        """Take notice of an entry of the kind `rotation.KIND`."""
        self._committed.add(str(entry.body.get("statement")))

    def finish(self, size: int, *, whole: bool) -> None:
        """Name the words for sizes that the log does not reach, and rotations without entry.

        Args:
            size: number of sequenced entries.
            whole: all entries, the waiting ones too, could be read.
        """
        self.meet(0, EMPTY_ROOT)
        if not whole:
            return
        for beyond, words in sorted(self._words.items()):
            for word in words:
                message = (
                    f"{word.whose} vouches for {beyond} entries and the log has {size}: "
                    "it was cut back."
                )
                self._findings.tampered(word.record, None, message)
        if self.keys:
            self._compare_rotations()

    def _succession(self, trust: Verifier) -> Succession:
        statements = list(self._read("rotations", self._source.rotations))
        self._statements = {rotation.digest(statement): statement for statement in statements}
        try:
            return rotation.succession(trust, statements)
        except VerificationError as refusal:
            self._findings.tampered("rotations", None, str(refusal))
            return Succession([trust], [])

    def _compare_rotations(self) -> None:
        stated = set(self._statements)
        if self._committed - stated:
            message = "The log says that its key was rotated, and the statement is missing."
            self._findings.tampered("rotations", None, message)
        if stated - self._committed:
            message = "There is a statement of a rotation that no entry of the log commits to."
            self._findings.tampered("rotations", None, message)

    def _stamps(self, keys: Succession) -> Iterator[tuple[int, datetime]]:
        """Yield size and time of each stamp that holds."""
        without_root = met = 0
        for kept in self._read("stamps", self._source.stamps):
            met += 1
            if not self._outside.roots:
                without_root += 1
                continue
            try:
                statement = open_checkpoint(kept.note, keys)
                text = statement.text().encode()
                stamp = stamps.verify(kept.token, text, self._outside.roots)
            except VerificationError as refusal:
                self._findings.tampered("stamps", None, str(refusal))
                continue
            self.stamps += 1
            self.stamped = max(self.stamped or 0, statement.size)
            moment = stamp.at.isoformat(timespec="seconds")
            self._note(statement, "stamps", f"{stamp.authority} at {moment}")
            yield statement.size, stamp.at
        if without_root:
            message = (
                f"{without_root} time stamps were not checked: "
                "no root certificate of their authority was given."
            )
            self._findings.incomplete("stamps", message)
        if self._outside.roots and self._outside.demand_quorum and not met:
            message = "There is no time stamp: nobody vouches for when anything was recorded."
            self._findings.incomplete("stamps", message)

    def _keep(self, keys: Succession) -> None:
        for note in self._outside.kept:
            try:
                statement = open_checkpoint(note, keys)
                self._note(statement, "kept checkpoint", "The checkpoint that was kept")
            except VerificationError as refusal:
                message = f"The checkpoint that was kept is not of this log: {refusal}"
                self._findings.tampered("kept checkpoint", None, message)

    def _cosignatures(self, keys: Succession) -> None:
        """Find how far the quorum vouches; every cosignature of a known witness has to hold."""
        policy = self._outside.policy
        if policy is None:
            return
        for note in self._read("cosignatures", self._source.cosigned):
            try:
                statement = open_checkpoint(note, keys)
                found = cosignatures(note, [witness.key for witness in policy.witnesses])
            except VerificationError as refusal:
                self._findings.tampered("cosignatures", None, str(refusal))
                continue
            for it in found:
                self._note(statement, "cosignatures", f"The witness {it.witness.name}")
            if policy.met_by(it.witness for it in found):
                self.cosigned = max(self.cosigned or 0, statement.size)

    def require_quorum(self, size: int) -> None:
        """Note how many of so many entries the quorum does not vouch for."""
        policy = self._outside.policy
        if policy is None or policy.met_by(()) or not self._outside.demand_quorum:
            return
        beyond = size - (self.cosigned or 0)
        if beyond:
            message = f"The quorum {policy.quorum} does not vouch for the last {beyond} entries."
            self._findings.incomplete("cosignatures", message)

    def _note(self, statement: Checkpoint, record: str, whose: str) -> None:
        word = _Word(statement.root, record, whose)
        words = self._words.setdefault(statement.size, [])
        if word not in words:
            words.append(word)

    def _read(self, part: str, items: Callable[[], Iterator[Item]]) -> Iterator[Item]:
        try:
            yield from items()
        except SourceError as refusal:
            self._findings.incomplete(part, str(refusal))


def open_checkpoint(note: str, keys: Succession) -> Checkpoint:
    """Return what a note states, when the key that signs at its size signed it.

    Raises:
        NoteError: malformed, or not signed by that key.
        CheckpointError: its text is no checkpoint, or of another log.
    """
    text, _blank, _signatures = note.rpartition("\n\n")
    statement = checkpoints.parse(f"{text}\n")
    open_note(note, [keys.at(statement.size)])
    if statement.origin != keys.origin:
        message = f"The checkpoint is of the log {statement.origin}, not of {keys.origin}."
        raise checkpoints.CheckpointError(message)
    return statement
