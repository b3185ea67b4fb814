"""What somebody does who writes to the database and holds no key: rows and kept states."""

import json
from random import Random

import factories

from tampering.corpus import found_by
from tampering.logbook import flipped
from tampering.record import Evidence, Record
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.evidence.models import (
    EvidenceItem,
    EvidenceKey,
    EvidenceLink,
    EvidenceRequest,
    EvidenceVersion,
)
from twofold.inventory.models import AISystem
from twofold.ledger.models import LedgerEntry, LedgerRevision, LedgerSalt
from twofold.people.models import Person, Role, RoleAssignment

_EDITS = (
    (EvidenceItem, {"kind": "audit-report"}),
    (EvidenceItem, {"classification": "confidential"}),
    (EvidenceVersion, {"quarantine": "Somebody objects."}),
    (EvidenceVersion, {"size": 1}),
    (AISystem, {"purpose": "Something else."}),
    (Implementation, {"description": "Nothing is done."}),
    (EvidenceClaim, {"statement": "All is well."}),
    (EvidenceLink, {"purpose": "Nothing."}),
    (EvidenceRequest, {"kind": "report"}),
    (Person, {"is_active": False}),
    (RoleAssignment, {"role": Role.ADMINISTRATOR}),
)
_PERSONAL = (
    (EvidenceItem, {"title": "Another title"}),
    (EvidenceVersion, {"file_name": "another.pdf"}),
    (EvidenceVersion, {"sha256": "0" * 64}),
    (Person, {"email": "somebody@acme.example"}),
)


@found_by(Evidence.KEY)
def row_edited(record: Record, chance: Random) -> None:
    """Somebody with the database edits a column of a record."""
    _edit(*chance.choice(_EDITS), chance)


@found_by(Evidence.KEY)
def personal_column_edited(record: Record, chance: Random) -> None:
    """Somebody with the database edits a column that the ledger tells as a commitment."""
    _edit(*chance.choice(_PERSONAL), chance)


