"""Rows are recorded anew after their model's columns changed; edited ones stay found."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from django.db import transaction
from factories import AT

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import states
from twofold.ledger.layouts import ACTOR, record_changed_layouts
from twofold.ledger.models import LedgerEntry, LedgerLayout, LedgerRevision, LedgerSalt
from twofold.ledger.queries import history
from twofold.people.models import Person
from twofold.reporting.integrity import verify_record

LATER = AT + timedelta(days=1)


@pytest.fixture
def without(monkeypatch):
    """Let the product be one whose model has no such column: an older one, or a newer one."""
    known = states._layout_of  # noqa: SLF001

    @contextmanager
    def _without(model, column):
        def layout_of(asked):
            layout = known(asked)
            return _shorter(layout, column) if asked is model else layout

        with monkeypatch.context() as patched:
            patched.setattr(states, "_layout_of", layout_of)
            yield

    return _without


def _shorter(layout, column):
    kept = [place for place, name in enumerate(layout.columns) if name != column]
    columns = tuple(layout.columns[place] for place in kept)
    assert len(columns) == len(layout.columns) - 1
    return replace(
        layout,
        columns=columns,
        forms=tuple(layout.forms[place] for place in kept),
        template="{" + ",".join(f'"{name}":%s' for name in columns) + "}",
        key=kept.index(layout.key),
        personal=tuple(kept.index(place) for place in layout.personal if place in kept),
    )


def items(cast, count, *, at=AT):
    """Evidence items, recorded in the layout of the moment."""
    made = EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=cast.unit, title=f"Item {n}", kind="report", created_at=AT)
        for n in range(count)
    )
    with transaction.atomic():
        ledger.record_all(made, "added", by="system:test", at=at)
    return made


def kinds(row):
    return [line.entry.kind.rpartition(".")[2] for line in history(row.ledger_subject)]


def newest_state(row):
    entry = LedgerEntry.objects.filter(subject=row.ledger_subject).order_by("-revision").first()
    return json.loads(LedgerRevision.objects.get(entry=entry).state)


def tampered():
    while ledger.sequence(at=LATER):
        pass
    problems = [p for p in verify_record().problems if p.severity == "tampered"]
    return {problem.record.partition(" ")[0] for problem in problems}


def test_nothing_is_recorded_anew_while_the_columns_are_the_same(cast):
    made = items(cast, 2)
    entries = LedgerEntry.objects.count()

    assert record_changed_layouts(at=LATER) == 0

    assert LedgerEntry.objects.count() == entries
    assert kinds(made[0]) == ["added"]


def test_a_model_whose_columns_were_noted_is_passed_over(cast, without, django_assert_num_queries):
    record_changed_layouts(at=LATER)
    with django_assert_num_queries(1):
        assert record_changed_layouts(at=LATER) == 0

    noted = LedgerLayout.objects.get(model="evidence.evidenceitem")
    assert str(noted) == "columns of evidence.evidenceitem"
    assert {"kind", "title committed"} <= set(noted.columns)

    # What was written by a server that was not updated yet is found by the next change.
    with without(EvidenceItem, "title"):
        (item,) = items(cast, 1)
        assert record_changed_layouts(at=LATER) == 0
    assert record_changed_layouts(at=LATER) == 1
    assert kinds(item) == ["migrated", "added"]


def test_an_empty_record_has_nothing_to_record_anew(db):
    assert record_changed_layouts(at=LATER) == 0


def test_rows_whose_states_lack_a_column_are_recorded_anew_and_verify(cast, without):
    with without(EvidenceItem, "title"):
        made = items(cast, 3)
    assert "title" not in newest_state(made[0])
    assert tampered() == {row.ledger_subject for row in made}

    assert record_changed_layouts(at=LATER) == 3

    for row in made:
        assert kinds(row) == ["migrated", "added"]
        assert newest_state(row)["title"].startswith("commitment:")
    newest = history(made[0].ledger_subject)[0].entry
    assert (newest.actor, newest.recorded_at, newest.revision) == (ACTOR, LATER, 2)
    assert tampered() == set()


def test_rows_whose_states_have_a_column_that_is_gone_are_recorded_anew_and_verify(cast, without):
    made = items(cast, 2)

    with without(EvidenceItem, "title"):
        assert record_changed_layouts(at=LATER) == 2
        assert "title" not in newest_state(made[0])
        assert tampered() == set()


def test_recording_anew_a_second_time_finds_nothing_left(cast, without):
    with without(EvidenceItem, "title"):
        items(cast, 2)

    assert record_changed_layouts(at=LATER) == 2
    assert record_changed_layouts(at=LATER) == 0


def test_a_row_edited_behind_the_applications_back_is_not_recorded_anew_and_stays_named(
    cast, without
):
    with without(EvidenceItem, "title"):
        edited, honest = items(cast, 2)
    EvidenceItem.objects.filter(pk=edited.pk).update(kind="another")

    assert record_changed_layouts(at=LATER) == 1

    assert kinds(edited) == ["added"]
    assert kinds(honest) == ["migrated", "added"]
    assert tampered() == {edited.ledger_subject}


def test_a_row_that_was_put_in_behind_the_applications_back_is_not_recorded(cast, without):
    with without(EvidenceItem, "title"):
        items(cast, 1)
    slipped = EvidenceItem.objects.create(unit=cast.unit, title="Slip", kind="r", created_at=AT)

    assert record_changed_layouts(at=LATER) == 1

    assert kinds(slipped) == []
    assert tampered() == {slipped.ledger_subject}


def test_a_row_that_was_changed_since_has_its_newest_revision_compared(cast, without):
    with without(EvidenceItem, "title"):
        (item,) = items(cast, 1)
        item.kind = "plan"
        item.save()
        with transaction.atomic():
            ledger.record(item, "changed", by="system:test", at=AT)

    assert record_changed_layouts(at=LATER) == 1

    assert kinds(item) == ["migrated", "changed", "added"]
    assert tampered() == set()


def test_a_row_that_has_the_new_columns_already_is_left_as_it_is(cast, without):
    # Of several servers, one may have recorded a change before another recorded the rest.
    (ahead,) = items(cast, 1)
    with without(EvidenceItem, "title"):
        (behind,) = items(cast, 1)

    assert record_changed_layouts(at=LATER) == 1

    assert kinds(ahead) == ["added"]
    assert kinds(behind) == ["migrated", "added"]
    assert tampered() == set()


@pytest.fixture
def in_clear(monkeypatch):
    """Let the product be an older one, in which nothing of a model was personal."""

    @contextmanager
    def _in_clear(model):
        with monkeypatch.context() as patched:
            patched.setattr(model, "personal", frozenset())
            states._layout_of.cache_clear()  # noqa: SLF001 - the model was changed
            yield
        states._layout_of.cache_clear()  # noqa: SLF001 - the model was changed

    return _in_clear


def test_rows_whose_column_became_personal_are_recorded_anew_with_a_commitment(cast, in_clear):
    with in_clear(EvidenceItem):
        made = items(cast, 2)
        assert newest_state(made[0])["title"] == made[0].title
        record_changed_layouts(at=AT)
    assert tampered() == {row.ledger_subject for row in made}

    assert record_changed_layouts(at=LATER) == 2

    assert newest_state(made[0])["title"].startswith("commitment:")
    assert tampered() == set()
    assert record_changed_layouts(at=LATER) == 0


def test_a_column_that_became_personal_and_was_edited_keeps_its_row_named(cast, in_clear):
    with in_clear(EvidenceItem):
        edited, honest = items(cast, 2)
    EvidenceItem.objects.filter(pk=edited.pk).update(title="Another title")

    assert record_changed_layouts(at=LATER) == 1

    assert kinds(honest) == ["migrated", "added"]
    assert tampered() == {edited.ledger_subject}


def test_a_person_whose_salt_was_destroyed_is_not_recorded_anew(db, without):
    with without(Person, "is_active"):
        cast = factories.cast()
    people = Person.objects.count()
    LedgerSalt.objects.filter(subject=cast.owner.ledger_subject).delete()

    assert record_changed_layouts(at=LATER) == people - 1

    assert "migrated" not in kinds(cast.owner)
    assert kinds(cast.lead)[0] == "migrated"
    # No second salt was made, which would let the row fit again.
    assert not LedgerSalt.objects.filter(subject=cast.owner.ledger_subject).exists()
    assert tampered() == {cast.owner.ledger_subject}


def test_personal_data_does_not_appear_in_what_is_recorded_anew(db, without):
    with without(Person, "is_active"):
        cast = factories.cast()

    assert record_changed_layouts(at=LATER) == Person.objects.count()

    for column in Person.personal:
        assert newest_state(cast.owner)[column].startswith("commitment:")
    assert tampered() == set()


def test_many_rows_are_recorded_anew_in_parts(cast, without):
    with without(EvidenceItem, "title"):
        items(cast, 1001)

    assert record_changed_layouts(at=LATER) == 1001

    states_kept = LedgerRevision.objects.filter(
        entry__subject__startswith="evidence.evidenceitem:", entry__revision=2
    )
    assert states_kept.count() == 1001
