"""The tools of an insider: the sequenced entries as a list that can be put back in any order.

Whatever an attacker would have to adapt can be adapted: indexes, hashes, columns, tiles, the chain
of each record, and, for one who holds the keys, the checkpoints.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Max

from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerCosignature,
    LedgerEntry,
    LedgerRevision,
    LedgerRotation,
    LedgerStamp,
    LedgerTile,
)
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.entry import Entry, decode
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import Signer, sign
from twofold_verify.tiles import new_tiles


@dataclass
class Line:
    """A sequenced entry: its row, and its bytes."""

    pk: int | None
    data: bytes

    @property
    def entry(self) -> Entry:
        return decode(self.data)

    @property
    def leaf(self) -> bytes:
        return leaf_hash(self.data)


class Log:
    """The sequenced entries as they stand; nothing is written until one of the `put_` is called."""

    def __init__(self) -> None:
        rows = LedgerEntry.objects.exclude(index=None).order_by("index").values_list("pk", "data")
        self._stored = [Line(pk, bytes(data)) for pk, data in rows]
        self.lines = [replace(line) for line in self._stored]

    def change(self, place: int, **changed: Any) -> None:
        """Change parts of an entry, as its canonical bytes say them."""
        line = self.lines[place]
        line.data = replace(line.entry, **changed).encode()

    def place_of(self, fits: Callable[[Entry], bool]) -> int:
        """Return the last place whose entry fits."""
        places = range(len(self.lines) - 1, -1, -1)
        return next(place for place in places if fits(self.lines[place].entry))

    def chain(self) -> None:
        """Let each entry name the previous one of its record as it is now; waiting ones too."""
        waiting = LedgerEntry.objects.filter(index=None).order_by("id").values_list("pk", "data")
        rest = [Line(pk, bytes(data)) for pk, data in waiting]
        last: dict[str, str] = {}
        for line in [*self.lines, *rest]:
            entry = line.entry
            if entry.previous is not None:
                line.data = replace(entry, previous=last[entry.subject]).encode()
            last[entry.subject] = line.leaf.hex()
        for line in rest:
            LedgerEntry.objects.filter(pk=line.pk).update(data=line.data, leaf_hash=line.leaf)

    def put_entries(self) -> None:
        """Write what changed: places, bytes, and the columns that repeat them."""
        left = {line.pk for line in self.lines}
        gone = [line.pk for line in self._stored if line.pk not in left]
        LedgerRevision.objects.filter(entry_id__in=gone).delete()
        LedgerEntry.objects.filter(pk__in=gone).delete()
        before = {line.pk: (place, line.data) for place, line in enumerate(self._stored)}
        changed = [
            (place, line)
            for place, line in enumerate(self.lines)
            if before.get(line.pk) != (place, line.data)
        ]
        moved = [line.pk for _place, line in changed if line.pk is not None]
        LedgerEntry.objects.filter(pk__in=moved).update(index=None)
        for place, line in changed:
            self._put(place, line)

    def put_tiles(self) -> None:
        """Write the tiles over the entries as they are now."""
        LedgerTile.objects.all().delete()
        hashes = [line.leaf for line in self.lines]
        made = new_tiles(0, len(hashes), leaf_hashes=hashes, fetch=lambda _tile: b"")
        LedgerTile.objects.bulk_create(
            LedgerTile(level=tile.level, index=tile.index, width=tile.width, hashes=data)
            for tile, data in made
        )

    def put_checkpoints(self, signers: list[Signer], *, strip: bool = True) -> None:
        """Sign every checkpoint that does not fit any more, and leave out those beyond the end.

        Args:
            signers: the keys of the log in their order.
            strip: take away what outsiders said of those that are signed anew.
        """
        beyond = LedgerCheckpoint.objects.filter(size__gt=len(self.lines))
        drop_words(beyond.values_list("pk", flat=True))
        beyond.delete()
        for row in LedgerCheckpoint.objects.order_by("size"):
            if bytes(row.root) != self.root(row.size):
                if strip:
                    drop_words([row.pk])
                row.root = self.root(row.size)
                row.note = signed(row.size, row.root, signers)
                row.save()
        newest = LedgerCheckpoint.objects.order_by("-size").first()
        if newest is None or newest.size != len(self.lines):
            root = self.root(len(self.lines))
            LedgerCheckpoint.objects.create(
                size=len(self.lines),
                root=root,
                note=signed(len(self.lines), root, signers),
                signed_at=self.lines[-1].entry.recorded_at,
            )

    def put_all(self, signers: list[Signer], *, strip: bool = True) -> None:
        """Write entries, tiles and checkpoints, so that the log agrees with itself."""
        self.chain()
        self.put_entries()
        self.put_tiles()
        self.put_checkpoints(signers, strip=strip)

    def root(self, size: int) -> bytes:
        return root_of([line.leaf for line in self.lines[:size]])

    def _put(self, place: int, line: Line) -> None:
        entry = line.entry
        columns = {
            "index": place,
            "data": line.data,
            "leaf_hash": line.leaf,
            "subject": entry.subject,
            "revision": entry.revision,
            "recorded_at": entry.recorded_at,
        }
        if line.pk is None:
            line.pk = LedgerEntry.objects.create(**columns).pk
        else:
            LedgerEntry.objects.filter(pk=line.pk).update(**columns)


def drop_words(checkpoints: Any) -> None:
    """Take away the time stamps and cosignatures of checkpoints."""
    wanted = list(checkpoints)
    LedgerStamp.objects.filter(checkpoint__in=wanted).delete()
    LedgerCosignature.objects.filter(checkpoint__in=wanted).delete()


def signed(size: int, root: bytes, signers: list[Signer]) -> str:
    """Return the note of a checkpoint, signed by the key whose turn it is at its size."""
    rotated = LedgerRotation.objects.aggregate(at=Max("size"))["at"] or 1 << 62
    signer = signers[-1] if size >= rotated else signers[0]
    return sign(Checkpoint(signer.name, size, root).text(), signer)


def flipped(data: bytes, chance: Any) -> bytes:
    """Return bytes with one bit turned over."""
    place = chance.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
