"""Proofs made from the tiles that lie in the database."""

import pytest
from django.db import transaction
from factories import AT

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerTile
from twofold.ledger.proofs import Prover
from twofold_verify.rotation import Succession
from twofold_verify.tlog_proof import Checker


def grow(unit, count):
    rows = EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=unit, title="Item", kind="report", created_at=AT) for _ in range(count)
    )
    with transaction.atomic():
        ledger.record_all(rows, "added", by="system:test", at=AT)
    while ledger.sequence(at=AT):
        pass


def data(index):
    return bytes(LedgerEntry.objects.get(index=index).data)


def checker():
    return Checker(Succession([keys.verifier()], []))


def test_every_part_of_the_tree_is_proved(cast):
    grow(cast.unit, 300)
    prover, check = Prover(), checker().check
    for index in (0, 1, 255, 256, prover.size - 1):
        assert check(prover.prove(index), data(index)).index == index


def test_a_proof_under_an_older_checkpoint_holds_while_the_log_grows(cast):
    grow(cast.unit, 3)
    older, size = Prover(), LedgerCheckpoint.objects.latest("size").size
    grow(cast.unit, 300)
    assert older.size == size
    for prover in (older, Prover(size=size)):
        assert checker().check(prover.prove(1), data(1)).checkpoint.split("\n")[1] == str(size)


def test_there_is_no_proof_without_a_checkpoint(db):
    with pytest.raises(LedgerError, match="no checkpoint"):
        Prover()
    with pytest.raises(LedgerError, match="no checkpoint"):
        Prover(size=5)


def test_an_entry_beyond_the_checkpoint_is_not_proved(cast):
    grow(cast.unit, 1)
    prover = Prover()
    with pytest.raises(LedgerError, match="not among the leaves"):
        prover.prove(prover.size)


def test_a_missing_tile_is_named(cast, untriggered):
    grow(cast.unit, 1)
    prover = Prover()
    LedgerTile.objects.all().delete()
    with pytest.raises(LedgerError, match=r"tile/0/000\S* is missing"):
        prover.prove(0)
