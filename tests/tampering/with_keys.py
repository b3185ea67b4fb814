"""What the owner of the machine does, who holds the keys of the log: only outsiders can tell.

Each takes away what outsiders said of the checkpoints that it signs anew, unless it says otherwise.
"""

from datetime import timedelta
from random import Random

import factories
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tampering.corpus import found_by
from tampering.logbook import Log, drop_words, signed
from tampering.record import Evidence, Record, sequence, wait
from twofold.ledger.anchors import signed_text
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerCosignature,
    LedgerEntry,
    LedgerRotation,
    LedgerStamp,
)
from twofold_verify import rotation
from twofold_verify.note import Signer
from twofold_verify.stamps import said_by
from twofold_verify.witness.state import State


@found_by(Evidence.KEPT)
def rolled_back(record: Record, chance: Random) -> None:
    """Somebody with the disk brings an older copy back, in which all was in order."""
    log = Log()
    size = record.before_notes
    del log.lines[size:]
    log.put_entries()
    log.put_tiles()
    beyond = LedgerCheckpoint.objects.filter(size__gt=size)
    drop_words(beyond.values_list("pk", flat=True))
    beyond.delete()
    LedgerEntry.objects.filter(index=None, kept_revision=None).delete()
    if chance.random() < 0.5:
        # And goes on from there, with entries that are not those that were.
        wait(chance.randint(1, 3), "instead")


@found_by(Evidence.KEPT, doubted=(Evidence.WITNESS,))
def forked(record: Record, chance: Random) -> None:
    """The owner alters notes that an auditor saw, and signs all checkpoints since then again."""
    _alter_notes(record.before_notes, record.kept_size, record, chance)


@found_by(Evidence.KEPT, Evidence.WITNESS, Evidence.ANCHOR)
def forked_beneath_the_words_of_others(record: Record, chance: Random) -> None:
    """The owner forks the log and leaves the cosignatures and time stamps where they were."""
    _alter_notes(record.before_notes, record.kept_size, record, chance, strip=False)


@found_by(doubted=(Evidence.WITNESS,))
def forked_since_the_kept_checkpoint(record: Record, chance: Random) -> None:
    """The owner alters what came after the auditor was there: the witness has seen it since."""
    _alter_notes(record.kept_size, len(Log().lines), record, chance)


@found_by(Evidence.KEPT, doubted=(Evidence.WITNESS,))
def cut_and_continued(record: Record, chance: Random) -> None:
    """The owner takes notes out of the middle and lets the log grow as long as it was."""
    log = Log()
    place = chance.randrange(record.before_notes, record.kept_size)
    subject = log.lines[place].entry.subject
    log.lines = [line for line in log.lines if line.entry.subject != subject]
    log.put_all(record.signers)
    wait(len(Log().lines) - len(log.lines) + 5, "instead")
    sequence()


@found_by(Evidence.KEPT, doubted=(Evidence.WITNESS, Evidence.ANCHOR))
def history_rewritten(record: Record, chance: Random) -> None:
    """The owner writes the whole history anew with another actor, and signs every checkpoint."""
    _rewrite(record, chance, strip=True)


@found_by(Evidence.KEPT, Evidence.WITNESS, Evidence.ANCHOR)
def history_rewritten_beneath_the_words_of_others(record: Record, chance: Random) -> None:
    """The owner writes the whole history anew and leaves what outsiders said of the old one."""
    _rewrite(record, chance, strip=False)


@found_by(Evidence.KEY)
def key_swapped(record: Record, chance: Random) -> None:
    """Somebody with the machine signs every checkpoint with a key that was never given out."""
    own = Signer(record.pinned.name, Ed25519PrivateKey.generate())
    for row in LedgerCheckpoint.objects.all():
        row.note = signed(row.size, bytes(row.root), [own, own])
        row.save()
    if chance.random() < 0.5:
        LedgerRotation.objects.all().delete()
        drop_words(LedgerCheckpoint.objects.values_list("pk", flat=True))


@found_by(Evidence.KEY)
def rotation_forged(record: Record, chance: Random) -> None:
    """Somebody with the key that was given up states another successor, and signs as that one."""
    first, own = record.signers[0], Signer(record.pinned.name, Ed25519PrivateKey.generate())
    if chance.random() < 0.3:
        # Without the old key: nobody believes the statement.
        first = Signer(record.pinned.name, Ed25519PrivateKey.generate())
    row = LedgerRotation.objects.get()
    LedgerRotation.objects.update(statement=rotation.state(first, own, size=row.size))
    for checkpoint in LedgerCheckpoint.objects.filter(size__gte=row.size):
        drop_words([checkpoint.pk])
        checkpoint.note = signed(checkpoint.size, bytes(checkpoint.root), [first, own])
        checkpoint.save()


@found_by(Evidence.KEY)
def rotation_added(record: Record, chance: Random) -> None:
    """Somebody with the key lets one of his own follow it, and no entry tells."""
    newest, own = record.signers[-1], Signer(record.pinned.name, Ed25519PrivateKey.generate())
    size = len(Log().lines) + chance.randint(1, 9)
    LedgerRotation.objects.create(
        size=size, statement=rotation.state(newest, own, size=size), rotated_at=factories.now()
    )


@found_by(Evidence.ANCHOR)
def entry_back_dated(record: Record, chance: Random) -> None:
    """The owner records something as of an earlier time; the log only grows, the witness agrees."""
    _append_dated(record, -timedelta(minutes=chance.randint(30, 60 * 24 * 300)))


