"""What somebody without a key does to entries, tiles and checkpoints in the database."""

from datetime import timedelta
from random import Random

from django.db.models import F

from tampering.corpus import found_by
from tampering.logbook import Line, Log, drop_words, flipped
from tampering.record import Evidence, Record
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerRevision,
    LedgerRotation,
    LedgerTile,
)


@found_by(Evidence.KEY)
def entry_bit_flipped(record: Record, chance: Random) -> None:
    """Somebody with the database, or the disk itself, turns one bit of an entry over."""
    row = _any_sequenced(chance)
    LedgerEntry.objects.filter(pk=row.pk).update(data=flipped(bytes(row.data), chance))


@found_by(Evidence.KEY)
def entry_edited(record: Record, chance: Random) -> None:
    """Somebody with the database lets an entry name another actor."""
    log, place = _log_and_place(chance)
    log.change(place, actor="system:nobody")
    LedgerEntry.objects.filter(pk=log.lines[place].pk).update(data=log.lines[place].data)


@found_by(Evidence.KEY)
def entry_edited_with_hash_and_tiles(record: Record, chance: Random) -> None:
    """Somebody with the database edits an entry and puts its hash and all tiles right."""
    log, place = _log_and_place(chance)
    log.change(place, actor="system:nobody")
    if chance.random() < 0.5:
        log.chain()
    log.put_entries()
    log.put_tiles()


@found_by(Evidence.KEY)
def entry_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes an entry that has its place, and leaves a gap."""
    row = _any_sequenced(chance)
    LedgerRevision.objects.filter(pk=row.pk).delete()
    LedgerEntry.objects.filter(pk=row.pk).delete()


@found_by(Evidence.KEY)
def entry_removed_and_gap_closed(record: Record, chance: Random) -> None:
    """Somebody with the database removes an entry, moves the rest up and lays the tiles anew."""
    log, place = _log_and_place(chance)
    del log.lines[place]
    log.put_entries()
    if chance.random() < 0.5:
        log.put_tiles()


@found_by(Evidence.KEY)
def entry_inserted(record: Record, chance: Random) -> None:
    """Somebody with the database puts an entry between others and lays the tiles anew."""
    log, place = _log_and_place(chance)
    log.lines.insert(place, _made_up(log, place))
    log.put_entries()
    if chance.random() < 0.5:
        log.put_tiles()


@found_by(Evidence.KEY)
def entry_appended(record: Record, chance: Random) -> None:
    """Somebody with the database puts an entry behind the last one, with its index."""
    log = Log()
    log.lines.append(_made_up(log, len(log.lines) - 1))
    log.put_entries()
    if chance.random() < 0.5:
        log.put_tiles()


@found_by(Evidence.KEY)
def entries_reordered(record: Record, chance: Random) -> None:
    """Somebody with the database exchanges two entries and lays the tiles anew."""
    log, one, other = _two(chance)
    log.lines[one], log.lines[other] = log.lines[other], log.lines[one]
    log.put_entries()
    log.put_tiles()


@found_by(Evidence.KEY)
def indexes_swapped(record: Record, chance: Random) -> None:
    """Somebody with the database exchanges the places of two entries and leaves the tiles."""
    log, one, other = _two(chance)
    log.lines[one], log.lines[other] = log.lines[other], log.lines[one]
    log.put_entries()


@found_by(Evidence.KEY)
def entry_duplicated(record: Record, chance: Random) -> None:
    """Somebody with the database repeats an entry at the end, under columns that are free."""
    log, place = _log_and_place(chance)
    twin = LedgerEntry.objects.get(pk=log.lines[place].pk)
    twin.pk, twin.index, twin.revision = None, len(log.lines), twin.revision + 1000
    twin.save(force_insert=True)


@found_by(Evidence.KEY)
def log_truncated(record: Record, chance: Random) -> None:
    """Somebody with the database takes the newest entries away, and perhaps their tiles."""
    log = Log()
    del log.lines[-chance.randint(1, 12) :]
    log.put_entries()
    if chance.random() < 0.5:
        log.put_tiles()


@found_by(Evidence.KEY)
def leaf_hash_column_edited(record: Record, chance: Random) -> None:
    """Somebody with the database edits the hash that is kept beside an entry."""
    row = _any_entry(chance)
    LedgerEntry.objects.filter(pk=row.pk).update(leaf_hash=flipped(bytes(row.leaf_hash), chance))


@found_by(Evidence.KEY)
def subject_column_edited(record: Record, chance: Random) -> None:
    """Somebody with the database files an entry under another record."""
    LedgerEntry.objects.filter(pk=_any_entry(chance).pk).update(subject="people.person:nobody")


@found_by(Evidence.KEY)
def revision_column_edited(record: Record, chance: Random) -> None:
    """Somebody with the database files an entry under another number."""
    row = _any_entry(chance)
    more = chance.randint(50, 5000)
    LedgerEntry.objects.filter(pk=row.pk).update(revision=F("revision") + more)


@found_by(Evidence.KEY)
def recorded_at_column_edited(record: Record, chance: Random) -> None:
    """Somebody with the database files an entry under another time: past days would change."""
    row = _any_entry(chance)
    apart = timedelta(microseconds=chance.choice([-1, 1]) * chance.randint(1, 10**12))
    LedgerEntry.objects.filter(pk=row.pk).update(recorded_at=row.recorded_at + apart)


@found_by(Evidence.KEY)
def outbox_row_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes the entry of a change before it is under a checkpoint."""
    row = chance.choice(list(LedgerEntry.objects.filter(index=None).exclude(kept_revision=None)))
    LedgerRevision.objects.filter(pk=row.pk).delete()
    LedgerEntry.objects.filter(pk=row.pk).delete()