@found_by(Evidence.KEY)
def row_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes a record."""
    model = chance.choice([EvidenceLink, EvidenceRequest, EvidenceClaim, RoleAssignment])
    model.objects.filter(pk=_one(model, chance)).delete()


@found_by(Evidence.KEY)
def row_inserted(record: Record, chance: Random) -> None:
    """Somebody with the database gives a person a role, or adds an item, behind the ledger."""
    cast, at = record.cast, factories.now()
    if chance.random() < 0.5:
        RoleAssignment.objects.create(
            person=cast.outsider, unit=cast.root, role=Role.ADMINISTRATOR, from_date=at.date()
        )
    else:
        EvidenceItem.objects.create(unit=cast.unit, title="Item", kind="r", created_at=at)


@found_by(Evidence.KEY)
def rows_exchanged(record: Record, chance: Random) -> None:
    """Somebody with the database exchanges two items' titles, or two versions' files."""
    model, columns = chance.choice(
        [(EvidenceItem, ["title"]), (EvidenceVersion, ["stored_sha256", "stored_size"])]
    )
    wanted = model.objects.filter(pk__in=_own(model, record)).order_by("pk")
    left, right = chance.sample(list(wanted), 2)
    for column in columns:
        one, other = getattr(left, column), getattr(right, column)
        model.objects.filter(pk=left.pk).update(**{column: other})
        model.objects.filter(pk=right.pk).update(**{column: one})


@found_by(Evidence.KEY)
def evidence_relinked_to_another_file(record: Record, chance: Random) -> None:
    """Somebody with the database lets a version stand for the stored file of another one."""
    versions = list(EvidenceVersion.objects.filter(pk__in=_own(EvidenceVersion, record)))
    one, other = chance.sample(sorted(versions, key=lambda it: it.stored_sha256), 2)
    EvidenceVersion.objects.filter(pk=one.pk).update(
        stored_sha256=other.stored_sha256, stored_size=other.stored_size
    )


@found_by(Evidence.KEY)
def link_retargeted(record: Record, chance: Random) -> None:
    """Somebody with the database lets a link lead to another record."""
    target = chance.choice(record.items).ledger_subject
    EvidenceLink.objects.filter(pk=_one(EvidenceLink, chance)).update(target=target)


@found_by(Evidence.KEY)
def revision_edited(record: Record, chance: Random) -> None:
    """Somebody with the database edits what a record is said to have been like."""
    row = LedgerRevision.objects.get(pk=_one(LedgerRevision, chance))
    state = json.loads(row.state)
    column = chance.choice(sorted(state))
    state[column] = f"{state[column]}."
    _put(row, json.dumps(state, separators=(",", ":"), ensure_ascii=False))


@found_by(Evidence.KEY)
def revision_removed(record: Record, chance: Random) -> None:
    """Somebody with the database removes what a record was like."""
    LedgerRevision.objects.filter(pk=_one(LedgerRevision, chance)).delete()


@found_by(Evidence.KEY)
def revisions_swapped(record: Record, chance: Random) -> None:
    """Somebody with the database exchanges two states of the past."""
    rows = list(LedgerRevision.objects.order_by("pk"))
    one, other = chance.sample(rows, 2)
    first, second = one.state, other.state
    _put(one, second)
    _put(other, first)


@found_by(Evidence.KEY)
def revision_inserted(record: Record, chance: Random) -> None:
    """Somebody with the database keeps a state for an entry that left none."""
    free = list(LedgerEntry.objects.filter(kept_revision=None).order_by("pk"))
    LedgerRevision.objects.create(entry=chance.choice(free), state='{"id":1}')


@found_by(Evidence.KEY)
def salt_replaced(record: Record, chance: Random) -> None:
    """Somebody with the database replaces the salt behind a record's commitments."""
    row = LedgerSalt.objects.get(subject=_salted(record, chance))
    LedgerSalt.objects.filter(pk=row.pk).update(salt=flipped(bytes(row.salt), chance))


@found_by(Evidence.KEY)
def salt_destroyed_without_erasure(record: Record, chance: Random) -> None:
    """Somebody with the database destroys a salt: the commitments could not be opened any more."""
    LedgerSalt.objects.filter(subject=_salted(record, chance)).delete()


@found_by(Evidence.KEY)
def key_of_an_item_destroyed_without_erasure(record: Record, chance: Random) -> None:
    """Somebody with the database destroys the key of an item's files, or alters it."""
    rows = EvidenceKey.objects.filter(pk=chance.choice(record.items).pk)
    if chance.random() < 0.5:
        rows.delete()
    else:
        rows.update(wrapped=flipped(bytes(rows.get().wrapped), chance))


def _edit(model, columns, chance):
    rows = model.objects.exclude(**columns)
    keys = sorted(rows.values_list("pk", flat=True), key=str)
    changed = model.objects.filter(pk=chance.choice(keys)).update(**columns)
    assert changed == 1


def _one(model, chance):
    return chance.choice(list(model.objects.order_by("pk").values_list("pk", flat=True)))


def _own(model, record):
    """Return the keys of the items that were filled one by one, or of their versions."""
    items = [item.pk for item in record.items]
    if model is EvidenceItem:
        return items
    return list(EvidenceVersion.objects.filter(item__in=items).values_list("pk", flat=True))


def _put(row: LedgerRevision, state: str) -> None:
    assert state != row.state
    LedgerRevision.objects.filter(pk=row.pk).update(state=state)


def _salted(record: Record, chance: Random) -> str:
    versions = EvidenceVersion.objects.filter(pk__in=_own(EvidenceVersion, record))
    people = [record.cast.owner, record.cast.auditor]
    rows = [*record.items, *versions.order_by("pk"), *people]
    return chance.choice(rows).ledger_subject
