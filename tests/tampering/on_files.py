"""What somebody does to stored files, or through the product under the name of an erasure."""

from pathlib import Path
from random import Random

import factories
from django.conf import settings
from django.db import transaction

from tampering.corpus import found_by
from tampering.logbook import flipped
from tampering.record import Evidence, Record
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.ledger import actions as ledger


@found_by(Evidence.KEY)
def stored_files_swapped(record: Record, chance: Random) -> None:
    """Somebody with the disk exchanges two stored files."""
    one, other = chance.sample(_files(), 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


@found_by(Evidence.KEY)
def stored_file_truncated(record: Record, chance: Random) -> None:
    """Somebody with the disk cuts a stored file off."""
    file = chance.choice(_files())
    data = file.read_bytes()
    file.write_bytes(data[: chance.randrange(len(data))])


@found_by(Evidence.KEY)
def stored_file_extended(record: Record, chance: Random) -> None:
    """Somebody with the disk writes more behind a stored file."""
    file = chance.choice(_files())
    file.write_bytes(file.read_bytes() + chance.randbytes(chance.randint(1, 100)))


@found_by(Evidence.KEY)
def stored_file_removed(record: Record, chance: Random) -> None:
    """Somebody with the disk removes a stored file; no entry tells."""
    chance.choice(_files()).unlink()


@found_by(Evidence.KEY)
def stored_file_bit_flipped(record: Record, chance: Random) -> None:
    """Somebody with the disk, or the disk itself, turns one bit of a stored file over."""
    file = chance.choice(_files())
    file.write_bytes(flipped(file.read_bytes(), chance))


@found_by(Evidence.KEY)
def erasure_of_the_files_of_another_item(record: Record, chance: Random) -> None:
    """Somebody with the product's code records an erasure that lists the files of another item."""
    item, versions = _item_and_versions_of_another(record, chance)
    _erase(item, versions, [])


@found_by(Evidence.KEY)
def erasure_of_the_versions_of_another_item(record: Record, chance: Random) -> None:
    """Somebody with the product's code lists another item's versions too, as if its own."""
    item, versions = _item_and_versions_of_another(record, chance)
    _erase(item, versions, [version.ledger_subject for version in versions])


@found_by(Evidence.KEY)
def erasure_by_something_that_is_no_item(record: Record, chance: Random) -> None:
    """Somebody with the product's code lets a note erase an item's versions, under its key even."""
    _item, versions = _item_and_versions_of_another(record, chance)
    subject = chance.choice(["ledger.test:note", f"ledger.test:{versions[0].item_id}"])
    body = {
        "blobs": [version.stored_sha256 for version in versions],
        "versions": [version.ledger_subject for version in versions],
    }
    with transaction.atomic():
        kind, at = "ledger.test.erased", factories.now()
        ledger.note(subject, kind, by="system:test", at=at, body=body)
    _remove(versions)


@found_by(Evidence.KEY)
def erased_then_replaced(record: Record, chance: Random) -> None:
    """Somebody with the disk puts another file in the place of one that was erased."""
    version = chance.choice(list(record.erased.versions.order_by("number")))
    place = _place(version)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(chance.randbytes(chance.randint(1, 1000)))


@found_by(Evidence.KEY)
def erased_then_filled_again(record: Record, chance: Random) -> None:
    """Somebody with the database writes into the row of an item that was erased."""
    if chance.random() < 0.5:
        EvidenceItem.objects.filter(pk=record.erased.pk).update(title="Another title")
    else:
        EvidenceItem.objects.filter(pk=record.erased.pk).update(erased_at=None)


def _files() -> list[Path]:
    return sorted(path for path in Path(settings.BLOBS).rglob("*") if path.is_file())


def _item_and_versions_of_another(record: Record, chance: Random):
    item, other = chance.sample(record.items, 2)
    return item, list(EvidenceVersion.objects.filter(item=other).order_by("number"))


def _erase(item: EvidenceItem, versions: list[EvidenceVersion], named: list[str]) -> None:
    body = {
        "reason": "Its period is over.",
        "blobs": [version.stored_sha256 for version in versions],
        "versions": named,
    }
    with transaction.atomic():
        ledger.record(item, "erased", by="system:test", at=factories.now(), body=body)
    _remove(versions)


def _remove(versions: list[EvidenceVersion]) -> None:
    for version in versions:
        _place(version).unlink()


def _place(version: EvidenceVersion) -> Path:
    return Path(settings.BLOBS) / version.stored_sha256[:2] / version.stored_sha256