@found_by(Evidence.KEY)
def outbox_row_edited(record: Record, chance: Random) -> None:
    """Somebody with the database edits an entry before it is under a checkpoint."""
    row = chance.choice(list(LedgerEntry.objects.filter(index=None).order_by("id")))
    LedgerEntry.objects.filter(pk=row.pk).update(data=flipped(bytes(row.data), chance))


@found_by(Evidence.KEY)
def level_0_tile_flipped(record: Record, chance: Random) -> None:
    """Somebody with the database turns one bit of the lowest tiles over."""
    _flip_tile(chance, LedgerTile.objects.filter(level=0))


@found_by(Evidence.KEY)
def upper_tile_flipped(record: Record, chance: Random) -> None:
    """Somebody with the database turns one bit of a tile over that stands above others."""
    _flip_tile(chance, LedgerTile.objects.exclude(level=0))


@found_by(Evidence.KEY)
def tile_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes a tile."""
    rows = list(LedgerTile.objects.order_by("level", "index"))
    LedgerTile.objects.filter(pk=chance.choice(rows).pk).delete()


@found_by(Evidence.KEY)
def checkpoint_root_edited(record: Record, chance: Random) -> None:
    """Somebody with the database edits the root of a checkpoint, in its column or its text."""
    row = _any_checkpoint(chance)
    if chance.random() < 0.5:
        LedgerCheckpoint.objects.filter(pk=row.pk).update(root=flipped(bytes(row.root), chance))
    else:
        lines = row.note.split("\n")
        lines[2] = _other_letter(lines[2], chance)
        LedgerCheckpoint.objects.filter(pk=row.pk).update(note="\n".join(lines))


@found_by(Evidence.KEY)
def checkpoint_size_edited(record: Record, chance: Random) -> None:
    """Somebody with the database lets a checkpoint cover more or fewer entries."""
    row = _any_checkpoint(chance)
    lines = row.note.split("\n")
    size = row.size + chance.choice([-1, 1]) * chance.randint(1, 9)
    note = "\n".join([lines[0], str(size), *lines[2:]])
    LedgerCheckpoint.objects.filter(pk=row.pk).update(note=note)


@found_by(Evidence.KEY)
def checkpoint_signature_flipped(record: Record, chance: Random) -> None:
    """Somebody with the database alters the signature of a checkpoint."""
    row = _any_checkpoint(chance)
    head, _blank, last = row.note[:-1].rpartition(" ")
    note = f"{head} {_other_letter(last, chance)}\n"
    LedgerCheckpoint.objects.filter(pk=row.pk).update(note=note)


@found_by(Evidence.KEY)
def newest_checkpoints_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes the newest checkpoints and leaves the entries."""
    rows = list(LedgerCheckpoint.objects.order_by("-size")[: chance.randint(1, 4)])
    drop_words([row.pk for row in rows])
    LedgerCheckpoint.objects.filter(pk__in=[row.pk for row in rows]).delete()


@found_by(Evidence.KEY)
def rotation_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes the statement that the key was rotated."""
    LedgerRotation.objects.all().delete()


def _any_entry(chance: Random) -> LedgerEntry:
    return chance.choice(list(LedgerEntry.objects.order_by("id")))


def _any_sequenced(chance: Random) -> LedgerEntry:
    return chance.choice(list(LedgerEntry.objects.exclude(index=None).order_by("index")))


def _log_and_place(chance: Random) -> tuple[Log, int]:
    log = Log()
    return log, chance.randrange(len(log.lines))


def _two(chance: Random) -> tuple[Log, int, int]:
    log = Log()
    one, other = chance.sample(range(len(log.lines)), 2)
    return log, one, other


def _made_up(log: Log, place: int) -> Line:
    """Return an entry of a new subject that is dated as its neighbour."""
    grown = log.lines[log.place_of(lambda entry: entry.kind == "ledger.test.grown")]
    line = Line(None, grown.data)
    beside = log.lines[place].entry.recorded_at
    log.lines.append(line)
    log.change(-1, subject="ledger.test:made-up", revision=1, previous=None, recorded_at=beside)
    return log.lines.pop()


def _flip_tile(chance, tiles):
    row = chance.choice(list(tiles.order_by("level", "index")))
    tiles.filter(pk=row.pk).update(hashes=flipped(bytes(row.hashes), chance))


def _any_checkpoint(chance: Random) -> LedgerCheckpoint:
    return chance.choice(list(LedgerCheckpoint.objects.order_by("size")))


def _other_letter(text: str, chance: Random) -> str:
    """Return base64 with another letter somewhere before its padding."""
    place = chance.randrange(len(text) - 4)
    return text[:place] + ("B" if text[place] == "A" else "A") + text[place + 1 :]
