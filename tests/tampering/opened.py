"""A copy of a bundle whose files can be taken apart and put together again."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from tampering.logbook import Line
from tampering.record import Record
from twofold_verify.bundle.layout import signed_text
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import root_of
from twofold_verify.note import Signer, sign
from twofold_verify.tiles import (
    TILE_WIDTH,
    entries_path,
    join_entries,
    new_tiles,
    split_entries,
)


class Bundle:
    """A copy of the record's bundle, as a folder."""

    def __init__(self, record: Record, folder: Path) -> None:
        self.record = record
        self.folder = folder
        shutil.copytree(record.bundle, folder)
        self.manifest = json.loads(self.read("manifest.json"))
        self.size = self.manifest["size"]
        names = [entries_path(place, width) for place, width in _widths(self.size)]
        self.lines = [data for name in names for data in split_entries(self.read(name))]
        self.honest = False

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(data)

    def alter(self, name: str, change: Callable[[bytes], bytes]) -> None:
        data = self.read(name)
        changed = change(data)
        assert changed != data, name
        self.write(name, changed)

    def names(self, pattern: str) -> list[str]:
        found = (it for it in self.folder.glob(pattern) if it.is_file())
        return sorted(it.relative_to(self.folder).as_posix() for it in found)

    def put_entries(self) -> None:
        """Write the entries into the files that the checkpoint's size asks for."""
        shutil.rmtree(self.folder / "tile" / "entries")
        widths = list(_widths(self.size))
        for place, width in widths:
            end = None if place == len(widths) - 1 else (place + 1) * TILE_WIDTH
            batch = self.lines[place * TILE_WIDTH : end]
            self.write(entries_path(place, width), join_entries(batch))

    def put_tiles(self) -> None:
        """Write the tiles over as many of the entries as the checkpoint covers."""
        for folder in (self.folder / "tile").glob("[0-9]"):
            shutil.rmtree(folder)
        hashes = [Line(None, data).leaf for data in self.lines[: self.size]]
        made = new_tiles(0, len(hashes), leaf_hashes=hashes, fetch=lambda _tile: b"")
        for tile, data in made:
            self.write(tile.path, data)

    def put_log(self, signer: Signer, *, fits: int) -> None:
        """Write entries, tiles and a checkpoint over them.

        What outsiders said of more than `fits` entries is taken away, as it would tell.
        """
        self.size = self.manifest["size"] = len(self.lines)
        self.manifest["counts"] |= {"entries": self.size, "hashes": self.size}
        self.put_entries()
        self.put_tiles()
        root = root_of([Line(None, data).leaf for data in self.lines])
        self.put_checkpoint(sign(Checkpoint(signer.name, self.size, root).text(), signer))
        for name in self.names("cosigned/*") + self.names("stamps/*.checkpoint"):
            if int(self.read(name).split(b"\n")[1]) > fits:
                for file in [name, *self.names(name.replace(".checkpoint", ".t*"))]:
                    (self.folder / file).unlink(missing_ok=True)

    def put_checkpoint(self, note: str) -> None:
        self.write("checkpoint", note.encode())
        self.write("checkpoint.txt", signed_text(note).encode())

    def finish(self) -> None:
        """Put the manifest right, as whoever alters a file does."""
        if not self.honest:
            names = [name for name in self.names("**/*") if name != "manifest.json"]
            self.manifest["parts"] = {it: sha256(self.read(it)).hexdigest() for it in names}
        self.write("manifest.json", json.dumps(self.manifest).encode())

    def chain(self) -> None:
        """Let each entry name the previous one of its record as it is now."""
        last: dict[str, str] = {}
        for place, data in enumerate(self.lines):
            entry = Line(None, data).entry
            if entry.previous is not None:
                self.lines[place] = changed_entry(data, previous=last[entry.subject])
            last[entry.subject] = Line(None, self.lines[place]).leaf.hex()


def changed_entry(data: bytes, **changed):
    return replace(Line(None, data).entry, **changed).encode()


def _widths(size: int) -> list[tuple[int, int]]:
    places = range(-(-size // TILE_WIDTH))
    return [(place, min(TILE_WIDTH, size - place * TILE_WIDTH)) for place in places]
