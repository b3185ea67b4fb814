"""Inclusion proofs of entries, made from the tiles of the tree as it was last signed."""

from django.db import connection

from twofold.ledger.errors import LedgerError
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint
from twofold_verify import tlog_proof
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.errors import VerificationError
from twofold_verify.merkle import HASH_BYTES
from twofold_verify.tiles import Tile, TileReader

#: Written out, as building a query takes longer than answering it.
_TILE = (
    'SELECT hashes FROM ledger_ledgertile WHERE level = %s AND "index" = %s AND width >= %s '
    "ORDER BY width LIMIT 1"
)


class Prover:
    """Makes proofs under one checkpoint; what the log grows by later is not in them."""

    def __init__(self, *, size: int | None = None) -> None:
        """Take the checkpoint at a size; None: the newest.

        Raises:
            LedgerError: there is none.
        """
        rows = LedgerCheckpoint.objects.order_by("-size")
        row = (rows if size is None else rows.filter(size=size)).first()
        if row is None:
            raise LedgerError("There is no checkpoint to prove an entry under.")
        lines = row.cosignatures.order_by("id").values_list("line", flat=True)
        self._note = "".join([row.note, *lines])
        self._statement = Checkpoint(row.note.partition("\n")[0], row.size, octets(row.root))
        self._read = TileReader(tile_hashes, row.size)

    @property
    def size(self) -> int:
        """Number of entries under the checkpoint."""
        return self._statement.size

    def prove(self, index: int) -> str:
        """Return the proof of an entry as text in the form of C2SP tlog-proof.

        Nothing of it is verified: whoever gets it does that.

        Raises:
            LedgerError: the checkpoint does not cover the entry, or a tile is missing or damaged.
        """
        try:
            return tlog_proof.make(self._read, index, self._statement, self._note).text()
        except VerificationError as refusal:
            raise LedgerError(str(refusal)) from refusal


def tile_hashes(tile: Tile) -> bytes:
    """Return the hashes of a tile, which may have grown since.

    Raises:
        LedgerError: it is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TILE, [tile.level, tile.index, tile.width])
        row = cursor.fetchone()
    if row is None:
        raise LedgerError(f"The tile {tile.path} is missing.")
    return octets(row[0])[: tile.width * HASH_BYTES]
