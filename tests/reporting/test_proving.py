"""Proofs for whoever asks: checked before they are shown, refused in words."""

import factories
import pytest
from factories import vouched

from twofold.ledger import keys
from twofold.ledger.growth import Verdict, hold
from twofold.ledger.models import LedgerEntry, LedgerTile
from twofold.people.errors import Conflict, NotFound
from twofold.reporting.proving import held_text, may_read_entries, proven
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.note import sign
from twofold_verify.rotation import succession
from twofold_verify.tlog_proof import Checker

AT = factories.AT


def test_an_entry_comes_with_a_proof_that_holds(db):
    vouched.grow(AT, count=5)

    found = proven(3)

    assert (found.fault, found.hashes, found.size) == ("", 3, 5)
    assert found.line.entry.subject == "ledger.test:3"
    checked = Checker(succession(keys.verifier(), [])).check(found.text, found.leaf)
    assert (checked.index, len(checked.hashes)) == (3, 3)


def test_the_only_entry_needs_no_further_hash(db):
    vouched.grow(AT)

    assert proven(0).hashes == 0


def test_an_entry_that_was_altered_behind_the_tree_is_shown_with_the_fault(untriggered):
    vouched.grow(AT, count=5)
    LedgerEntry.objects.filter(index=3).update(data=b"{}")

    assert "another root" in proven(3).fault


def test_an_entry_beyond_the_log_is_not_found(db):
    vouched.grow(AT)

    with pytest.raises(NotFound):
        proven(1)


def test_a_tree_that_lacks_a_tile_gives_no_proof(untriggered):
    vouched.grow(AT, count=5)
    LedgerTile.objects.all().delete()

    with pytest.raises(Conflict, match="missing"):
        proven(3)


@pytest.mark.parametrize(
    ("name", "may"), [("auditor", True), ("lead", True), ("engineer", False), ("reviewer", False)]
)
def test_the_content_of_entries_is_for_who_may_export_them(cast, name, may):
    assert may_read_entries(factories.actor(getattr(cast, name)), at=AT) is may


def test_each_verdict_of_a_kept_checkpoint_has_its_sentence(db):
    first = vouched.grow(AT).note
    last = vouched.grow(AT, count=4)
    signer = keys.signer()
    notes = [
        last.note,
        first,
        sign(Checkpoint(signer.name, 9, bytes(32)).text(), signer),
        sign(Checkpoint(signer.name, 2, bytes(32)).text(), signer),
    ]

    found = [hold(note) for note in notes]

    assert [held.verdict for held in found] == list(Verdict)
    assert [held_text(held).partition(":")[0].partition(",")[0] for held in found] == [
        "It is the newest checkpoint itself",
        "The log continues it",
        "It covers 9 entries",
        "The log does not continue it",
    ]