@found_by(Evidence.ANCHOR)
def entry_future_dated(record: Record, chance: Random) -> None:
    """The owner records something as of a time to come; later it is stamped."""
    _append_dated(record, timedelta(minutes=chance.randint(30, 60 * 24 * 300)))
    newest = LedgerCheckpoint.objects.order_by("-size")[0]
    _stamp(newest, record.authority)


@found_by(doubted=(Evidence.WITNESS,))
def cosignatures_removed(record: Record, chance: Random) -> None:
    """Somebody with the database takes away what the witness said of the newest checkpoints."""
    rows = LedgerCosignature.objects.order_by("-checkpoint__size")[: chance.randint(1, 3)]
    LedgerCosignature.objects.filter(pk__in=[row.pk for row in rows]).delete()


@found_by(Evidence.WITNESS)
def cosignature_forged(record: Record, chance: Random) -> None:
    """The owner signs as the witness, under the witness's name and key id, with another key."""
    row = chance.choice(list(LedgerCosignature.objects.order_by("pk")))
    head, _space, encoded = row.line[:-1].rpartition(" ")
    place = chance.randrange(20, len(encoded) - 4)
    letter = "B" if encoded[place] == "A" else "A"
    line = f"{head} {encoded[:place]}{letter}{encoded[place + 1 :]}\n"
    LedgerCosignature.objects.filter(pk=row.pk).update(line=line)


@found_by(Evidence.WITNESS)
def cosignature_moved(record: Record, chance: Random) -> None:
    """Somebody with the database lets the witness's word for one checkpoint stand for another."""
    one, other = chance.sample(list(LedgerCosignature.objects.order_by("pk")), 2)
    LedgerCosignature.objects.filter(pk=one.pk).update(line=other.line)


@found_by(Evidence.WITNESS)
def cosignature_of_a_foreign_log(record: Record, chance: Random) -> None:
    """The owner puts the witness's valid word for another log under a checkpoint of this one."""
    row = chance.choice(list(LedgerCosignature.objects.order_by("pk")))
    line = record.foreign.splitlines(keepends=True)[-1]
    LedgerCosignature.objects.filter(pk=row.pk).update(line=line)


@found_by(Evidence.KEY)
def foreign_log_with_a_valid_cosignature(record: Record, chance: Random) -> None:
    """Somebody shows another log, which the same witness cosigned, in the place of this one."""
    row = LedgerCheckpoint.objects.order_by("-size")[0]
    lines = record.foreign.splitlines(keepends=True)
    LedgerCheckpoint.objects.filter(pk=row.pk).update(note="".join(lines[:-1]))
    LedgerCosignature.objects.filter(checkpoint=row).update(line=lines[-1])


@found_by(Evidence.ANCHOR)
def stamps_swapped(record: Record, chance: Random) -> None:
    """Somebody with the database exchanges two time stamps with the times beside them."""
    one, other = chance.sample(list(LedgerStamp.objects.order_by("pk")), 2)
    for row, given in ((one, other), (other, one)):
        LedgerStamp.objects.filter(pk=row.pk).update(
            token=bytes(given.token), stamped_at=given.stamped_at
        )


@found_by(Evidence.ANCHOR)
def stamp_forged(record: Record, chance: Random) -> None:
    """The owner runs an authority of the same name and stamps a checkpoint with it."""
    row = chance.choice(list(LedgerCheckpoint.objects.order_by("size")))
    LedgerStamp.objects.filter(checkpoint=row).delete()
    _stamp(row, record.other_authority)


@found_by(doubted=(Evidence.ANCHOR,))
def stamps_removed(record: Record, chance: Random) -> None:
    """Somebody with the database takes all time stamps away: nothing is too early or late."""
    LedgerStamp.objects.all().delete()
    if chance.random() < 0.5:
        wait(1, "instead")


@found_by(Evidence.KEY)
def stamp_time_edited(record: Record, chance: Random) -> None:
    """Somebody with the database lets a time stamp show another time."""
    row = chance.choice(list(LedgerStamp.objects.order_by("pk")))
    apart = timedelta(seconds=chance.choice([-1, 1]) * chance.randint(1, 10**7))
    LedgerStamp.objects.filter(pk=row.pk).update(stamped_at=row.stamped_at + apart)


def _alter_notes(
    first: int, end: int, record: Record, chance: Random, *, strip: bool = True
) -> None:
    """Alter a note between two places, and sign what does not fit any more."""
    log = Log()
    place = chance.randrange(first, end)
    log.change(place, body={"count": chance.randint(100, 10**9)})
    log.put_all(record.signers, strip=strip)


def _rewrite(record: Record, chance: Random, *, strip: bool) -> None:
    log = Log()
    place = chance.randrange(record.kept_size // 2)
    log.change(place, actor="system:nobody")
    log.put_all(record.signers, strip=strip)


def _append_dated(record: Record, apart: timedelta) -> None:
    """Append an entry that is dated apart from now; the witness cosigns, as the log only grew."""
    wait(1, "dated")
    sequence()
    log = Log()
    place = log.place_of(lambda entry: entry.subject == "ledger.test:dated-0")
    log.change(place, recorded_at=factories.now() + apart)
    log.put_all(record.signers)
    newest = LedgerCheckpoint.objects.order_by("-size")[0]
    cosigner = State(record.witness.folder).cosigner
    LedgerCosignature.objects.create(
        checkpoint=newest,
        witness=str(cosigner.key),
        line=cosigner.cosign(signed_text(newest.note).decode(), at=factories.now()),
        cosigned_at=factories.now(),
    )


def _stamp(checkpoint, authority):
    token = authority.stamp(signed_text(checkpoint.note))
    LedgerStamp.objects.create(
        checkpoint=checkpoint,
        authority="Time Authority of the Tests",
        token=token,
        stamped_at=said_by(token).at,
    )
