"""Bundles: a ledger as files that an auditor takes away and verifies without the server.

`write` makes one from any source, `BundleSource` reads one for the verifier. The log's part of the
layout is that of C2SP tlog-tiles, so that other tools can read it as well:

    checkpoint  tile/...  tile/entries/...            the log
    revisions.ndjson  live.ndjson  blobs/ab/<sha256>  what its entries commit to
    manifest.json  README.md

The manifest names every other file with its SHA-256. It is not signed and proves nothing: it tells
a file that was lost or damaged on the way from one that was never there.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from twofold_verify import archive, checkpoint, entry, manifest, tiles
from twofold_verify.merkle import HASH_BYTES, root_of
from twofold_verify.note import MAX_NOTE_BYTES
from twofold_verify.source import LiveRow, Part, Revision, Source, SourceError
from twofold_verify.tiles import MAX_ENTRY_BYTES, TILE_WIDTH, TileError

Item = TypeVar("Item")
_CHECKPOINT = "checkpoint"
_REVISIONS = "revisions.ndjson"
_LIVE = "live.ndjson"
_README = "README.md"
_CHUNK_BYTES = 1 << 20
#: More than a record's state can be; a longer line is refused before it fills the memory.
_MAX_LINE_BYTES = 64 << 20
#: Beginnings of the names of files that have their own readers.
_READ_ELSEWHERE = (_CHECKPOINT, _REVISIONS, _LIVE, "blobs/", "tile/0/", "tile/entries/")
_MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)


def write(source: Source, path: Path, *, readme: str, at_text: str) -> dict[str, Any]:
    """Write a bundle of a source, and return its manifest.

    Args:
        source: parts that it does not have are left out; nothing of it is verified here.
        path: a .zip when it ends so, else a folder; its parent exists and it does not.
        readme: what the auditor reads first.
        at_text: when the bundle was made, as it shall stand in the manifest.

    Raises:
        SourceError: nothing is signed yet, entries wait for a checkpoint, or the source fails.
        CheckpointError: the checkpoint's text is malformed.
        ArchiveError: something stands at the path already.
    """
    note = source.checkpoint()
    if note is None:
        raise SourceError("The log has no checkpoint to make a bundle of.")
    if next(source.pending(), None) is not None:
        raise SourceError("Entries wait for a checkpoint: sequence them before making a bundle.")
    text, _, _ = note.rpartition("\n\n")
    statement = checkpoint.parse(f"{text}\n")
    with archive.create(path) as writer:
        writer.write(_CHECKPOINT, [note.encode()])
        writer.write(_README, [readme.encode()])
        counts = _Export(source, writer).run()
        statement_of_content = {
            "format": manifest.FORMAT,
            "origin": statement.origin,
            "size": statement.size,
            "written_at": at_text,
            "includes": [part.value for part in Part if source.has(part)],
            "counts": counts,
            "parts": dict(sorted(writer.digests.items())),
        }
        writer.write(manifest.NAME, [json.dumps(statement_of_content, indent=1).encode()])
    return statement_of_content


class BundleSource:
    """A bundle as a source for the verifier; to be closed, or used in a `with` statement."""

    def __init__(self, path: Path) -> None:
        """Open a folder or .zip.

        Raises:
            SourceError: there is no bundle, or the archive or its manifest cannot be read.
        """
        self._files = archive.open_archive(path)
        try:
            self._manifest = manifest.parse(self._load(manifest.NAME, manifest.MAX_BYTES))
        except SourceError:
            self.close()
            raise
        self._changed: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the archive."""
        self._files.close()

    def has(self, part: Part) -> bool:
        """Return whether the bundle was made with the part."""
        return part.value in self._manifest.includes

    def checkpoint(self) -> str | None:
        """Return the signed note."""
        try:
            return self._part(_CHECKPOINT, MAX_NOTE_BYTES).decode()
        except UnicodeDecodeError as refusal:
            raise SourceError(f"{_CHECKPOINT} is not text.") from refusal

    def entries(self) -> Iterator[bytes]:
        """Yield the entries; in the end, name the files that changed since the bundle was made."""
        for index, width in _widths(self._manifest.entries):
            name = tiles.entries_path(index, width)
            yield from _split(name, self._part(name, _MAX_BUNDLE_BYTES), tiles.split_entries)
        # The log's upper tiles and the read-me are read by nobody else.
        for name in self._manifest.parts:
            if not name.startswith(_READ_ELSEWHERE):
                self._part(name, _MAX_LINE_BYTES)
        self._require_unchanged()

    def leaf_hashes(self) -> Iterator[bytes]:
        """Yield the hashes of the level-0 tiles."""
        for index, width in _widths(self._manifest.hashes):
            name = tiles.tile_path(0, index, width)
            yield from _split(name, self._part(name, TILE_WIDTH * HASH_BYTES), tiles.split_hashes)
        self._require_unchanged()

    def pending(self) -> Iterator[bytes]:
        """Yield nothing: a bundle is made when no entry waits."""
        return iter(())

    def revisions(self) -> Iterator[Revision]:
        """Yield the kept states."""
        for line in self._lines(_REVISIONS, {"subject": str, "number": int, "state": str}):
            yield Revision(line["subject"], line["number"], line["state"])

    def live(self) -> Iterator[LiveRow]:
        """Yield the live rows, as they stood when the bundle was made."""
        for line in self._lines(_LIVE, {"subject": str, "state": str}):
            yield LiveRow(line["subject"], line["state"])

    def open_blob(self, sha256: str) -> BinaryIO | None:
        """Return a stored file; None when the bundle was made without it."""
        name = _blob_path(sha256)
        stream = self._files.open(name)
        if stream is None and name in self._manifest.parts:
            raise SourceError(f"{name} is absent, and the manifest names it.")
        return stream

    def _part(self, name: str, limit: int) -> bytes:
        """Return the bytes of a file and remember it when the manifest has another digest."""
        data = self._load(name, limit)
        self._compare(name, sha256(data).hexdigest())
        return data

    def _load(self, name: str, limit: int) -> bytes:
        with self._open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise SourceError(f"{name} is larger than it can be.")
        return data

    def _lines(self, name: str, keys: dict[str, type]) -> Iterator[dict[str, Any]]:
        """Yield the objects of a file of JSON lines, each with exactly these keys."""
        digest = sha256()
        with self._open(name) as file:
            number = 0
            while line := file.readline(_MAX_LINE_BYTES):
                number += 1
                digest.update(line)
                yield _object(f"{name} line {number}", line, keys)
        self._compare(name, digest.hexdigest())
        self._require_unchanged()

    def _open(self, name: str) -> BinaryIO:
        file = self._files.open(name)
        if file is None:
            raise SourceError(f"{name} is absent.")
        return file

    def _compare(self, name: str, digest: str) -> None:
        if self._manifest.parts.get(name) != digest:
            self._changed.append(name)

    def _require_unchanged(self) -> None:
        changed, self._changed = self._changed, []
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            message = f"{changed[0]}{more}: not the file that the manifest names."
            raise SourceError(message, whole=True)


