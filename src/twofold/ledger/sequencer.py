"""The one sequencer: gives waiting entries their index, grows the tree, signs a checkpoint.

Entries, tiles and checkpoint are committed together. On PostgreSQL an advisory lock keeps rivals
out; on SQLite the write lock of the transaction does.
"""

from datetime import datetime

from django.db import connection, transaction

from twofold.ledger import keys
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerTile
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash, node_hash
from twofold_verify.note import NoteError, Signer, Verifier, open_note, sign
from twofold_verify.tiles import Tile, TileReader, new_tiles

_LOCK = 0x54776F666F6C64


def run(*, at: datetime, limit: int) -> LedgerCheckpoint | None:
    """Sequence up to `limit` waiting entries; see `actions.sequence`."""
    if not LedgerEntry.objects.filter(index=None).exists():
        return None
    with transaction.atomic():
        waiting = _waiting(limit) if _locked() else []
        if not waiting:
            return None
        signer = keys.signer()
        size = _intact_size(signer.verifier)
        _number([entry for entry, _hash in waiting], size)
        leaves = _read_back(size, len(waiting))
        if leaves != [kept for _entry, kept in waiting]:
            raise LedgerError("An entry does not read back as it was written; nothing is signed.")
        _grow(size, leaves)
        return _sign(size + len(leaves), signer, at)


def fetch_tile(tile: Tile) -> bytes:
    """Return the bytes of a tile of the current tree.

    Raises:
        LedgerError: it is not there, or not of its width.
    """
    row = LedgerTile.objects.filter(level=tile.level, index=tile.index, width=tile.width).first()
    if row is None or len(row.hashes) != tile.width * HASH_BYTES:
        raise LedgerError(f"The tile {tile.path} is missing or damaged; nothing is signed.")
    return bytes(row.hashes)


def root_at(size: int) -> bytes:
    """Return the root of the first `size` entries, from tiles alone (RFC 6962 2.1)."""
    if size == 0:
        return EMPTY_ROOT
    read = TileReader(fetch_tile, size)
    parts, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            parts.append(read(level, start >> level))
            start += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def _locked() -> bool:
    if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            return bool(cursor.fetchone()[0])
    return True


def _waiting(limit: int) -> list[tuple[int, bytes]]:
    """Return id and kept hash of the entries that wait, in the order of writing."""
    rows = LedgerEntry.objects.filter(index=None).order_by("id")
    return [(entry, bytes(kept)) for entry, kept in rows.values_list("id", "leaf_hash")[:limit]]


def _intact_size(verifier: Verifier) -> int:
    """Return the size to grow from, when key, checkpoint, entries and tiles agree on it.

    What is signed next vouches for all that stands already, so a tree that somebody altered, or a
    key file that was lost and made anew, must not be signed over.
    """
    last = LedgerCheckpoint.objects.order_by("-size").first()
    size = last.size if last else 0
    if LedgerEntry.objects.filter(index__gte=size).exists():
        raise LedgerError("Entries have an index beyond the last checkpoint; nothing is signed.")
    if last is None:
        return 0
    try:
        signed = open_note(last.note, [verifier]).text
        fits = signed == Checkpoint(verifier.name, size, root_at(size)).text()
    except NoteError as refusal:
        raise LedgerError(
            f"The last checkpoint is not of this installation's key; nothing is signed. {refusal}"
        ) from refusal
    if not fits:
        raise LedgerError("The tree is not the one of the last checkpoint; nothing is signed.")
    return size


def _number(waiting: list[int], size: int) -> None:
    table = connection.ops.quote_name(LedgerEntry._meta.db_table)
    index = connection.ops.quote_name("index")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {index} = %s WHERE id = %s",  # noqa: S608 - no input in it
            [(size + place, entry) for place, entry in enumerate(waiting)],
        )


def _read_back(size: int, count: int) -> list[bytes]:
    """Read the numbered entries again and hash them: what is signed is what is stored."""
    stored = (
        LedgerEntry.objects.filter(index__gte=size, index__lt=size + count)
        .order_by("index")
        .values_list("data", flat=True)
    )
    return [leaf_hash(bytes(data)) for data in stored]


def _grow(size: int, leaves: list[bytes]) -> None:
    made = list(new_tiles(size, size + len(leaves), leaf_hashes=leaves, fetch=fetch_tile))
    LedgerTile.objects.bulk_create(
        LedgerTile(level=tile.level, index=tile.index, width=tile.width, hashes=data)
        for tile, data in made
    )
    for tile, _data in made:
        LedgerTile.objects.filter(level=tile.level, index=tile.index, width__lt=tile.width).delete()


def _sign(size: int, signer: Signer, at: datetime) -> LedgerCheckpoint:
    root = root_at(size)
    note = sign(Checkpoint(signer.name, size, root).text(), signer)
    return LedgerCheckpoint.objects.create(size=size, root=root, note=note, signed_at=at)
