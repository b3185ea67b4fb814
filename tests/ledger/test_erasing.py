"""Salts go with their erasure alone; old states may tell what is committed to now."""

import pytest
from django.db import connection, transaction
from factories import AT

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import states
from twofold.ledger.erasing import destroy_salts, kept_in_clear
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerSalt


def item(cast):
    made = EvidenceItem.objects.create(unit=cast.unit, title="Item", kind="r", created_at=AT)
    with transaction.atomic():
        ledger.record(made, "added", by="system:test", at=AT)
    return made


def test_salts_are_destroyed_in_a_transaction_alone(db, monkeypatch):
    LedgerSalt.objects.create(subject="a.b:c", salt=b"s" * 32)

    with monkeypatch.context() as outside:
        outside.setattr(connection, "in_atomic_block", False)
        with pytest.raises(LedgerError, match="transaction of the erasure"):
            destroy_salts(["a.b:c"])

    assert LedgerSalt.objects.exists()
    with transaction.atomic():
        assert destroy_salts(["a.b:c", "a.b:d"]) == 1
    assert not LedgerSalt.objects.exists()


@pytest.mark.parametrize(("personal", "expected"), [({"title"}, 0), (set(), 1)])
def test_states_from_before_a_column_was_committed_to_are_counted(
    cast, monkeypatch, personal, expected
):
    with monkeypatch.context() as patched:
        patched.setattr(EvidenceItem, "personal", frozenset(personal))
        states._layout_of.cache_clear()  # noqa: SLF001 - the model was changed
        made = item(cast)
    states._layout_of.cache_clear()  # noqa: SLF001 - the model was changed

    assert kept_in_clear(EvidenceItem, [made.ledger_subject]) == expected


def test_a_state_from_before_the_column_tells_nothing_of_it(cast, monkeypatch):
    made = item(cast)
    monkeypatch.setattr(EvidenceItem, "personal", frozenset({"a_later_column"}))

    assert kept_in_clear(EvidenceItem, [made.ledger_subject]) == 0
