"""The live database as a source for the verifier: one snapshot of everything it checks."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from django.db import DatabaseError

from twofold.ledger import bookkeeping
from twofold.ledger.forms import octets
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerRevision,
    LedgerRotation,
    LedgerSalt,
    LedgerStamp,
    LedgerTile,
)
from twofold.ledger.recorded import Recorded, recorded_models
from twofold.ledger.states import raw_rows, read_states
from twofold_verify.note import Verifier
from twofold_verify.report import Findings
from twofold_verify.source import KeptStamp, LiveRow, Part, Revision, SourceError
from twofold_verify.tiles import split_hashes

Opener = Callable[[str], BinaryIO | None]
#: Witnesses that fail for a while leave others' cosignatures alone on a checkpoint.
_COSIGNED = 50
#: How many salts are kept that were read before their turn.
_SALTS_AHEAD = 65_536


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
        """Return the newest signed note, with the cosignatures that it has."""
        last = LedgerCheckpoint.objects.order_by("-size").first()
        return _with_cosignatures(last) if last else None

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
                for subject, state in read_states(model, salts=Salts(model)):
                    yield LiveRow(subject, state)
            except DatabaseError as refusal:
                message = f"The table of {model._meta.label_lower} cannot be read: {refusal}."
                raise SourceError(message) from refusal

    def rotations(self) -> Iterator[str]:
        """Yield the statements of rotation by size."""
        yield from LedgerRotation.objects.order_by("size").values_list("statement", flat=True)

    def stamps(self) -> Iterator[KeptStamp]:
        """Yield the time stamps by size."""
        rows = LedgerStamp.objects.order_by("checkpoint__size", "id")
        for note, token in rows.values_list("checkpoint__note", "token").iterator():
            yield KeptStamp(note, octets(token))

    def cosigned(self) -> Iterator[str]:
        """Yield the newest cosigned checkpoints; each vouches for all before it."""
        rows = LedgerCheckpoint.objects.filter(cosignatures__isnull=False).distinct()
        for row in rows.order_by("-size")[:_COSIGNED]:
            yield _with_cosignatures(row)

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
        bookkeeping.check_vouching(self.findings)

    def _entries(self, *, waiting: bool) -> Iterator[bytes]:
        for row in bookkeeping.entry_rows(waiting=waiting):
            data = row[1] if type(row[1]) is bytes else octets(row[1])
            bookkeeping.check_columns(self.findings, data, row)
            yield data


def _with_cosignatures(checkpoint: LedgerCheckpoint) -> str:
    lines = checkpoint.cosignatures.order_by("id").values_list("line", flat=True)
    return "".join([checkpoint.note, *lines])


def _hashes(tile: dict[int, bytes]) -> Iterator[bytes]:
    for hashes in tile.values():
        yield from split_hashes(hashes)


class Salts(dict[str, bytes]):
    """The salts of a model's rows, asked for row by row.

    They were made in the order of the rows, so reading them along takes little memory: what is held
    is what was met before its turn. A salt that does not turn up soon is looked for by itself.
    """

    def __init__(self, model: type[Recorded]) -> None:
        super().__init__()
        rows: Any = LedgerSalt.objects.filter(subject__startswith=f"{model._meta.label_lower}:")
        self._rest = iter(rows.order_by("id").values_list("subject", "salt").iterator())
        self._last: tuple[str, bytes] = ("", b"")

    def __getitem__(self, subject: str) -> bytes:
        """Return a salt; raise `KeyError` when there is none."""
        if self._last[0] != subject:
            met = self.pop(subject, None)
            self._last = (subject, self._find(subject) if met is None else met)
        return self._last[1]

    def _find(self, subject: str) -> bytes:
        while len(self) < _SALTS_AHEAD:
            met, salt = next(self._rest, (None, b""))
            if met is None:
                raise KeyError(subject)
            if met == subject:
                return octets(salt)
            self[met] = octets(salt)
        found: Any = LedgerSalt.objects.filter(subject=subject).values_list("salt", flat=True)
        for salt in found:
            return octets(salt)
        raise KeyError(subject)
