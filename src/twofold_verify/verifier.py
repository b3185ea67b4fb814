"""The verification of a whole ledger against a public key that came from somewhere else.

`verify` reads a source once and reports what does not hold. The verdict `sound` rests on the root
over the entries as they were read; the rest holds the records against those entries, and names what
an alteration touched.
"""

from dataclasses import replace
from itertools import islice

from twofold_verify import entry as entries
from twofold_verify import rotation
from twofold_verify.alignment import Alignment, Place
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.errors import VerificationError
from twofold_verify.files import ERASED, Files
from twofold_verify.merkle import RootsAt, leaf_hash
from twofold_verify.note import Verifier
from twofold_verify.parts import Parts
from twofold_verify.report import Figures, Findings, Report
from twofold_verify.source import Part, Source
from twofold_verify.states import Chain, KeptStates, name_of
from twofold_verify.tiles import TILE_WIDTH
from twofold_verify.vouching import Outside, Vouching, open_checkpoint

#: A place behind every entry that has one.
_WAITING = 1 << 62
#: Names of the parts that make up all entries there are.
_ENTRIES = {"entries", "pending entries"}
_LEFT_OUT = {
    Part.TILES: "The tiles were left out: a missing entry cannot be told from an altered one.",
    Part.REVISIONS: "The kept states were left out and not checked.",
    Part.LIVE: "The live rows were left out and not compared.",
}
#: Nothing was given by others than the log.
_NOTHING = Outside()


def verify(source: Source, trust: Verifier | None, outside: Outside = _NOTHING) -> Report:
    """Verify a ledger and return what was found; never raises for anything that the source holds.

    Args:
        source: read once; its parts come from one snapshot.
        trust: the log's public key, under its origin, given out of band; without it the result
            cannot be better than incomplete. After rotations any key of the log will do.
        outside: what else was given out of band: roots of time stamps, witnesses, kept checkpoints.
    """
    return _Verification(source, trust, outside).run()


