"""Reading the parts of a source one after another, and remembering which could not be read whole.

A part that ends early leaves things unchecked; it stops no verification.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from twofold_verify.report import Findings
from twofold_verify.source import LiveRow, SourceError
from twofold_verify.states import Last, compare_live, name_removed
from twofold_verify.tiles import TileError

Item = TypeVar("Item")


class Parts:
    """Reads parts for one verification.

    Attributes:
        unread: names of the parts that could not be read to their end.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.unread: set[str] = set()

    def read(self, part: str, items: Callable[[], Iterator[Item]]) -> Iterator[Item]:
        """Yield the items; where the source cannot go on, note it and end."""
        try:
            yield from items()
        except SourceError as refusal:
            if not refusal.whole:
                self.unread.add(part)
            self._findings.incomplete(part, str(refusal))
        except TileError as refusal:
            self.unread.add(part)
            self._findings.tampered(part, None, str(refusal))

    def compare_live(
        self, rows: Callable[[], Iterator[LiveRow]], last: dict[str, Last], entries: set[str]
    ) -> int:
        """Hold the live rows against the last state of each record, and return how many there were.

        Args:
            entries: names of the parts that make up all entries; while one was not read whole,
                entries may be lacking that would explain a row, and nothing is compared.
        """
        if self.unread & entries:
            message = "The live rows were not compared: not all entries could be read."
            self._findings.incomplete("live", message)
            return 0
        count = compare_live(self.read("live", rows), last, self._findings)
        if "live" not in self.unread:
            name_removed(last, self._findings)
        return count
