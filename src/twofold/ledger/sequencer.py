"""The one sequencer: gives waiting entries their index, grows the tree, signs a checkpoint.

Entries, tiles and checkpoint are committed together. On PostgreSQL an advisory lock keeps rivals
out; on SQLite the write lock of the transaction does.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection, transaction

from twofold.ledger import succession
from twofold.ledger.errors import LedgerError
from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerCheckpoint
from twofold.ledger.tail import Tail, TailMemory, peaks_of, stored_edge
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import CompactRange, leaf_hash
from twofold_verify.note import Signer, sign
from twofold_verify.tiles import TILE_WIDTH, Tile, new_tiles

_LOCK = 0x54776F666F6C64
_ANY = 'SELECT 1 FROM ledger_ledgerentry WHERE "index" IS NULL LIMIT 1'
_WAITING = 'SELECT id, leaf_hash FROM ledger_ledgerentry WHERE "index" IS NULL ORDER BY id LIMIT %s'
_NUMBER = 'UPDATE ledger_ledgerentry SET "index" = %s WHERE id = %s'
_NUMBER_ALL = (
    'UPDATE ledger_ledgerentry AS entry SET "index" = given.number FROM ('
    "SELECT id, %s + place - 1 AS number FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(id, place)"
    ") AS given WHERE entry.id = given.id"
)
_STORED = (
    'SELECT data FROM ledger_ledgerentry WHERE "index" >= %s AND "index" < %s ORDER BY "index"'
)
_ADD_TILE = 'INSERT INTO ledger_ledgertile (level, "index", width, hashes) VALUES (%s, %s, %s, %s)'
_DROP_NARROWER = 'DELETE FROM ledger_ledgertile WHERE level = %s AND "index" = %s AND width < %s'
_ADD_CHECKPOINT = (
    "INSERT INTO ledger_ledgercheckpoint (size, root, note, signed_at) VALUES (%s, %s, %s, %s) "
    "RETURNING id"
)

_memory = TailMemory()

#: Writes further entries whose first index is given, and returns their leaf hashes.
Write = Callable[[int], Sequence[bytes]]


def run(*, at: datetime, limit: int) -> LedgerCheckpoint | None:
    """Sequence up to `limit` waiting entries; see `actions.sequence`."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY)
        if cursor.fetchone() is None:
            return None
    with transaction.atomic():
        return extend(at=at, limit=limit) if _took_turn() else None


def extend(
    *, at: datetime, limit: int | None = None, write: Write | None = None
) -> LedgerCheckpoint | None:
    """Sequence what waits and what is written now, inside a transaction whose turn it is.

    Args:
        at: when the checkpoint is signed.
        limit: take so many of those that wait; None: all.
        write: writes further entries, behind those that wait.

    Returns:
        The checkpoint, or None when there was nothing.

    Raises:
        LedgerError: what was written does not read back the same, or the tree is not the one that
            was signed; nothing is signed.
    """
    waiting = _waiting(limit)
    if not waiting and write is None:
        return None
    signer = succession.signer()
    tail = _memory.read(signer.verifier)
    _number([entry for entry, _hash in waiting], tail.size)
    expected = [kept for _entry, kept in waiting]
    if write is not None:
        expected += write(tail.size + len(waiting))
    leaves = _read_back(tail.size, len(expected))
    if leaves != expected:
        raise LedgerError("An entry does not read back as it was written; nothing is signed.")
    return _sign(tail, leaves, signer, at) if leaves else None


def wait_for_turn() -> None:
    """Keep other sequencers out until the end of the transaction, once they are through."""
    if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _took_turn() -> bool:
    """Return whether other sequencers are kept out from now on; False when a rival is at it."""
    if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            return bool(cursor.fetchone()[0])
    return True


def _waiting(limit: int | None) -> list[tuple[int, bytes]]:
    """Return id and kept hash of the entries that wait, in the order of writing."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [2**62 if limit is None else limit])
        return [(entry, octets(kept)) for entry, kept in cursor.fetchall()]


def _number(waiting: list[int], size: int) -> None:
    if not waiting:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
            cursor.execute(_NUMBER_ALL, [size, waiting])
        else:
            numbered = [(size + place, entry) for place, entry in enumerate(waiting)]
            cursor.executemany(_NUMBER, numbered)


def _read_back(size: int, count: int) -> list[bytes]:
    """Read the numbered entries again and hash them: what is signed is what is stored."""
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [size, size + count])
        return [leaf_hash(octets(data)) for (data,) in cursor.fetchall()]


def _grow(tail: Tail, leaves: list[bytes]) -> dict[Tile, bytes]:
    """Lay the tiles of new leaves and return the partial ones, as they read back."""
    size = tail.size + len(leaves)
    made = dict(new_tiles(tail.size, size, leaf_hashes=leaves, fetch=tail.edge.__getitem__))
    with connection.cursor() as cursor:
        for tile, hashes in made.items():
            cursor.execute(_ADD_TILE, [tile.level, tile.index, tile.width, hashes])
            cursor.execute(_DROP_NARROWER, [tile.level, tile.index, tile.width])
    edge = stored_edge(size)
    if any(made.get(tile, tail.edge.get(tile)) != hashes for tile, hashes in edge.items()):
        raise LedgerError("A tile does not read back as it was written; nothing is signed.")
    return edge


def _peaks(tail: Tail, leaves: list[bytes], edge: dict[Tile, bytes]) -> tuple[bytes, ...]:
    """Return the peaks of the grown tree, by the way that hashes less."""
    if len(leaves) > TILE_WIDTH:
        return peaks_of(tail.size + len(leaves), edge)
    tree = CompactRange(tail.size, tail.peaks)
    for leaf in leaves:
        tree.append(leaf)
    return tree.peaks


def _sign(tail: Tail, leaves: list[bytes], signer: Signer, at: datetime) -> LedgerCheckpoint:
    size = tail.size + len(leaves)
    edge = _grow(tail, leaves)
    peaks = _peaks(tail, leaves, edge)
    root = CompactRange(size, peaks).root()
    note = sign(Checkpoint(signer.name, size, root).text(), signer)
    signed_at = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(_ADD_CHECKPOINT, [size, root, note, signed_at])
        (key,) = cursor.fetchone()
    _memory.keep(Tail(tail.verifier, note, size, peaks, edge))
    return LedgerCheckpoint(pk=key, size=size, root=root, note=note, signed_at=at)
