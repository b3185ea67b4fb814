"""Writing bundles, part by part, in constant memory but for a digest for each file."""

import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.serialization import Encoding

from twofold_verify import archive, checkpoint, entry, manifest, stamps, tiles
from twofold_verify.bundle import layout
from twofold_verify.bundle.disclosed import NOTHING, Disclosed
from twofold_verify.bundle.readme import readme
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import root_of
from twofold_verify.source import Part, Source, SourceError
from twofold_verify.stamps import StampError
from twofold_verify.tiles import TILE_WIDTH


class OneRecord(Source, Protocol):
    """A source of the entries of one record, and of those that belong to it, with their proofs."""

    @property
    def subject(self) -> str:
        """The record's ledger name."""
        ...

    def proven(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield index, bytes and proof (C2SP tlog-proof) of each entry, by index."""
        ...


def write(
    source: Source, path: Path, *, at_text: str, disclosed: Disclosed = NOTHING
) -> dict[str, Any]:
    """Write a bundle of a whole ledger, and return its manifest.

    Args:
        source: parts that it does not have are left out; nothing of it is verified here.
        path: a .zip when it ends so, else a folder; its parent exists and it does not.
        at_text: when the bundle was made, as it shall stand in the manifest.
        disclosed: what the reader may see beside the log.

    Raises:
        SourceError: nothing is signed yet, entries wait for a checkpoint, or the source fails.
        CheckpointError: the checkpoint's text is malformed.
        ArchiveError: something stands at the path already.
    """
    statement, note = _statement(source)
    if next(source.pending(), None) is not None:
        raise SourceError("Entries wait for a checkpoint: sequence them before making a bundle.")
    with archive.create(path) as writer:
        export = _Export(source, writer, disclosed)
        counts = {"entries": export.entries()}
        counts["hashes"] = export.tiles() if source.has(Part.TILES) else 0
        counts |= export.beside(note)
        return export.finish(manifest.FORMAT, statement, counts, at_text)


def write_record(
    source: OneRecord, path: Path, *, at_text: str, disclosed: Disclosed = NOTHING
) -> dict[str, Any]:
    """Write a bundle of one record, and return its manifest; see `write`.

    Raises:
        SourceError: nothing is signed yet, the record has no entry, or the source fails.
        CheckpointError: the checkpoint's text is malformed.
        ArchiveError: something stands at the path already.
    """
    statement, note = _statement(source)
    with archive.create(path) as writer:
        export = _Export(source, writer, disclosed)
        counts = {"entries": export.proven(source.proven()), "hashes": 0}
        if not counts["entries"]:
            raise SourceError(f"The log has no entry of {source.subject}.")
        counts |= export.beside(note)
        return export.finish(
            manifest.RECORD_FORMAT, statement, counts, at_text, subject=source.subject
        )


def _statement(source: Source) -> tuple[Checkpoint, str]:
    note = source.checkpoint()
    if note is None:
        raise SourceError("The log has no checkpoint to make a bundle of.")
    return checkpoint.parse(layout.signed_text(note)), note


class _Export:
    """Writes the parts of a source and counts them."""

    def __init__(self, source: Source, writer: archive.Writer, disclosed: Disclosed) -> None:
        self._source = source
        self._writer = writer
        self._disclosed = disclosed
        self._blobs: set[str] = set()
        self._stamps: list[str] = []
        self._opened: tuple[str, str, str] | None = None

    def entries(self) -> int:
        count = 0
        for index, batch in enumerate(layout.batches(self._source.entries())):
            name = tiles.entries_path(index, len(batch))
            self._writer.write(name, [tiles.join_entries(batch)])
            count += len(batch)
            for data in batch:
                self._note_blobs(data)
        return count

    def proven(self, entries: Iterable[tuple[int, bytes, str]]) -> int:
        count = 0
        for index, data, proof in entries:
            self._writer.write(layout.entry_path(index), [data])
            self._writer.write(layout.proof_path(index), [proof.encode()])
            self._note_blobs(data)
            count += 1
        return count

    def tiles(self) -> int:
        """Write the tiles of all levels; return the number of leaf hashes."""
        hashes: Iterable[bytes] = self._source.leaf_hashes()
        level = count = 0
        while True:
            above = []
            for index, batch in enumerate(layout.batches(hashes)):
                self._writer.write(tiles.tile_path(level, index, len(batch)), batch)
                count += len(batch) if level == 0 else 0
                if len(batch) == TILE_WIDTH:
                    above.append(root_of(batch))
            if not above:
                return count
            hashes, level = above, level + 1

    def beside(self, note: str) -> dict[str, int]:
        """Write what stands beside entries and tiles; return how many of each there are."""
        has = self._source.has
        self._text(layout.CHECKPOINT, note)
        self._text(layout.CHECKPOINT_TEXT, layout.signed_text(note))
        if self._disclosed.policy:
            self._text(layout.POLICY, self._disclosed.policy)
        return {
            "rotations": self._rotations(),
            "stamps": self._time_stamps(),
            "cosigned": self._cosigned(),
            "revisions": self._revisions() if has(Part.REVISIONS) else 0,
            "live": self._live() if has(Part.LIVE) else 0,
            "blobs": self._stored_files() if has(Part.BLOBS) else 0,
            "openings": self._openings(),
            "contents": self._contents(),
        }

    def finish(
        self,
        form: str,
        statement: Checkpoint,
        counts: dict[str, int],
        at_text: str,
        *,
        subject: str = "",
    ) -> dict[str, Any]:
        """Write the read-me, the independent program and the manifest; return the manifest."""
        program = files("twofold_verify").joinpath(layout.PROGRAM).read_bytes()
        self._writer.write(layout.PROGRAM, [program])
        text = readme(
            statement,
            at_text=at_text,
            subject=subject,
            stamps=self._stamps,
            policy=bool(self._disclosed.policy),
            opened=self._opened,
        )
        self._text(layout.README, text)
        stated = {
            "format": form,
            "origin": statement.origin,
            "size": statement.size,
            **({"subject": subject} if subject else {}),
            "written_at": at_text,
            "includes": [part.value for part in Part if self._source.has(part)],
            "counts": counts,
            "parts": dict(sorted(self._writer.digests.items())),
        }
        self._writer.write(manifest.NAME, [json.dumps(stated, indent=1).encode()])
        return stated

    def _note_blobs(self, data: bytes) -> None:
        try:
            self._blobs.update(blob.sha256 for blob in entry.decode(data).blobs)
        except entry.EntryError:
            # It is taken along as it is: judging it is the verifier's affair.
            return

    def _rotations(self) -> int:
        # Numbered: what a statement says is the verifier's affair.
        return self._texts(layout.ROTATIONS, self._source.rotations())

    def _time_stamps(self) -> int:
        """Write each time stamp with its checkpoint, and the certificates that they carry."""
        certificates: set[bytes] = set()
        for kept in self._source.stamps():
            name = self._free_stamp_name(kept.note)
            self._text(f"{name}{layout.NOTE_SUFFIX}", kept.note)
            self._text(f"{name}.txt", layout.signed_text(kept.note))
            self._writer.write(f"{name}{layout.STAMP_SUFFIX}", [kept.token])
            self._stamps.append(name)
            certificates |= _certificates(kept.token)
        if certificates:
            self._writer.write(layout.CHAIN, sorted(certificates))
        return len(self._stamps)

    def _free_stamp_name(self, note: str) -> str:
        size = note.split("\n", 2)[1]
        name = f"{layout.STAMPS}{int(size) if size.isascii() and size.isdigit() else 0}"
        # Two authorities may have stamped the same checkpoint.
        again = sum(given == name or given.startswith(f"{name}-") for given in self._stamps)
        return f"{name}-{again + 1}" if again else name

    def _cosigned(self) -> int:
        return self._texts(layout.COSIGNED, self._source.cosigned())

    def _texts(self, folder: str, texts: Iterable[str]) -> int:
        count = 0
        for text in texts:
            count += 1
            self._text(f"{folder}{count}", text)
        return count

    def _revisions(self) -> int:
        return self._lines(
            layout.REVISIONS,
            (
                {"subject": item.subject, "number": item.number, "state": item.state_text}
                for item in self._source.revisions()
            ),
        )

    def _live(self) -> int:
        return self._lines(
            layout.LIVE,
            ({"subject": row.subject, "state": row.state_text} for row in self._source.live()),
        )

    def _openings(self) -> int:
        def objects() -> Iterator[dict[str, Any]]:
            for it in self._disclosed.openings():
                if it.content and self._opened is None:
                    self._opened = (it.subject, it.content, it.salt.hex())
                yield {
                    "subject": it.subject,
                    "column": it.column,
                    "value": it.value,
                    "salt": it.salt.hex(),
                }

        return self._lines(layout.OPENINGS, objects())

    def _contents(self) -> int:
        count = 0
        for sha256, pieces in self._disclosed.contents():
            name = layout.content_path(sha256)
            if name not in self._writer.digests:
                self._writer.write(name, pieces)
                count += 1
        return count

    def _lines(self, name: str, objects: Iterable[dict[str, Any]]) -> int:
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
                    self._writer.write(layout.blob_path(name), layout.chunks(stream))
                count += 1
        return count

    def _text(self, name: str, text: str) -> None:
        self._writer.write(name, [text.encode()])


def _certificates(token: bytes) -> set[bytes]:
    """Return the certificates that a time stamp carries, in PEM; none of one that is malformed."""
    try:
        return {it.public_bytes(Encoding.PEM) for it in stamps.chain_of(token)}
    except StampError:
        # It is taken along as it is: judging it is the verifier's affair.
        return set()
