"""Group commit of events that change no row: many callers, one transaction, one signed checkpoint.

A caller that finds nobody committing commits for all that wait; the others find their answer ready.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from twofold.ledger import chains, sequencer
from twofold.ledger.errors import LedgerError
from twofold_verify.entry import Draft, EntryError

#: How long a group waits for those that were in the one before and may come again.
_GATHER_S = 0.002


@dataclass(frozen=True)
class Acknowledgement:
    """Where an entry stands for good.

    Attributes:
        index: its place in the log.
        size: of the signed checkpoint that covers it.
    """

    index: int
    size: int


@dataclass(eq=False)
class _Waiting:
    """What one caller wants appended, and what became of it."""

    drafts: Sequence[tuple[Draft, datetime]]
    first: int = 0
    size: int = 0
    failure: BaseException | None = None
    answered: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.turn.acquire()


class Appender:
    """Takes entries from many threads and makes them durable together, under one checkpoint."""

    def __init__(self, *, most: int = 1000) -> None:
        """Commit for at most so many callers at once."""
        self._most = most
        self._guard = threading.Lock()
        self._queue: list[_Waiting] = []
        self._leading = False
        self._expected = 1
        self._gathered = threading.Event()

    def append(self, drafts: Sequence[tuple[Draft, datetime]]) -> list[Acknowledgement]:
        """Return when the entries are on the disk and under a signed checkpoint, all or none.

        Args:
            drafts: each with the time at which it happened.

        Raises:
            LedgerError: inside a transaction, when one of them cannot be written, or when the tree
                is not the one that was signed.
            django.db.DatabaseError: the database refused.
        """
        require_no_transaction()
        mine = _Waiting(drafts)
        if not self._enter(mine):
            mine.turn.acquire()
        if not mine.answered:
            self._lead()
        if mine.failure is not None:
            raise mine.failure
        return [Acknowledgement(mine.first + place, mine.size) for place in range(len(drafts))]

    def _enter(self, mine: _Waiting) -> bool:
        """Queue up; return whether it falls to this caller to commit."""
        with self._guard:
            self._queue.append(mine)
            if not self._leading:
                self._leading = True
                return True
            if len(self._queue) >= self._expected:
                self._gathered.set()
            return False

    def _lead(self) -> None:
        """Commit for all that wait, and hand over to the first of those that came meanwhile."""
        group: list[_Waiting] = []
        try:
            group = self._gather()
            _commit(group)
        except BaseException as failure:
            group = group or self._take()
            for waiting in group:
                waiting.failure = waiting.failure or failure
            raise
        finally:
            with self._guard:
                following = self._queue[0] if self._queue else None
                self._leading = following is not None
            for waiting in group:
                waiting.answered = True
                waiting.turn.release()
            if following is not None:
                following.turn.release()

    def _gather(self) -> list[_Waiting]:
        """Return whom to commit for; a moment is waited for those who were there the last time."""
        with self._guard:
            self._gathered.clear()
            complete = len(self._queue) >= self._expected
        if not complete:
            self._gathered.wait(_GATHER_S)
        return self._take()

    def _take(self) -> list[_Waiting]:
        with self._guard:
            group, self._queue = self._queue[: self._most], self._queue[self._most :]
            self._expected = len(group)
            return group


def require_no_transaction() -> None:
    """Refuse a caller that holds a transaction: whoever commits for it would wait for its locks."""
    # As Django does it for durable transactions: one that a test wraps around itself is none.
    blocks: list[Any] = connection.atomic_blocks
    if any(not block._from_testcase for block in blocks):  # noqa: SLF001 - Django marks its tests' own blocks so
        raise LedgerError("What is appended has a transaction of its own; this is inside another.")


def _commit(group: Sequence[_Waiting]) -> None:
    """Write what a group wants and tell each caller what became of it."""
    try:
        _write(group)
    except Exception as failure:  # noqa: BLE001 - each caller is told, in its own thread
        for waiting in group:
            waiting.failure = waiting.failure or failure


def _write(group: Sequence[_Waiting]) -> None:
    subjects = sorted({draft.subject for waiting in group for draft, _at in waiting.drafts})
    at = max(at for waiting in group for _draft, at in waiting.drafts)
    with transaction.atomic(durable=True):
        chains.take_turns(subjects)
        sequencer.wait_for_turn()
        ends = chains.ends_of(subjects)

        def write(first: int) -> list[bytes]:
            rows = list(_rows(group, ends, first))
            if rows:
                chains.insert(rows)
            return [row.leaf_hash for row in rows]

        checkpoint = sequencer.extend(at=at, write=write)
    for waiting in group:
        waiting.size = checkpoint.size if checkpoint else 0


def _rows(
    group: Sequence[_Waiting], ends: dict[str, chains.End], first: int
) -> Iterator[chains.Row]:
    """Yield the rows of a group; a caller whose entries cannot be written is told, and left out."""
    for waiting in group:
        try:
            rows = chains.continued(waiting.drafts, ends, first)
        except EntryError as refusal:
            waiting.failure = LedgerError(str(refusal))
            continue
        waiting.first = first
        first += len(rows)
        yield from rows
