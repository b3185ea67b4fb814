import factories
import pytest
from factories import AT, actor, governed, repository

from twofold.people.errors import InvalidInput
from twofold.reporting.linkable import found, named, require_linkable, sort_of, sorts


@pytest.fixture
def records(cast):
    system, _monitor = repository.watched(cast)
    run = factories.implementation(cast, of=system)
    return {
        "inventory.aisystem": (system, system.name),
        "controls.implementation": (run, f"{run.control} "),
        "findings.finding": (governed.finding(cast, about=run), "F-1 "),
        "controls.statement": (governed.statement(cast), "version 1"),
        "evidence.evidenceitem": (factories.evidence_item(cast), "Item"),
    }


def test_each_sort_of_record_is_found_by_its_words_and_named(cast, records):
    auditor = actor(cast.auditor)

    names = named([row.ledger_subject for row, _title in records.values()], auditor, at=AT)

    for sort, (row, title) in records.items():
        assert row.ledger_subject in {entry.subject for entry in found(sort, "", auditor, at=AT)}
        text = names[row.ledger_subject].title
        assert title in text
        assert sort_of(row.ledger_subject) == names[row.ledger_subject].kind
        assert require_linkable(row.ledger_subject, auditor, field="target", at=AT).title == text
        assert not found(sort, "no such words", auditor, at=AT)
    assert {sort for sort, _label in sorts()} == {*records, "monitoring.alert"}
    (alert,) = found("monitoring.alert", records["inventory.aisystem"][0].name, auditor, at=AT)
    assert alert.place == records["inventory.aisystem"][0].name
    (run,) = found("controls.implementation", "tf-mon", auditor, at=AT)
    assert run.place == records["inventory.aisystem"][0].name


def test_records_elsewhere_are_neither_found_nor_named(cast, records):
    outsider = actor(cast.outsider)

    for sort in ("inventory.aisystem", "controls.implementation", "findings.finding"):
        row, _title = records[sort]
        assert not found(sort, "", outsider, at=AT)
        assert named([row.ledger_subject], outsider, at=AT) == {}
        with pytest.raises(InvalidInput) as refusal:
            require_linkable(row.ledger_subject, outsider, field="target", at=AT)
        assert refusal.value.field == "target"


def test_what_is_no_record_is_not_found(cast):
    auditor = actor(cast.auditor)

    assert found("people.person", "", auditor, at=AT) == []
    assert named(["", "x", "people.person:x", "findings.finding:x"], auditor, at=AT) == {}
    assert sort_of("people.person:x") == ""
