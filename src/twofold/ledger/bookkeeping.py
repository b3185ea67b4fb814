"""What the server itself reads beside the entries' bytes, held against them.

The offline verifier judges what an export carries: entries, leaf hashes, the newest checkpoint.
The database keeps more: columns that copy parts of an entry, the upper tiles, older checkpoints.
An edit there would mislead the next entry or the next signature, so it is looked for as well.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from twofold.ledger import succession
from twofold.ledger.errors import LedgerError
from twofold.ledger.forms import form_of, octets, text
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerRotation,
    LedgerStamp,
    LedgerTile,
)
from twofold.ledger.states import raw_rows
from twofold_verify import rotation, stamps
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.errors import VerificationError
from twofold_verify.merkle import HASH_BYTES, RootsAt, leaf_hash, perfect_root
from twofold_verify.note import Verifier, open_note
from twofold_verify.report import Findings
from twofold_verify.rotation import Succession
from twofold_verify.tiles import TILE_WIDTH, tile_path

#: Eight levels hold 2^64 entries.
_LEVELS = 8
_TILE_BYTES = TILE_WIDTH * HASH_BYTES
_TILES_TOGETHER = 100
#: How long a state is in an entry's JSON: a hash between quotes, or `null`.
_HASH_LENGTH = 66
_NULL_LENGTH = 4
#: The end of an entry's canonical JSON, which says again what the columns say.
_BEGINNING = b',"recorded_at":"'
_END = re.compile(
    rb',"recorded_at":"([^"]+)Z","revision":([0-9]+),"state":(?:null|"[0-9a-f]{64}"),'
    rb'"subject":("(?:[^"\\]|\\.)*"),"v":1\}'
)
_instant = form_of(LedgerEntry._meta.get_field("recorded_at"))


def entry_rows(*, waiting: bool) -> Iterator[tuple[Any, ...]]:
    """Yield index, data and the copying columns of the entries: by index, or those that wait."""
    rows = LedgerEntry.objects.filter(index__isnull=waiting)
    columns = ("index", "data", "leaf_hash", "subject", "revision", "recorded_at")
    yield from raw_rows(rows.order_by("id" if waiting else "index"), *columns)


def check_columns(findings: Findings, data: bytes, row: tuple[Any, ...]) -> None:
    """Name an entry whose columns do not say what its bytes say.

    Bytes that are no entry are not judged: the verifier does.
    """
    index, _data, kept_hash, subject, revision, recorded_at = row
    if not _plainly_says(data, recorded_at, revision, subject):
        end = _END.fullmatch(data, max(0, data.rfind(_BEGINNING)))
        if end and end.groups() != _said(recorded_at, revision, subject):
            message = (
                "The entry's columns were altered: its bytes name another record, number or time."
            )
            findings.tampered(f"{subject} revision {revision}", index, message)
            return
    if kept_hash != leaf_hash(data):
        message = "The entry does not have the hash that is kept beside it."
        findings.tampered(f"{subject} revision {revision}", index, message)


def _plainly_says(data: bytes, recorded_at: object, revision: object, subject: object) -> bool:
    """Return whether the bytes of a plain entry end in what the columns say; False: look closer."""
    if type(recorded_at) is not str or recorded_at[10:11] != " ":
        return False
    end = f',"subject":"{subject}","v":1}}'.encode()
    state = len(data) - len(end)
    state -= _HASH_LENGTH if data[state - 1 : state] == b'"' else _NULL_LENGTH
    instant = f"{recorded_at[:10]}T{recorded_at[11:]}"
    middle = f',"recorded_at":"{instant}Z","revision":{revision},"state":'.encode()
    return data.endswith(end) and data.endswith(middle, 0, max(0, state))


def _said(recorded_at: object, revision: object, subject: object) -> tuple[bytes, ...]:
    """Return what the columns say, as the end of an entry says it."""
    instant = _instant(recorded_at)[1:].removesuffix('+00:00"')
    return instant.encode(), str(revision).encode(), text(str(subject)).encode()


def check_tree(findings: Findings, trust: Verifier) -> None:
    """Name tiles that do not follow from those below, and checkpoints that do not fit the tree."""
    roots = RootsAt(LedgerCheckpoint.objects.values_list("size", flat=True))
    below = b"".join(_read_leaves(findings, roots))
    levels = _upper_levels(findings)
    for level in range(1, max(_LEVELS, *levels, 0) + 1):
        if below != levels.get(level, b""):
            _name_tiles(findings, level, below, levels.get(level, b""))
        full = range(0, len(below) - _TILE_BYTES + 1, _TILE_BYTES)
        below = b"".join(_root(below[start : start + _TILE_BYTES]) for start in full)
    _check_checkpoints(findings, roots, trust)


def _read_leaves(findings: Findings, roots: RootsAt) -> Iterator[bytes]:
    """Grow the tree from the tiles of the lowest level; yield the root of each full one."""
    rest = b""
    for _level, _index, hashes in _widest_tiles(findings, LedgerTile.objects.filter(level=0)):
        rest += hashes
        while len(rest) >= _TILE_BYTES:
            root = _root(rest[:_TILE_BYTES])
            roots.extend(_split(rest[:_TILE_BYTES]), root)
            rest = rest[_TILE_BYTES:]
            yield root
    roots.extend(_split(rest))


def _upper_levels(findings: Findings) -> dict[int, bytes]:
    """Return the hashes of each level above the lowest."""
    levels: dict[int, list[bytes]] = {}
    for level, _index, hashes in _widest_tiles(findings, LedgerTile.objects.exclude(level=0)):
        levels.setdefault(level, []).append(hashes)
    return {level: b"".join(tiles) for level, tiles in levels.items()}


def _widest_tiles(
    findings: Findings, tiles: "QuerySet[LedgerTile]"
) -> Iterator[tuple[int, int, bytes]]:
    """Yield level, index and hashes of the widest tile at each place; name those of other width."""
    last: tuple[int, int, bytes] | None = None
    rows = tiles.order_by("level", "index", "width")
    for level, index, width, kept in rows.values_list("level", "index", "width", "hashes").iterator(
        chunk_size=_TILES_TOGETHER
    ):
        hashes = octets(kept)
        if len(hashes) != width * HASH_BYTES:
            name = f"tile/{level}/{index}.p/{width}"
            findings.tampered(name, None, "The tile does not hold as many hashes as it should.")
        if last and last[:2] != (level, index):
            yield last
        last = (level, index, hashes)
    if last:
        yield last


def _name_tiles(findings: Findings, level: int, expected: bytes, kept: bytes) -> None:
    """Name the tiles of a level that are not what the level below leads to."""
    for start in range(0, max(len(expected), len(kept)), _TILE_BYTES):
        right = expected[start : start + _TILE_BYTES]
        if right != kept[start : start + _TILE_BYTES]:
            width = max(1, len(right) // HASH_BYTES)
            name = tile_path(level, start // _TILE_BYTES, width)
            findings.tampered(name, None, "The tile does not follow from the tiles below it.")


def _check_checkpoints(findings: Findings, roots: RootsAt, trust: Verifier) -> None:
    rows = LedgerCheckpoint.objects.order_by("size").values_list("size", "root", "note")
    if not rows.exists() and LedgerEntry.objects.exclude(index=None).exists():
        message = "Entries have their place in the log and no checkpoint stands: it was removed."
        findings.tampered("checkpoint", None, message)
    try:
        keys = succession.of_key(trust)
    except LedgerError:
        # The verifier names statements that do not hold.
        keys = Succession([trust], [])
    for size, kept, note in rows.iterator():
        problem = _problem(size, octets(kept), note, roots.get(size), keys.at(size))
        if problem:
            findings.tampered(f"checkpoint at {size}", None, problem)


def _problem(size: int, kept: bytes, note: str, root: bytes | None, trust: Verifier) -> str:
    """Return what is wrong with a checkpoint, or a blank."""
    try:
        signed = open_note(str(note), [trust]).text
        stated = Checkpoint(trust.name, size, kept).text()
    except VerificationError as refusal:
        return str(refusal)
    if signed != stated:
        return "The note does not sign the size and root that are kept beside it."
    return "" if root == kept else "The tree does not have the root that it signs."


def check_vouching(findings: Findings) -> None:
    """Name rotations and time stamps whose columns do not say what they themselves say."""
    for row in LedgerRotation.objects.order_by("size"):
        if _stated_size(row.statement) != row.size:
            message = "The statement does not say the size that is kept beside it."
            findings.tampered(f"rotation at {row.size}", None, message)
    for stamp in LedgerStamp.objects.select_related("checkpoint").order_by("id"):
        if _stamped_at(octets(stamp.token)) != stamp.stamped_at:
            message = "The time stamp does not say the time that is kept beside it."
            findings.tampered(f"time stamp at {stamp.checkpoint.size}", None, message)


def _stated_size(statement: str) -> int | None:
    try:
        return rotation.read(statement).size
    except VerificationError:
        return None


def _stamped_at(token: bytes) -> datetime | None:
    try:
        return stamps.said_by(token).at
    except VerificationError:
        return None


def _root(tile: bytes) -> bytes:
    """Return the root over a full tile (RFC 6962 2.1)."""
    return perfect_root(_split(tile))


def _split(hashes: bytes) -> list[bytes]:
    """Return the whole hashes of tiles' bytes."""
    whole = len(hashes) - len(hashes) % HASH_BYTES
    return [hashes[start : start + HASH_BYTES] for start in range(0, whole, HASH_BYTES)]
