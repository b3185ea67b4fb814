"""Reading bundles: of a whole log as a source for the verifier, of one record with its proofs."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Self

from twofold_verify import archive, manifest, tiles
from twofold_verify.bundle import layout
from twofold_verify.bundle.layout import MAX_LINE_BYTES
from twofold_verify.merkle import HASH_BYTES
from twofold_verify.note import MAX_NOTE_BYTES
from twofold_verify.openings import SALT_BYTES, Opening
from twofold_verify.policy import MAX_BYTES as MAX_POLICY_BYTES
from twofold_verify.source import KeptStamp, LiveRow, Part, Revision, SourceError
from twofold_verify.stamps import MAX_TOKEN_BYTES
from twofold_verify.tiles import MAX_ENTRY_BYTES, TILE_WIDTH, TileError

#: Beginnings of the names of files that have their own readers.
_READ_ELSEWHERE = (
    layout.REVISIONS,
    layout.LIVE,
    layout.OPENINGS,
    layout.BLOBS,
    layout.CONTENTS,
    layout.ROTATIONS,
    layout.COSIGNED,
    layout.ENTRIES,
    layout.PROOFS,
    "tile/0/",
    "tile/entries/",
)
#: A proof is a checkpoint, at most 63 hashes, and what nothing vouches for.
_MAX_PROOF_BYTES = 2 * MAX_NOTE_BYTES
_OPENING: dict[str, type] = {"subject": str, "column": str, "value": str, "salt": str}


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

    @property
    def subject(self) -> str:
        """The record that the bundle is of; blank for one of the whole log."""
        return self._manifest.subject

    def has(self, part: Part) -> bool:
        """Return whether the bundle was made with the part."""
        return part.value in self._manifest.includes

    def checkpoint(self) -> str | None:
        """Return the signed note."""
        return self._text(layout.CHECKPOINT, MAX_NOTE_BYTES)

    def policy(self) -> str:
        """Return the policy of whoever made the bundle, which is never believed; blank for none.

        Raises:
            SourceError: it cannot be read.
        """
        named = layout.POLICY in self._manifest.parts
        return self._text(layout.POLICY, MAX_POLICY_BYTES) if named else ""

    def entries(self) -> Iterator[bytes]:
        """Yield the entries; in the end, name the files that changed since the bundle was made."""
        for index, width in _widths(self._manifest.entries):
            name = tiles.entries_path(index, width)
            data = self._part(name, layout.MAX_ENTRIES_BYTES)
            yield from _split(name, data, tiles.split_entries)
        self.require_unchanged()

    def proven(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield index, bytes and proof of each entry of a bundle of one record.

        Raises:
            SourceError: a file cannot be read, or there are more or fewer than were counted.
        """
        found = layout.numbered(self._manifest.parts, layout.ENTRIES, layout.ENTRY_SUFFIX)
        for index, name in found:
            data = self._part(name, MAX_ENTRY_BYTES)
            yield index, data, self._text(layout.proof_path(index), _MAX_PROOF_BYTES)
        if len(found) != self._manifest.entries:
            message = f"The bundle names {len(found)} entries and counts {self._manifest.entries}."
            raise SourceError(message)
        self.require_unchanged()

    def require_unchanged(self) -> None:
        """Read what nobody else reads, such as the read-me, and compare it with the manifest.

        Raises:
            SourceError: a file is lost, or is not the one that the manifest names.
        """
        for name in self._manifest.parts:
            if not name.startswith(_READ_ELSEWHERE):
                self._part(name, MAX_LINE_BYTES)
        self._name_changed()

    def leaf_hashes(self) -> Iterator[bytes]:
        """Yield the hashes of the level-0 tiles."""
        for index, width in _widths(self._manifest.hashes):
            name = tiles.tile_path(0, index, width)
            yield from _split(name, self._part(name, TILE_WIDTH * HASH_BYTES), tiles.split_hashes)
        self._name_changed()

    def tile(self, name: str) -> bytes:
        """Return the hashes of a tile of an upper level; blank when the bundle does not name it.

        Raises:
            SourceError: it is lost.
        """
        named = name in self._manifest.parts
        return self._load(name, TILE_WIDTH * HASH_BYTES) if named else b""

    def pending(self) -> Iterator[bytes]:
        """Yield nothing: a bundle is made when no entry waits."""
        return iter(())

    def revisions(self) -> Iterator[Revision]:
        """Yield the kept states."""
        for _place, line in self._lines(
            layout.REVISIONS, {"subject": str, "number": int, "state": str}
        ):
            yield Revision(line["subject"], line["number"], line["state"])

    def live(self) -> Iterator[LiveRow]:
        """Yield the live rows, as they stood when the bundle was made."""
        for _place, line in self._lines(layout.LIVE, {"subject": str, "state": str}):
            yield LiveRow(line["subject"], line["state"])

    def rotations(self) -> Iterator[str]:
        """Yield the statements of rotation in their order."""
        for _number, name in layout.numbered(self._manifest.parts, layout.ROTATIONS):
            yield self._text(name, MAX_NOTE_BYTES)
        self._name_changed()

    def stamps(self) -> Iterator[KeptStamp]:
        """Yield the time stamps with the checkpoints that they are of."""
        for name in sorted(self._manifest.parts):
            if name.startswith(layout.STAMPS) and name.endswith(layout.STAMP_SUFFIX):
                token = self._part(name, MAX_TOKEN_BYTES)
                note = name.removesuffix(layout.STAMP_SUFFIX) + layout.NOTE_SUFFIX
                yield KeptStamp(self._text(note, MAX_NOTE_BYTES), token)
        self._name_changed()

    def cosigned(self) -> Iterator[str]:
        """Yield checkpoints that witnesses cosigned."""
        for _number, name in layout.numbered(self._manifest.parts, layout.COSIGNED):
            yield self._text(name, MAX_NOTE_BYTES)
        self._name_changed()

    def openings(self) -> Iterator[Opening]:
        """Yield what opens commitments; none for a bundle that was made without."""
        if layout.OPENINGS not in self._manifest.parts:
            return
        for place, line in self._lines(layout.OPENINGS, _OPENING):
            try:
                salt = bytes.fromhex(line["salt"])
            except ValueError:
                salt = b""
            if len(salt) != SALT_BYTES:
                raise SourceError(f"{place} has a salt that is not {SALT_BYTES} bytes in hex.")
            yield Opening(line["subject"], line["column"], line["value"], salt)

    def open_blob(self, sha256: str) -> BinaryIO | None:
        """Return a stored file; None when the bundle was made without it."""
        return self._open_named(layout.blob_path(sha256))

    def open_content(self, sha256: str) -> BinaryIO | None:
        """Return a content in clear; None when the bundle was made without it."""
        return self._open_named(layout.content_path(sha256))

    def contents(self) -> set[str]:
        """Return the names of the files among the contents."""
        return {name for name in self._manifest.parts if name.startswith(layout.CONTENTS)}

    def texts_of_notes(self) -> Iterator[tuple[str, str, str]]:
        """Yield name, text and note of each file that repeats what a note signs, for other tools.

        Raises:
            SourceError: one cannot be read.
        """
        for name in sorted(self._manifest.parts):
            if name == layout.CHECKPOINT_TEXT:
                note = layout.CHECKPOINT
            elif name.startswith(layout.STAMPS) and name.endswith(".txt"):
                note = name.removesuffix(".txt") + layout.NOTE_SUFFIX
            else:
                continue
            yield name, self._text(name, MAX_NOTE_BYTES), self._text(note, MAX_NOTE_BYTES)

    def program(self) -> bytes | None:
        """Return the independent program that lies in the bundle; None when there is none."""
        named = layout.PROGRAM in self._manifest.parts
        return self._part(layout.PROGRAM, MAX_LINE_BYTES) if named else None

    def _open_named(self, name: str) -> BinaryIO | None:
        stream = self._files.open(name)
        if stream is None and name in self._manifest.parts:
            raise SourceError(f"{name} is absent, and the manifest names it.")
        return stream

    def _text(self, name: str, limit: int) -> str:
        try:
            return self._part(name, limit).decode()
        except UnicodeDecodeError as refusal:
            raise SourceError(f"{name} is not text.") from refusal

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

    def _lines(self, name: str, keys: dict[str, type]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield place and object of each line of a file, each with exactly these keys."""
        digest = sha256()
        with self._open(name) as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES):
                number += 1
                digest.update(line)
                place = f"{name} line {number}"
                yield place, _object(place, line, keys)
        self._compare(name, digest.hexdigest())
        self._name_changed()

    def _open(self, name: str) -> BinaryIO:
        file = self._files.open(name)
        if file is None:
            raise SourceError(f"{name} is absent.")
        return file

    def _compare(self, name: str, digest: str) -> None:
        if self._manifest.parts.get(name) != digest and name not in self._changed:
            self._changed.append(name)

    def _name_changed(self) -> None:
        changed, self._changed = self._changed, []
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            message = f"{changed[0]}{more}: not the file that the manifest names."
            raise SourceError(message, whole=True)


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
