"""One record of the live database as a source for a bundle: its entries, each with a proof."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerRevision, LedgerStamp
from twofold.ledger.proofs import Prover
from twofold.ledger.source import DatabaseSource, Opener
from twofold.ledger.states import read_states
from twofold.ledger.subjects import parts, rows_of
from twofold_verify.source import KeptStamp, LiveRow, Part, Revision


class RecordSource(DatabaseSource):
    """Reads the entries of some subjects, the first of which the bundle is of."""

    def __init__(self, subjects: Sequence[str], *openers: Opener) -> None:
        """Take the record's ledger name and those of what belongs to it."""
        super().__init__(*openers)
        self._subjects = list(dict.fromkeys(subjects))
        self._sizes: set[int] = set()

    @property
    def subject(self) -> str:
        """The record's ledger name."""
        return self._subjects[0]

    def has(self, part: Part) -> bool:
        """Return whether a bundle of one record has the part: all but the tree's tiles."""
        return part is not Part.TILES

    def proven(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield index, bytes and proof of each entry, by index.

        An entry is proven under the first checkpoint after it that others vouch for, so that their
        word covers it; under the newest one where nobody vouches for any yet.

        Raises:
            LedgerError: a tile is missing or damaged.
        """
        prover = lru_cache(maxsize=8)(lambda size: Prover(size=size))
        for index in sorted(self._places()):
            data = LedgerEntry.objects.values_list("data", flat=True).get(index=index)
            size = _vouched_size(index)
            made = prover(size)
            self._sizes.add(made.size)
            yield index, octets(data), made.prove(index)

    def pending(self) -> Iterator[bytes]:
        """Yield the entries of the subjects that wait for the sequencer."""
        for part in parts(self._subjects):
            rows = LedgerEntry.objects.filter(subject__in=part, index=None).order_by("id")
            yield from map(octets, rows.values_list("data", flat=True))

    def revisions(self) -> Iterator[Revision]:
        """Yield the kept states in the order of their entries."""
        for index in sorted(self._places()):
            rows = LedgerRevision.objects.filter(entry__index=index)
            for row in rows.select_related("entry"):
                yield Revision(row.entry.subject, row.entry.revision, row.state)

    def live(self) -> Iterator[LiveRow]:
        """Yield the rows of the subjects, read anew."""
        for model, keys, salts in rows_of(self._subjects):
            for subject, state in read_states(model, salts=salts, keys=keys):
                yield LiveRow(subject, state)

    def stamps(self) -> Iterator[KeptStamp]:
        """Yield the time stamps of the checkpoints that entries were proven under."""
        for size in sorted(self._sizes):
            rows = LedgerStamp.objects.filter(checkpoint__size=size).order_by("id")
            for note, token in rows.values_list("checkpoint__note", "token"):
                yield KeptStamp(note, octets(token))

    def cosigned(self) -> Iterator[str]:
        """Yield nothing: each proof carries its checkpoint with the cosignatures."""
        return iter(())

    def _places(self) -> list[int]:
        """Return the indexes of the entries."""
        found: list[int] = []
        for part in parts(self._subjects):
            rows = LedgerEntry.objects.filter(subject__in=part).order_by()
            places = rows.values_list("index", flat=True)
            found += [index for index in places if index is not None]
        return found


def _vouched_size(index: int) -> int | None:
    """Return the size of the first checkpoint after an entry that others vouch for.

    One that is cosigned as well as stamped is best, then one that is cosigned.
    """
    after = LedgerCheckpoint.objects.filter(size__gt=index).order_by("size")
    cosigned = after.filter(cosignatures__isnull=False)
    stamped = after.filter(stamps__isnull=False)
    for rows in (cosigned.filter(stamps__isnull=False), cosigned, stamped):
        size = rows.values_list("size", flat=True).first()
        if size is not None:
            return int(size)
    return None
