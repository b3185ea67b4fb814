"""What a bundle discloses beside the log, held against what the log commits to.

An opening has to open a commitment in the state of a live row, which the verifier holds against the
last entry of its record. A content has to have the hash that such an opening names. So whoever
reads a content in clear knows that it is the one that was recorded.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from twofold_verify.bundle import layout
from twofold_verify.bundle.reading import BundleSource
from twofold_verify.openings import Opening
from twofold_verify.report import Findings
from twofold_verify.source import LiveRow, Part, SourceError


class Contents:
    """Checks what a bundle discloses, once.

    Attributes:
        opened: number of openings that hold.
        read: contents whose hash holds.
        size: their bytes together.
    """

    def __init__(self, source: BundleSource, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._rest: Iterator[Opening] = iter(())
        self._next: Opening | None = None
        self._met: set[str] = set()
        self.opened = self.read = self.size = 0

    def check(self) -> None:
        """Check openings, contents, and the texts that are repeated for other tools."""
        try:
            self._openings()
            self._unnamed()
            for name, text, note in self._source.texts_of_notes():
                if text != layout.signed_text(note):
                    message = f"{name} is not the text that its checkpoint signs."
                    self._findings.tampered(name, None, message)
        except SourceError as refusal:
            self._findings.incomplete("openings", str(refusal))

    def _openings(self) -> None:
        """Meet openings and live rows side by side; what comes in another order is met later."""
        self._rest = self._source.openings()
        self._next = next(self._rest, None)
        if self._next is None:
            return
        if not self._source.has(Part.LIVE):
            raise SourceError("Without live rows the openings were not checked.")
        for row in self._source.live():
            self._open(row, list(self._ahead(row.subject)))
        late: dict[str, list[Opening]] = {}
        while self._next is not None:
            late.setdefault(self._next.subject, []).append(self._next)
            self._next = next(self._rest, None)
        for row in self._source.live() if late else ():
            self._open(row, late.pop(row.subject, []))
        for subject in late:
            message = "Something is disclosed of a record that has no row."
            self._findings.tampered(subject, None, message)

    def _ahead(self, subject: str) -> Iterator[Opening]:
        """Yield the openings that come next, as long as they are of this record."""
        while self._next is not None and self._next.subject == subject:
            yield self._next
            self._next = next(self._rest, None)

    def _open(self, row: LiveRow, openings: list[Opening]) -> None:
        if not openings:
            return
        state = _state(row)
        for opening in openings:
            if opening.opens(state):
                self.opened += 1
                if opening.content:
                    self._content(opening)
            else:
                message = f"What is disclosed of the column {opening.column} was not recorded so."
                self._findings.tampered(row.subject, None, message)

    def _content(self, opening: Opening) -> None:
        """Hold a content against the hash that an opening names; each is read once."""
        name = opening.content
        if name in self._met:
            return
        self._met.add(name)
        # A content that lies in clear among the stored files is not there twice.
        stream = self._source.open_content(name) or self._source.open_blob(name)
        if stream is None:
            message = f"The content {name} was not put in the bundle."
            self._findings.incomplete(opening.subject, message)
            return
        digest, size = sha256(), 0
        with stream:
            for chunk in layout.chunks(stream):
                digest.update(chunk)
                size += len(chunk)
        if digest.hexdigest() != name:
            message = f"The content {name} was altered: it has another hash."
            self._findings.tampered(opening.subject, None, message)
            return
        self.read += 1
        self.size += size

    def _unnamed(self) -> None:
        named = {layout.content_path(name) for name in self._met}
        for name in sorted(self._source.contents() - named):
            message = "The log does not commit to this content as far as the bundle shows."
            self._findings.tampered(name, None, message)


def _state(row: LiveRow) -> dict[str, Any]:
    """Return the columns of a row; none of a text that is no state."""
    try:
        value = json.loads(row.state_text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
