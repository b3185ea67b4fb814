"""What a verification found: problems in words, figures, and the outcome that follows from them.

The verifier writes findings while it reads; the command line and the server show the report.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

#: Problems beyond this number are counted and not listed.
LISTED = 1000
_NAME_LENGTH = 300


class Severity(StrEnum):
    """What a problem says of the ledger."""

    TAMPERED = "tampered"
    INCOMPLETE = "incomplete"


class Outcome(StrEnum):
    """Verdict of a verification."""

    SOUND = "sound"
    TAMPERED = "tampered"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold, or could not be checked.

    Attributes:
        severity: whether something was altered or something is lacking.
        record: what it is about: `evidence.version:… revision 2`, or a part such as `checkpoint`.
        index: of the entry in the log, when an entry is concerned.
        message: a sentence for people.
    """

    severity: Severity
    record: str
    index: int | None
    message: str


@dataclass(frozen=True)
class Erasure:
    """That a record's stored files or personal data were erased, by an entry that says so.

    Attributes:
        subject: what was erased.
        index: of the erasing entry in the log; None while it waits for a checkpoint.
        erased_at: when the entry was recorded.
        actor: who erased, by the entry.
        reason: why, by the entry; blank when it gives none.
        files: stored files that it lists.
        left: how many of them still lie there, whole: the erasure is incomplete.
    """

    subject: str
    index: int | None
    erased_at: datetime
    actor: str
    reason: str
    files: int
    left: int


@dataclass(frozen=True)
class Figures:
    """What was read.

    Attributes:
        origin: the log's name by its checkpoint; None without a trusted checkpoint.
        size: number of entries that the checkpoint covers; None likewise.
        root: hex root that it signs; None likewise.
        entries: entries that were read under it.
        pending: entries that wait for the next checkpoint, which nothing vouches for yet.
        pending_since: when the oldest of them was recorded; None when none waits.
        subjects: records that have entries.
        revisions: kept states that were hashed.
        live: rows that were compared with their last state.
        blobs: stored files that were read and hashed.
        blob_bytes: their size together.
        stamps: time stamps that hold.
        stamped: number of entries that the widest of them vouches for; None without any.
        cosigned: number of entries that the quorum of witnesses vouches for; None likewise.
        openings: commitments to personal columns that a bundle opens.
        contents: contents in clear whose hash one of them names.
        content_bytes: their size together.
    """

    origin: str | None = None
    size: int | None = None
    root: str | None = None
    entries: int = 0
    pending: int = 0
    pending_since: datetime | None = None
    subjects: int = 0
    revisions: int = 0
    live: int = 0
    blobs: int = 0
    blob_bytes: int = 0
    stamps: int = 0
    stamped: int | None = None
    cosigned: int | None = None
    openings: int = 0
    contents: int = 0
    content_bytes: int = 0


@dataclass(frozen=True)
class Report:
    """The result of one verification.

    Attributes:
        problems: the first of them, in the order of finding; at most `LISTED` of each severity.
        tampered: number of problems that show an alteration.
        incomplete: number of problems that left something unchecked.
        figures: what was read.
        erasures: what was erased by an entry of the log, which is no problem; `LISTED` at most.
    """

    problems: tuple[Problem, ...]
    tampered: int
    incomplete: int
    figures: Figures
    erasures: tuple[Erasure, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Tampered when anything was altered, else incomplete when anything was left unchecked."""
        if self.tampered:
            return Outcome.TAMPERED
        return Outcome.INCOMPLETE if self.incomplete else Outcome.SOUND

    @property
    def exit_status(self) -> int:
        """0 sound, 1 tampered, 2 incomplete."""
        return {Outcome.SOUND: 0, Outcome.TAMPERED: 1, Outcome.INCOMPLETE: 2}[self.outcome]


class Findings:
    """Collects problems while a verification runs."""

    def __init__(self) -> None:
        self._listed: list[Problem] = []
        self._erasures: list[Erasure] = []
        self._counts = dict.fromkeys(Severity, 0)

    def tampered(self, record: str, index: int | None, message: str) -> None:
        """Note that something was altered."""
        self._add(Severity.TAMPERED, record, index, message)

    def incomplete(self, record: str, message: str, *, index: int | None = None) -> None:
        """Note that something could not be checked."""
        self._add(Severity.INCOMPLETE, record, index, message)

    def erased(self, erasure: Erasure) -> None:
        """Note that an entry tells of an erasure."""
        if len(self._erasures) < LISTED:
            self._erasures.append(
                replace(erasure, subject=_shown(erasure.subject), reason=_shown(erasure.reason))
            )

    def report(self, figures: Figures) -> Report:
        """Return all that was found."""
        return Report(
            tuple(self._listed),
            self._counts[Severity.TAMPERED],
            self._counts[Severity.INCOMPLETE],
            figures,
            tuple(self._erasures),
        )

    def _add(self, severity: Severity, record: str, index: int | None, message: str) -> None:
        self._counts[severity] += 1
        if self._counts[severity] <= LISTED:
            self._listed.append(Problem(severity, _shown(record), index, _shown(message)))


def _shown(text: str) -> str:
    """Return untrusted text as it may be shown: without control characters, not endless."""
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:_NAME_LENGTH])
    return clean if len(text) <= _NAME_LENGTH else f"{clean}…"
