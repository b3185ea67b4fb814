"""The live database as a source for the verifier: one snapshot of everything it checks."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from django.db import DatabaseError

from twofold.ledger import bookkeeping
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint, LedgerRevision, LedgerSalt, LedgerTile
from twofold.ledger.recorded import Recorded, recorded_models
from twofold.ledger.states import raw_rows, read_states
from twofold_verify.note import Verifier
from twofold_verify.report import Findings
from twofold_verify.source import LiveRow, Part, Revision, SourceError
from twofold_verify.tiles import split_hashes

Opener = Callable[[str], BinaryIO | None]


class DatabaseSource:
    """Reads the ledger's tables and every recorded table; used inside one transaction.

    Attributes:
        findings: what the database keeps beside the entries and does not fit them; complete once
            the entries were read and `check_tree` was called.
    """

    def __init__(self, *openers: Opener) -> None:
        """Take the functions that open stored files by SHA-256, asked in order."""
        self._openers = openers
        self.findings = Findings()

    def has(self, part: Part) -> bool:
        """Return True: nothing was left out."""
        return True

    def checkpoint(self) -> str | None:
        """Return the newest signed note."""
        last = LedgerCheckpoint.objects.order_by("-size").first()
        return last.note if last else None

    def entries(self) -> Iterator[bytes]:
        """Yield the sequenced entries by index."""
        yield from self._entries(waiting=False)

    def leaf_hashes(self) -> Iterator[bytes]:
        """Yield the hashes of the widest tile at each place of level 0."""
        widest: dict[int, bytes] = {}
        rows = LedgerTile.objects.filter(level=0).order_by("index", "width")
        for index, hashes in rows.values_list("index", "hashes").iterator():
            if index not in widest:
                yield from _hashes(widest)
            widest = {index: octets(hashes)}
        yield from _hashes(widest)

    def pending(self) -> Iterator[bytes]:
        """Yield the entries that wait for the sequencer."""
        yield from self._entries(waiting=True)

    def revisions(self) -> Iterator[Revision]:
        """Yield the kept states in the order of their entries."""
        for waiting, order in ((False, "entry__index"), (True, "entry_id")):
            rows = LedgerRevision.objects.filter(entry__index__isnull=waiting).order_by(order)
            columns = ("entry__subject", "entry__revision", "state")
            for subject, number, state in raw_rows(rows, *columns):
                yield Revision(subject, number, str(state))

    def live(self) -> Iterator[LiveRow]:
        """Yield the state of every row of every recorded table, read anew.

        Raises:
            SourceError: a table cannot be read.
        """
        for model in recorded_models():
            try:
                for subject, state in read_states(model, salts=_salts(model)):
                    yield LiveRow(subject, state)
            except DatabaseError as refusal:
                message = f"The table of {model._meta.label_lower} cannot be read: {refusal}."
                raise SourceError(message) from refusal

    def open_blob(self, sha256: str) -> BinaryIO | None:
        """Return the stored file from the first opener that has it.

        Raises:
            SourceError: the disk refuses.
        """
        for opener in self._openers:
            try:
                found = opener(sha256)
            except OSError as refusal:
                raise SourceError(f"Stored file {sha256} cannot be read: {refusal}.") from refusal
            except (TypeError, ValueError):
                # The row that says where the file lies was edited into something unusable.
                found = None
            if found is not None:
                return found
        return None

    def check_tree(self, trust: Verifier) -> None:
        """Add to the findings what is wrong with upper tiles and with any checkpoint."""
        bookkeeping.check_tree(self.findings, trust)

    def _entries(self, *, waiting: bool) -> Iterator[bytes]:
        for row in bookkeeping.entry_rows(waiting=waiting):
            bookkeeping.check_columns(self.findings, row)
            data: bytes = row[1]
            yield data


def _hashes(tile: dict[int, bytes]) -> Iterator[bytes]:
    for hashes in tile.values():
        yield from split_hashes(hashes)


def _salts(model: type[Recorded]) -> dict[str, bytes]:
    if not model.personal:
        return {}
    rows: Any = LedgerSalt.objects.filter(subject__startswith=f"{model._meta.label_lower}:")
    return {subject: octets(salt) for subject, salt in rows.values_list("subject", "salt")}
