"""The records behind the entries: chains of revisions, kept states and live rows.

Used by the verifier alone, one small object for each of the three. Together they keep a few hundred
bytes for each subject.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from twofold_verify.entry import Entry
from twofold_verify.report import Findings
from twofold_verify.source import LiveRow, Revision


class Last(NamedTuple):
    """The newest entry of a subject."""

    revision: int
    leaf: bytes
    recorded_at: datetime
    state: bytes | None


def name_of(subject: str, revision: int) -> str:
    """Return how a revision of a record is named in problems."""
    return f"{subject} revision {revision}"


class Chain:
    """Follows each subject from entry to entry."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.last: dict[str, Last] = {}

    def follow(self, entry: Entry, leaf: bytes, index: int | None) -> None:
        """Take the next entry of its subject; `leaf` is the hash that its successor has to name."""
        subject = entry.subject
        last = self.last.get(subject)
        if last is not None:
            broken = _break(entry, last)
        else:
            broken = "" if entry.revision == 1 else _misplaced(entry, 1)
        if broken:
            self._findings.tampered(name_of(subject, entry.revision), index, broken)
        state = None if entry.state is None else bytes.fromhex(entry.state)
        self.last[subject] = Last(entry.revision, leaf, entry.recorded_at, state)


def _misplaced(entry: Entry, expected: int) -> str:
    return f"Revision {entry.revision} stands where revision {expected} belongs."


def _break(entry: Entry, last: Last) -> str:
    """Return what is wrong between an entry and its subject's previous one, or a blank."""
    if entry.revision != last.revision + 1:
        return _misplaced(entry, last.revision + 1)
    if entry.previous != last.leaf.hex():
        return f"The entry does not continue revision {last.revision}: it names another entry."
    if entry.recorded_at < last.recorded_at:
        return f"The entry is dated before revision {last.revision} of the same record."
    return ""


class KeptStates:
    """Holds each kept state against the entry that commits to it.

    Entries and states are met side by side. As long as both come in the same order nothing is
    remembered; in any other order the result is the same and the memory grows.
    """

    def __init__(self, revisions: Iterator[Revision], findings: Findings) -> None:
        self._revisions = revisions
        self._findings = findings
        self._committed: dict[tuple[str, int], tuple[bytes, int | None]] = {}
        self._kept: dict[tuple[str, int], bytes] = {}
        self.count = 0

    def meet(self, entry: Entry, index: int | None) -> None:
        """Take the next entry; it commits to a kept state unless no row was left."""
        if entry.state is None:
            return
        key, digest = (entry.subject, entry.revision), bytes.fromhex(entry.state)
        if key not in self._kept:
            revision = self._next()
            if revision is not None:
                if (revision.subject, revision.number) == key:
                    self._compare(key, digest, _hash(revision.state_text), index)
                    return
                self._keep(revision)
        self._committed[key] = (digest, index)
        self._settle(key)

    def finish(self) -> None:
        """Read the states that follow the last entry."""
        while (revision := self._next()) is not None:
            self._keep(revision)

    def name_lost(self) -> None:
        """Name the revisions whose kept state was not met, once all states were read."""
        for (subject, number), (_, index) in self._committed.items():
            message = "The kept state of the revision is missing."
            self._findings.tampered(name_of(subject, number), index, message)

    def name_unrecorded(self) -> None:
        """Name the kept states whose entry was not met, once all entries were read."""
        for subject, number in self._kept:
            message = "A state is kept for a revision that no entry recorded."
            self._findings.tampered(name_of(subject, number), None, message)

    def _next(self) -> Revision | None:
        """Read the next kept state; None when there is no other."""
        revision = next(self._revisions, None)
        self.count += revision is not None
        return revision

    def _keep(self, revision: Revision) -> None:
        """Remember a state that was met before its entry."""
        key = (revision.subject, revision.number)
        if key in self._kept:
            message = "Two states are kept for the same revision."
            self._findings.tampered(name_of(*key), None, message)
        self._kept[key] = _hash(revision.state_text)
        self._settle(key)

    def _settle(self, key: tuple[str, int]) -> None:
        """Compare both sides of a revision once both are known."""
        if key in self._committed and key in self._kept:
            digest, index = self._committed.pop(key)
            self._compare(key, digest, self._kept.pop(key), index)

    def _compare(self, key: tuple[str, int], digest: bytes, kept: bytes, index: int | None) -> None:
        if digest != kept:
            message = "The kept state is not the one that the entry commits to: it was altered."
            self._findings.tampered(name_of(*key), index, message)


def compare_live(rows: Iterator[LiveRow], last: dict[str, Last], findings: Findings) -> int:
    """Hold every live row against the last state of its subject and return their number.

    Subjects are taken out of `last` as their rows are met; `name_removed` names what stays and
    should have a row.
    """
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the number is the result
        newest = last.pop(row.subject, None)
        if newest is None:
            message = "The row stands in its table and in no entry: inserted behind the ledger."
            findings.tampered(row.subject, None, message)
        elif newest.state is None:
            record = name_of(row.subject, newest.revision)
            findings.tampered(record, None, "The row stands although its last entry leaves none.")
        elif newest.state != _hash(row.state_text):
            record = name_of(row.subject, newest.revision)
            message = "The row is not in the state of its last entry: altered behind the ledger."
            findings.tampered(record, None, message)
    return count


def name_removed(last: dict[str, Last], findings: Findings) -> None:
    """Name the subjects whose last entry leaves a row, and that have none."""
    for subject, newest in last.items():
        if newest.state is not None:
            message = "The row of the last entry does not stand: removed behind the ledger."
            findings.tampered(name_of(subject, newest.revision), None, message)


def _hash(state_text: str) -> bytes:
    try:
        data = state_text.encode()
    except UnicodeEncodeError:
        # Lone surrogates, which no honest source has, must not stop the verification.
        data = state_text.encode(errors="surrogatepass")
    return sha256(data).digest()
