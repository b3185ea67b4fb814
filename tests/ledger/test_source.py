"""The database as a source: salts read along with their rows."""

import pytest
from django.db import transaction
from factories import AT

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import bookkeeping, source
from twofold.ledger.models import LedgerEntry, LedgerSalt
from twofold_verify.report import Figures, Findings


@pytest.fixture
def subjects(cast):
    rows = EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=cast.unit, title=f"Item {n}", kind="report", created_at=AT)
        for n in range(4)
    )
    with transaction.atomic():
        ledger.record_all(rows, "added", by="system:test", at=AT)
    return [row.ledger_subject for row in rows]


def kept(subject):
    return bytes(LedgerSalt.objects.get(subject=subject).salt)


def read(subjects):
    salts = source.Salts(EvidenceItem)
    # A row with two personal columns asks twice.
    return [(salts[subject], salts[subject]) for subject in subjects]


def test_salts_are_found_in_any_order(subjects):
    for asked in (subjects, subjects[::-1], subjects[2:] + subjects[:2]):
        assert read(asked) == [(kept(subject),) * 2 for subject in asked]


def test_a_salt_far_from_its_row_is_looked_for_by_itself(subjects, monkeypatch):
    monkeypatch.setattr(source, "_SALTS_AHEAD", 1)
    asked = subjects[::-1]
    assert read(asked) == [(kept(subject),) * 2 for subject in asked]


@pytest.mark.parametrize("ahead", [1, 100])
def test_a_salt_that_was_destroyed_is_not_found(subjects, monkeypatch, ahead):
    monkeypatch.setattr(source, "_SALTS_AHEAD", ahead)
    salts = source.Salts(EvidenceItem)
    with pytest.raises(KeyError):
        salts["evidence.evidenceitem:none"]
    assert salts[subjects[0]] == kept(subjects[0])


def named(entry, **change):
    """What is named for an entry whose columns are these, as a database with times returns them."""
    columns = ("index", "data", "leaf_hash", "subject", "revision", "recorded_at")
    row = {column: getattr(entry, column) for column in columns} | change
    findings = Findings()
    bookkeeping.check_columns(findings, bytes(entry.data), tuple(row.values()))
    return [problem.message for problem in findings.report(Figures()).problems]


def test_columns_are_compared_whatever_form_their_database_returns(subjects):
    entry = LedgerEntry.objects.get(subject=subjects[0])
    as_text = entry.recorded_at.strftime("%Y-%m-%d %H:%M:%S.%f")
    for recorded_at in (entry.recorded_at, as_text):
        assert named(entry, recorded_at=recorded_at) == []
        for change in ({"subject": subjects[1]}, {"revision": 2}):
            (message,) = named(entry, recorded_at=recorded_at, **change)
            assert "columns were altered" in message
        (message,) = named(entry, recorded_at=recorded_at, leaf_hash=bytes(32))
        assert "does not have the hash" in message
    assert named(entry, recorded_at=as_text.replace(" ", "T")) != []
    assert named(entry, recorded_at=f"1{as_text[1:]}") != []