class _Verification:
    """State of one verification while it reads."""

    def __init__(self, source: Source, trust: Verifier | None, outside: Outside) -> None:
        self._source = source
        self._findings = Findings()
        self._parts = Parts(self._findings)
        self._vouching = Vouching(source, self._findings, trust, outside)
        self._dated = bool(self._vouching.brackets)
        self._chain = Chain(self._findings)
        self._files = Files(source, self._findings)
        self._with_tiles = source.has(Part.TILES)
        self._with_states = source.has(Part.REVISIONS)
        revisions = (
            self._parts.read("revisions", source.revisions) if self._with_states else iter(())
        )
        self._states = KeptStates(revisions, self._findings)

    def run(self) -> Report:
        statement = self._checkpoint()
        for part, message in _LEFT_OUT.items():
            if not self._source.has(part):
                self._findings.incomplete(part.value, message)
        figures = _figures_of(statement)
        figures = replace(figures, entries=self._entries(statement))
        figures = self._pending(figures)
        self._finish_vouching(statement, figures.entries)
        self._finish_states()
        figures = replace(figures, subjects=len(self._chain.last), revisions=self._states.count)
        figures = replace(figures, live=self._live())
        self._files.finish()
        return self._findings.report(self._count(figures))

    def _checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint when the key that signs at its size vouches for it."""
        note = next(self._parts.read("checkpoint", lambda: iter([self._source.checkpoint()])), None)
        if "checkpoint" in self._parts.unread:
            return None
        keys = self._vouching.keys
        if note is None or keys is None:
            message = (
                "The log has no checkpoint: nothing vouches for it."
                if note is None
                else "No public key was given to check the checkpoint with."
            )
            self._findings.incomplete("checkpoint", message)
            return None
        try:
            return open_checkpoint(note, keys)
        except VerificationError as refusal:
            self._findings.tampered("checkpoint", None, str(refusal))
            return None

    def _entries(self, statement: Checkpoint | None) -> int:
        """Check every sequenced entry and the tree over them; return their number."""
        hashes = (
            self._parts.read("tiles", self._source.leaf_hashes) if self._with_tiles else iter(())
        )
        alignment, vouched = Alignment(hashes), self._vouching.sizes()
        roots = RootsAt([*vouched, statement.size] if statement else vouched)
        without_hash = 0
        rest = self._parts.read("entries", self._source.entries)
        while batch := list(islice(rest, TILE_WIDTH)):
            leaves = [leaf_hash(data) for data in batch]
            roots.extend(leaves)
            if alignment.fits(leaves):
                self._fitting(batch, leaves, alignment.index - len(leaves))
                continue
            for data, leaf in zip(batch, leaves, strict=True):
                place = alignment.place(leaf)
                without_hash += place.hash is None
                self._entry(data, leaf, place)
        if "entries" not in self._parts.unread:
            self._ends(alignment, statement.size if statement else None, without_hash)
        if statement and roots.get(statement.size) not in {None, statement.root}:
            message = "The entries do not lead to the root that the checkpoint signs."
            self._findings.tampered("checkpoint", None, message)
        for size, root in roots.reached(vouched):
            self._vouching.meet(size, root)
        return roots.size

    def _finish_vouching(self, statement: Checkpoint | None, size: int) -> None:
        """Name what outsiders vouch for and the log does not hold, and what they do not cover."""
        self._vouching.finish(size, whole=not self._parts.unread & _ENTRIES)
        if statement:
            self._vouching.require_quorum(statement.size)

    def _fitting(self, batch: list[bytes], leaves: list[bytes], first: int) -> None:
        """Check sequenced entries that have their hashes in the tiles, from an index on."""
        for index, (data, leaf) in enumerate(zip(batch, leaves, strict=True), first):
            try:
                entry = entries.decode(data)
            except entries.EntryError as refusal:
                self._name_unreadable(index, refusal)
            else:
                self._record(entry, leaf, index)

    def _name_unreadable(self, index: int, refusal: entries.EntryError) -> None:
        message = f"Entry {index} is not readable: {refusal}."
        self._findings.tampered(f"entry {index}", index, message)

    def _entry(self, data: bytes, leaf: bytes, place: Place) -> None:
        """Check one sequenced entry at its place."""
        if place.missing:
            first = place.index - place.missing
            message = f"{_numbered(first, place.index)} missing."
            self._findings.tampered(f"entry {first}", first, message)
        try:
            entry = entries.decode(data)
        except entries.EntryError as refusal:
            self._name_unreadable(place.index, refusal)
            return
        if place.out_of_place or place.hash not in {None, leaf}:
            message = (
                f"Entry {place.index} is out of place: entries were moved or put between others."
                if place.out_of_place
                else f"Entry {place.index} was altered, or its hash in the tiles: they do not fit."
            )
            record = name_of(entry.subject, entry.revision)
            self._findings.tampered(record, place.index, message)
        # The next revision names the hash that the entry had, so an altered one is named only once.
        self._record(entry, place.hash or leaf, place.index)

    def _record(self, entry: entries.Entry, leaf: bytes, index: int | None) -> None:
        """Check what an entry says of its record."""
        self._chain.follow(entry, leaf, index)
        if self._dated:
            self._date(entry, index)
        if self._with_states:
            self._states.meet(entry, index)
        if entry.kind == rotation.KIND:
            self._vouching.follow(entry)
        if entry.blobs or entry.kind.endswith(ERASED):
            self._files.meet(entry, name_of(entry.subject, entry.revision), index)

    def _date(self, entry: entries.Entry, index: int | None) -> None:
        """Hold an entry's time against the time stamps around it."""
        place = _WAITING if index is None else index
        fault = self._vouching.brackets.fault(place, entry.recorded_at)
        if fault:
            self._findings.tampered(name_of(entry.subject, entry.revision), index, fault)

    def _ends(self, alignment: Alignment, signed_size: int | None, without_hash: int) -> None:
        """Compare where the entries, the tiles and the checkpoint end."""
        end, rest = alignment.index, alignment.rest()
        size = end + rest if signed_size is None else signed_size
        if end < size:
            self._findings.tampered(f"entry {end}", end, f"{_numbered(end, size)} missing.")
        if end > size:
            message = f"{_numbered(size, end)} beyond what the checkpoint covers."
            self._findings.tampered(f"entry {size}", size, message)
        if end + rest > max(end, size):
            message = "The tiles hold more hashes than the checkpoint covers."
            self._findings.tampered("tiles", None, message)
        if without_hash and self._with_tiles and "tiles" not in self._parts.unread:
            message = f"The tiles lack the hashes of the last {without_hash} entries."
            self._findings.tampered("tiles", None, message)

    def _pending(self, figures: Figures) -> Figures:
        """Check the entries that wait for a checkpoint; nothing vouches for them yet."""
        count, since = 0, None
        for data in self._parts.read("pending entries", self._source.pending):
            count += 1
            try:
                entry = entries.decode(data)
            except entries.EntryError as refusal:
                message = f"A waiting entry is not readable: {refusal}."
                self._findings.tampered("pending entries", None, message)
                continue
            since = min(since or entry.recorded_at, entry.recorded_at)
            self._record(entry, leaf_hash(data), None)
        return replace(figures, pending=count, pending_since=since)

    def _finish_states(self) -> None:
        """Name kept states without entry and the other way round, where both were read whole."""
        if self._with_states:
            self._states.finish()
            if not self._parts.unread & _ENTRIES:
                self._states.name_unrecorded()
            if "revisions" not in self._parts.unread:
                self._states.name_lost()

    def _live(self) -> int:
        """Compare the live rows, unless entries are lacking that would explain them."""
        if not self._source.has(Part.LIVE):
            return 0
        return self._parts.compare_live(self._source.live, self._chain.last, _ENTRIES)

    def _count(self, figures: Figures) -> Figures:
        """Return the figures with the number of stored files and of outsiders' words."""
        vouching = self._vouching
        return replace(
            figures,
            blobs=self._files.count,
            blob_bytes=self._files.bytes_read,
            stamps=vouching.stamps,
            stamped=vouching.stamped,
            cosigned=vouching.cosigned,
        )


def _figures_of(statement: Checkpoint | None) -> Figures:
    if statement is None:
        return Figures()
    return Figures(origin=statement.origin, size=statement.size, root=statement.root.hex())


def _numbered(first: int, end: int) -> str:
    """Return the subject of a sentence about one or more entries, with its verb."""
    return f"Entry {first} is" if end - first == 1 else f"Entries {first} to {end - 1} are"
