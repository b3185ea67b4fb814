"""Answers of the gap assessment: they estimate, describe what is done, and declare nothing."""

import factories
import pytest
from factories import AT

from twofold.controls import actions
from twofold.controls.actions import GivenAnswer, take_stock
from twofold.controls.models import Answer, GapAnswer, Implementation
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, InvalidInput

HOW = "Every quarter the owners confirm each right."


def answer(cast, *given, by=None, unit=None):
    return take_stock(given, unit=unit or cast.unit, by=factories.actor(by or cast.owner), at=AT)


def told(control="TF-ACC-01", answer=Answer.DONE, note=HOW, owner=None):
    return GivenAnswer(control, answer, note, owner)


def test_what_is_done_is_described_and_awaits_approval(cast):
    (saved,) = answer(cast, told(owner=cast.engineer))

    row = Implementation.objects.get(control="TF-ACC-01")
    assert (row.unit, row.owner, row.description) == (cast.unit, cast.engineer, HOW)
    assert (row.described_by, row.approved_at) == (cast.owner, None)
    assert (saved.answer, saved.note, saved.answered_by) == ("done", HOW, cast.owner)
    assert [line.entry.kind for line in history(saved.ledger_subject)] == [
        "controls.gapanswer.answered"
    ]
    assert [line.entry.kind for line in history(row.ledger_subject)] == [
        "controls.implementation.described"
    ]


@pytest.mark.parametrize(
    "given",
    [
        told(answer=Answer.MISSING),
        told(answer=Answer.UNKNOWN),
        told(note="  "),
    ],
    ids=["missing", "unknown", "without a text"],
)
def test_what_is_not_done_or_not_told_is_answered_alone(cast, given):
    answer(cast, given)

    assert GapAnswer.objects.get().answer == given.answer
    assert not Implementation.objects.exists()


def test_same_answer_again_changes_nothing(cast):
    answer(cast, told())

    assert answer(cast, told()) == []
    assert len(history(GapAnswer.objects.get().ledger_subject)) == 1
    assert len(history(Implementation.objects.get().ledger_subject)) == 1


def test_description_from_an_answer_follows_the_next_answer_until_it_is_approved(cast):
    answer(cast, told())
    answer(cast, told(note="Every month.", owner=cast.owner))
    row = Implementation.objects.get()
    assert (row.description, row.owner) == ("Every month.", cast.owner)

    actions.approve_implementation(
        row, review_due_date=AT.date().replace(year=2027), by=factories.actor(cast.approver), at=AT
    )
    answer(cast, told(note="Every year.", owner=cast.owner))
    row.refresh_from_db()
    assert (row.description, row.approved_by) == ("Every month.", cast.approver)


def test_description_that_somebody_wrote_elsewhere_is_left_alone(cast):
    row = factories.implementation(cast, control="TF-ACC-01", approved=False)
    answer(cast, told())

    before, row = row.description, Implementation.objects.get()
    assert row.description == before


def test_one_unit_answers_for_itself(cast):
    answer(cast, told(), by=cast.lead)
    answer(cast, told(answer=Answer.MISSING), by=cast.lead, unit=cast.elsewhere)

    assert dict(GapAnswer.objects.values_list("unit__name", "answer")) == {
        "Lending": "done",
        "Travel": "missing",
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ((told("TF-NO-99"),), "control"),
        ((told(), told(answer=Answer.MISSING)), "control"),
        ((told("TF-PAM-01"), told(note="x" * 4001)), "note"),
    ],
    ids=["unknown control", "twice", "too long"],
)
def test_faulty_answers_record_nothing(cast, given, field):
    with pytest.raises(InvalidInput) as refused:
        answer(cast, *given)

    assert refused.value.field == field
    assert not GapAnswer.objects.exists()
    assert not Implementation.objects.exists()


@pytest.mark.parametrize("who", ["engineer", "auditor", "outsider"])
def test_who_may_not_implement_controls_may_not_answer(cast, who):
    with pytest.raises(AccessDenied):
        answer(cast, told(), by=getattr(cast, who))

    assert not GapAnswer.objects.exists()


def test_a_part_of_the_product_answers_nothing(cast):
    with pytest.raises(AccessDenied):
        take_stock([told()], unit=cast.unit, by=part_of_product("worker"), at=AT)