class _Export:
    """Writes the parts of a source and counts them."""

    def __init__(self, source: Source, writer: archive.Writer) -> None:
        self._source = source
        self._writer = writer
        self._blobs: set[str] = set()

    def run(self) -> dict[str, int]:
        counts = {"entries": self._entries()}
        has = self._source.has
        counts["hashes"] = self._tiles() if has(Part.TILES) else 0
        counts["revisions"] = self._revisions() if has(Part.REVISIONS) else 0
        counts["live"] = self._live() if has(Part.LIVE) else 0
        counts["blobs"] = self._stored_files() if has(Part.BLOBS) else 0
        return counts

    def _entries(self) -> int:
        count = 0
        for index, batch in enumerate(_batches(self._source.entries())):
            name = tiles.entries_path(index, len(batch))
            self._writer.write(name, [tiles.join_entries(batch)])
            count += len(batch)
            for data in batch:
                self._note_blobs(data)
        return count

    def _note_blobs(self, data: bytes) -> None:
        try:
            self._blobs.update(blob.sha256 for blob in entry.decode(data).blobs)
        except entry.EntryError:
            # It is taken along as it is: judging it is the verifier's affair.
            return

    def _tiles(self) -> int:
        """Write the tiles of all levels; return the number of leaf hashes."""
        hashes: Iterable[bytes] = self._source.leaf_hashes()
        level = count = 0
        while True:
            above = []
            for index, batch in enumerate(_batches(hashes)):
                self._writer.write(tiles.tile_path(level, index, len(batch)), batch)
                count += len(batch) if level == 0 else 0
                if len(batch) == TILE_WIDTH:
                    above.append(root_of(batch))
            if not above:
                return count
            hashes, level = above, level + 1

    def _revisions(self) -> int:
        return self._write_lines(
            _REVISIONS,
            (
                {"subject": item.subject, "number": item.number, "state": item.state_text}
                for item in self._source.revisions()
            ),
        )

    def _live(self) -> int:
        return self._write_lines(
            _LIVE,
            ({"subject": row.subject, "state": row.state_text} for row in self._source.live()),
        )

    def _write_lines(self, name: str, objects: Iterable[dict[str, Any]]) -> int:
        count = 0

        def lines() -> Iterator[bytes]:
            nonlocal count
            for item in objects:
                count += 1
                yield json.dumps(item).encode() + b"\n"

        self._writer.write(name, lines())
        return count

    def _stored_files(self) -> int:
        """Write the stored files that there are; return their number."""
        count = 0
        for name in sorted(self._blobs):
            stream = self._source.open_blob(name)
            if stream is not None:
                with stream:
                    self._writer.write(_blob_path(name), _chunks(stream))
                count += 1
        return count


def _object(place: str, line: bytes, keys: dict[str, type]) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as refusal:
        raise SourceError(f"{place} is not JSON.") from refusal
    if not isinstance(value, dict) or value.keys() != keys.keys():
        raise SourceError(f"{place} does not have the keys {', '.join(keys)}.")
    if any(type(value[key]) is not type_ for key, type_ in keys.items()):
        raise SourceError(f"{place} has a value of another type than it should.")
    return value


def _split(name: str, data: bytes, split: Callable[[bytes], Iterator[bytes]]) -> Iterator[bytes]:
    try:
        yield from split(data)
    except TileError as refusal:
        raise SourceError(f"{name}: {refusal}") from refusal


def _widths(count: int) -> Iterator[tuple[int, int]]:
    """Yield index and width of the level-0 tiles over so many leaves."""
    for index in range(-(-count // TILE_WIDTH)):
        yield index, min(TILE_WIDTH, count - index * TILE_WIDTH)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, TILE_WIDTH)):
        yield batch


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk


def _blob_path(sha256: str) -> str:
    return f"blobs/{sha256[:2]}/{sha256}"
