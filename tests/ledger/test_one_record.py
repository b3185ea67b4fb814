"""Rows, salts and openings of a few records, found by their ledger names."""

import factories
import pytest
from factories import whole_record

from twofold.evidence.models import EvidenceItem
from twofold.ledger.one_record import RecordSource
from twofold.ledger.openings import openings_of
from twofold.ledger.subjects import rows_of
from twofold_verify.source import Part


@pytest.fixture
def item(cast):
    made = factories.evidence_item(cast)
    whole_record.sequence()
    return made


def test_rows_are_found_model_by_model(item, cast):
    version = item.versions.get()
    names = [item.ledger_subject, version.ledger_subject, item.ledger_subject]

    found = list(rows_of(names))

    assert [rows.model._meta.label_lower for rows in found] == [
        "evidence.evidenceitem",
        "evidence.evidenceversion",
    ]
    assert [rows.keys for rows in found] == [[item.pk], [version.pk]]
    assert all(len(salt) == 32 for rows in found for salt in rows.salts.values())


def test_more_names_than_one_statement_takes_are_found_in_portions(item):
    other = [f"evidence.evidenceitem:{number:032x}" for number in range(600)]

    found = list(rows_of([*other, item.ledger_subject]))

    assert [len(rows.keys) for rows in found] == [500, 101]
    assert list(found[1].salts) == [item.ledger_subject]


@pytest.mark.parametrize(
    "name",
    ["ledger.export:person:1", "nonsense", "a.b.c:1", "people.erasure", "auth.permission:1"],
)
def test_names_of_what_has_no_rows_are_passed_over(db, name):
    assert [row.keys for row in rows_of([name])] in ([], [[]])


def test_a_key_that_no_row_can_have_is_passed_over(db):
    (found,) = rows_of(["evidence.evidenceitem:nonsense"])

    assert (found.model, found.keys, found.salts) == (EvidenceItem, [], {})


def test_nobody_sees_what_is_not_permitted(item):
    def nothing(_model, _subjects):
        return ()

    def everything(_model, subjects):
        return subjects

    assert list(openings_of([item.ledger_subject], nothing)) == []
    (opening,) = openings_of([item.ledger_subject], everything)
    assert (opening.column, opening.value) == ("title", f'"{item.title}"')


def test_a_record_has_all_parts_but_the_tree(item):
    source = RecordSource([item.ledger_subject])

    assert [part for part in Part if not source.has(part)] == [Part.TILES]
    assert source.subject == item.ledger_subject
    assert [index for index, _data, _proof in source.proven()]
    assert list(source.cosigned()) == []
    assert [row.subject for row in source.live()] == [item.ledger_subject]
