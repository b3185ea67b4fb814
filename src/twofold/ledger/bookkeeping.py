"""What the server itself reads beside the entries' bytes, held against them.

The offline verifier judges what an export carries: entries, leaf hashes, the newest checkpoint.
The database keeps more: columns that copy parts of an entry, the upper tiles, older checkpoints.
An edit there would mislead the next entry or the next signature, so it is looked for as well.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from twofold.ledger.forms import form_of, octets, text
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerTile
from twofold.ledger.states import raw_rows
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.errors import VerificationError
from twofold_verify.merkle import HASH_BYTES, CompactRange, leaf_hash, node_hash
from twofold_verify.note import Verifier, open_note
from twofold_verify.report import Findings
from twofold_verify.tiles import TILE_WIDTH, tile_path

#: Eight levels hold 2^64 entries.
_LEVELS = 8
_TILE_BYTES = TILE_WIDTH * HASH_BYTES
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
    ordered = rows.order_by("id" if waiting else "index")
    for index, data, *others in raw_rows(ordered, *columns):
        yield index, octets(data), *others


def check_columns(findings: Findings, row: tuple[Any, ...]) -> None:
    """Name an entry whose columns do not say what its bytes say.

    Bytes that are no entry are not judged: the verifier does.
    """
    index, data, kept_hash, subject, revision, recorded_at = row
    end = _END.fullmatch(data, max(0, data.rfind(_BEGINNING)))
    if end and end.groups() != _said(recorded_at, revision, subject):
        message = "The entry's columns were altered: its bytes name another record, number or time."
        findings.tampered(f"{subject} revision {revision}", index, message)
    elif octets(kept_hash) != leaf_hash(data):
        message = "The entry does not have the hash that is kept beside it."
        findings.tampered(f"{subject} revision {revision}", index, message)


def _said(recorded_at: object, revision: object, subject: object) -> tuple[bytes, ...]:
    """Return what the columns say, as the end of an entry says it."""
    instant = _instant(recorded_at)[1:].removesuffix('+00:00"')
    return instant.encode(), str(revision).encode(), text(str(subject)).encode()


def check_tree(findings: Findings, trust: Verifier) -> None:
    """Name tiles that do not follow from those below, and checkpoints that do not fit the tree."""
    levels = _levels(findings)
    leaves = below = levels.pop(0, b"")
    for level in range(1, max(_LEVELS, *levels, 0) + 1):
        full = range(0, len(below) - _TILE_BYTES + 1, _TILE_BYTES)
        below = b"".join(_root(below[start : start + _TILE_BYTES]) for start in full)
        if below != levels.get(level, b""):
            _name_tiles(findings, level, below, levels.get(level, b""))
    _check_checkpoints(findings, leaves, trust)


def _levels(findings: Findings) -> dict[int, bytes]:
    """Return the hashes of each level from its widest tiles; name those of another width."""
    widest: dict[tuple[int, int], bytes] = {}
    rows = LedgerTile.objects.order_by("level", "index", "width")
    for level, index, width, hashes in rows.values_list("level", "index", "width", "hashes"):
        widest[level, index] = octets(hashes)
        if len(hashes) != width * HASH_BYTES:
            name = f"tile/{level}/{index}.p/{width}"
            findings.tampered(name, None, "The tile does not hold as many hashes as it should.")
    levels: dict[int, list[bytes]] = {}
    for (level, _index), hashes in widest.items():
        levels.setdefault(level, []).append(hashes)
    return {level: b"".join(tiles) for level, tiles in levels.items()}


def _name_tiles(findings: Findings, level: int, expected: bytes, kept: bytes) -> None:
    """Name the tiles of a level that are not what the level below leads to."""
    for start in range(0, max(len(expected), len(kept)), _TILE_BYTES):
        right = expected[start : start + _TILE_BYTES]
        if right != kept[start : start + _TILE_BYTES]:
            width = max(1, len(right) // HASH_BYTES)
            name = tile_path(level, start // _TILE_BYTES, width)
            findings.tampered(name, None, "The tile does not follow from the tiles below it.")


def _check_checkpoints(findings: Findings, leaves: bytes, trust: Verifier) -> None:
    rows = list(LedgerCheckpoint.objects.order_by("size").values_list("size", "root", "note"))
    if not rows and LedgerEntry.objects.exclude(index=None).exists():
        message = "Entries have their place in the log and no checkpoint stands: it was removed."
        findings.tampered("checkpoint", None, message)
    roots = _roots(leaves, [size for size, _kept, _note in rows])
    for (size, kept, note), root in zip(rows, roots, strict=True):
        problem = _problem(size, octets(kept), note, root, trust)
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


def _roots(leaves: bytes, sizes: Iterable[int]) -> Iterator[bytes | None]:
    """Yield the root at each size, in rising order; None where there are not as many leaves."""
    tree = CompactRange()
    for size in sizes:
        for start in range(tree.size * HASH_BYTES, size * HASH_BYTES, HASH_BYTES):
            leaf = leaves[start : start + HASH_BYTES]
            if len(leaf) < HASH_BYTES:
                break
            tree.append(leaf)
        yield tree.root() if tree.size == size else None


def _root(tile: bytes) -> bytes:
    """Return the root over a full tile (RFC 6962 2.1)."""
    row = tile
    while len(row) > HASH_BYTES:
        row = b"".join(
            node_hash(row[at : at + HASH_BYTES], row[at + HASH_BYTES : at + 2 * HASH_BYTES])
            for at in range(0, len(row), 2 * HASH_BYTES)
        )
    return row
