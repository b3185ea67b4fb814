"""Where the parts of a bundle lie. The log's part is that of C2SP tlog-tiles.

A whole bundle has `tile/`, a bundle of one record has `entry/` and `proof/` in its place:

    checkpoint  checkpoint.txt  policy  cosigned/<size>  rotations/<size>
    stamps/<size>.checkpoint  stamps/<size>.txt  stamps/<size>.tsr  stamps/chain.pem
    tile/...  tile/entries/...                            or: entry/<index>.json
                                                              proof/<index>.tlog-proof
    revisions.ndjson  live.ndjson  blobs/ab/<sha256>          what the entries commit to
    openings.ndjson  content/ab/<sha256>                      what opens their commitments
    manifest.json  README.md  independent/check.go
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, TypeVar

from twofold_verify.tiles import MAX_ENTRY_BYTES, TILE_WIDTH

Item = TypeVar("Item")
CHECKPOINT = "checkpoint"
CHECKPOINT_TEXT = "checkpoint.txt"
POLICY = "policy"
REVISIONS = "revisions.ndjson"
LIVE = "live.ndjson"
OPENINGS = "openings.ndjson"
README = "README.md"
CHAIN = "stamps/chain.pem"
PROGRAM = "independent/check.go"
ROTATIONS = "rotations/"
COSIGNED = "cosigned/"
STAMPS = "stamps/"
ENTRIES = "entry/"
PROOFS = "proof/"
CONTENTS = "content/"
BLOBS = "blobs/"
NOTE_SUFFIX = ".checkpoint"
STAMP_SUFFIX = ".tsr"
ENTRY_SUFFIX = ".json"
PROOF_SUFFIX = ".tlog-proof"
#: More than a record's state can be; a longer line is refused before it fills the memory.
MAX_LINE_BYTES = 64 << 20
MAX_ENTRIES_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
_CHUNK_BYTES = 1 << 20


def blob_path(sha256: str) -> str:
    """Return where a stored file lies, by its hex SHA-256."""
    return f"{BLOBS}{sha256[:2]}/{sha256}"


def content_path(sha256: str) -> str:
    """Return where a content lies in clear, by its hex SHA-256."""
    return f"{CONTENTS}{sha256[:2]}/{sha256}"


def entry_path(index: int) -> str:
    """Return where an entry of a bundle of one record lies."""
    return f"{ENTRIES}{index}{ENTRY_SUFFIX}"


def proof_path(index: int) -> str:
    """Return where the proof of such an entry lies."""
    return f"{PROOFS}{index}{PROOF_SUFFIX}"


def signed_text(note: str) -> str:
    """Return the text of a note that is signed: what stands before its blank line."""
    text, _blank, _signatures = note.rpartition("\n\n")
    return f"{text}\n"


def numbered(names: Iterable[str], prefix: str, suffix: str = "") -> list[tuple[int, str]]:
    """Return numbers and names of the files `prefix<number>suffix`, rising."""
    found = []
    for name in names:
        number = name.removeprefix(prefix).removesuffix(suffix)
        if name == f"{prefix}{number}{suffix}" and number.isascii() and number.isdigit():
            found.append((int(number), name))
    return sorted(found)


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists as wide as a tile; the last may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, TILE_WIDTH)):
        yield batch


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a stream holds, piece by piece."""
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk
