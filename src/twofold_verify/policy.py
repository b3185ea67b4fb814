"""Policies (C2SP tlog-policy): which logs and witnesses somebody trusts, and how many must agree.

A policy is a text that an auditor keeps. A checkpoint meets it when one of its logs signed and its
quorum of witnesses cosigned.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from twofold_verify import checkpoint as checkpoints
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.cosignature import Cosigned, WitnessKey, cosignatures
from twofold_verify.errors import VerificationError
from twofold_verify.note import NoteError, Verifier, open_note

#: A longer policy, or one of more lines, is refused before it is read.
MAX_BYTES = 1 << 18
NONE = "none"
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile("[1-9][0-9]{0,3}")
_SPACES = re.compile("[ \t]+")


class PolicyError(VerificationError):
    """A policy is malformed, or a checkpoint does not meet it; the message says where."""

    code = "policy"


@dataclass(frozen=True)
class Log:
    """A log whose checkpoints are accepted, and where it can be asked; blank: not said."""

    key: Verifier
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness under the name that it bears in this policy, and where it takes checkpoints."""

    name: str
    key: WitnessKey
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Witnesses and groups of which at least so many must have witnessed."""

    name: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Trusted logs and witnesses.

    Attributes:
        groups: each names only what stands before it.
        quorum: the witness or group that must have witnessed; `none`: nobody has to.
    """

    logs: tuple[Log, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def text(self) -> str:
        """Return the policy as `parse` reads it."""
        lines = [_joined("log", log.key, log.url) for log in self.logs]
        lines += [_joined("witness", it.name, it.key, it.url) for it in self.witnesses]
        lines += [_joined("group", it.name, it.least, *it.members) for it in self.groups]
        return "".join(f"{line}\n" for line in (*lines, f"quorum {self.quorum}"))

    def met_by(self, keys: Iterable[WitnessKey]) -> bool:
        """Return whether cosignatures of these witnesses are the quorum."""
        signed = list(keys)
        witnessed = {witness.name for witness in self.witnesses if witness.key in signed}
        for group in self.groups:
            if len(witnessed.intersection(group.members)) >= group.least:
                witnessed.add(group.name)
        return self.quorum == NONE or self.quorum in witnessed


@dataclass(frozen=True)
class Met:
    """A checkpoint that meets a policy, and who cosigned it."""

    checkpoint: Checkpoint
    cosigned: tuple[Cosigned, ...]


def check(note: str, policy: Policy, *, logs: Iterable[Verifier] | None = None) -> Met:
    """Return what a note states, when a trusted log signed it and the quorum cosigned it.

    Args:
        note: a checkpoint with its signatures.
        policy: whom to trust.
        logs: keys to accept in place of the policy's own, such as those that followed by rotation.

    Raises:
        PolicyError: the quorum is not reached.
        NoteError: no accepted log signed, or a known key's signature does not hold.
        CheckpointError: the text is no checkpoint.
    """
    accepted = [log.key for log in policy.logs] if logs is None else list(logs)
    statement = checkpoints.parse(open_note(note, accepted).text)
    if statement.origin not in {key.name for key in accepted}:
        raise PolicyError(f"The checkpoint is of the log {statement.origin}, which is not trusted.")
    found = tuple(cosignatures(note, [witness.key for witness in policy.witnesses]))
    if not policy.met_by(it.witness for it in found):
        names = ", ".join(it.witness.name for it in found) or "nobody"
        raise PolicyError(
            f"The checkpoint at {statement.size} is cosigned by {names}: "
            f"that is not the quorum {policy.quorum}."
        )
    return Met(statement, found)


def parse(text: str) -> Policy:
    """Read a policy.

    Raises:
        PolicyError: a line is malformed, names what was not defined before it or names it twice, a
            key is given twice, or there is not exactly one quorum; the message names the line.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise PolicyError("The policy is longer than any policy.")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        try:
            reading.line(line)
        except (PolicyError, NoteError) as refusal:
            raise PolicyError(f"Line {number} of the policy: {refusal}") from refusal
    return reading.policy()


class _Reading:
    """A policy while its lines are read."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._quorum = ""
        self._free: set[str] = set()
        self._names: set[str] = {NONE}

    def line(self, line: str) -> None:
        if _FORBIDDEN.search(line):
            raise PolicyError("it holds a control character.")
        words = _SPACES.split(line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            return
        readers = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._take_quorum,
        }
        if words[0] not in readers:
            raise PolicyError(f"it begins with {words[0][:40]!r}, not log, witness, group, quorum.")
        readers[words[0]](words[1:])

    def policy(self) -> Policy:
        if not self._quorum:
            raise PolicyError("The policy has no quorum line.")
        return Policy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _log(self, words: list[str]) -> None:
        if len(words) not in {1, 2}:
            raise PolicyError("a log has a key and perhaps an address.")
        key = Verifier.parse(words[0])
        if any(key.public_key == log.key.public_key for log in self._logs):
            raise PolicyError("the key of this log stands there already.")
        self._logs.append(Log(key, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        if len(words) not in {2, 3}:
            raise PolicyError("a witness has a name, a key and perhaps an address.")
        key = WitnessKey.parse(words[1])
        if any(key.public_key == witness.key.public_key for witness in self._witnesses):
            raise PolicyError("the key of this witness stands there already.")
        self._witnesses.append(Witness(self._new(words[0]), key, *words[2:]))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise PolicyError("a group has a name, a number and members.")
        name, count, *members = words
        for member in members:
            if member not in self._free:
                raise PolicyError(f"{member[:40]!r} is not defined before it, or named already.")
            self._free.discard(member)
        counts = {"any": "1", "all": str(len(members))}
        number = counts.get(count, count)
        if not _COUNT.fullmatch(number) or int(number) > len(members):
            raise PolicyError(f"the number is any, all, or from 1 to {len(members)}.")
        self._groups.append(Group(self._new(name), int(number), tuple(members)))

    def _take_quorum(self, words: list[str]) -> None:
        if self._quorum:
            raise PolicyError("there is a quorum already.")
        if len(words) != 1 or words[0] not in self._names:
            raise PolicyError("a quorum is none, or one witness or group that is defined before.")
        self._quorum = words[0]

    def _new(self, name: str) -> str:
        if name in self._names:
            raise PolicyError(f"the name {name[:40]!r} is taken.")
        self._names.add(name)
        self._free.add(name)
        return name


def _joined(*words: object) -> str:
    return " ".join(str(word) for word in words if str(word))
