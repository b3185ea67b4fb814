"""Answering the gap assessment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.controls.actions.implementations import implement, revise_implementation
from twofold.controls.models import Answer, GapAnswer, Implementation
from twofold.controls.queries import library_control
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import InvalidInput
from twofold.people.given import person_behind
from twofold.people.models import Person, Unit


@dataclass(frozen=True)
class GivenAnswer:
    """What somebody says of one control.

    Attributes:
        owner: who answers for it, where it is described by this answer.
    """

    control: str
    answer: Answer
    note: str = ""
    owner: Person | None = None


#: Answers that tell of something that is done.
_DONE = frozenset({Answer.SHOWN, Answer.DONE, Answer.PARTLY})


@transaction.atomic
def answer_gap(
    answers: Sequence[GivenAnswer], *, unit: Unit, by: Actor, at: datetime
) -> list[GapAnswer]:
    """Record what is said of controls in a unit; a later answer replaces an earlier one.

    Nothing becomes green by it: answers feed an estimate and the roadmap alone.

    Raises:
        AccessDenied: the actor may not implement controls in the unit, or is no person.
        InvalidInput: an unknown control or one given twice, or a note that is too long.
    """
    access.require(by, Permission.IMPLEMENT_CONTROL, unit=unit, at=at)
    person_id = person_behind(by)
    for given in answers:
        library_control(given.control)
        if len(given.note) > 4000 or "\0" in given.note:
            raise InvalidInput(_("A note has at most 4,000 characters."), field="note")
    if len({given.control for given in answers}) < len(answers):
        raise InvalidInput(_("A control is answered twice at once."), field="control")
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    names = [given.control for given in answers]
    standing = {row.control: row for row in GapAnswer.objects.filter(unit=unit, control__in=names)}
    saved = []
    for given in answers:
        row = standing.get(given.control) or GapAnswer(unit=unit, control=given.control)
        if (row.answer, row.note) == (given.answer.value, given.note.strip()):
            continue
        row.answer = given.answer.value
        row.note = given.note.strip()
        row.answered_by_id = person_id
        row.answered_at = at
        row.save()
        saved.append(row)
    if saved:
        ledger.record_all(saved, "answered", by=by.ledger_name, at=at)
    return saved


@transaction.atomic
def take_stock(
    answers: Sequence[GivenAnswer], *, unit: Unit, by: Actor, at: datetime
) -> list[GapAnswer]:
    """Record answers, and describe each control that is done to some extent as it was told.

    A description awaits approval like any other. One that stands already is left alone, unless it
    is the text of an earlier answer and nobody has approved it.

    Raises:
        AccessDenied, InvalidInput: as for `answer_gap` and `implement`; nothing is recorded.
    """
    earlier = {row.control: row.note for row in GapAnswer.objects.filter(unit=unit)}
    saved = answer_gap(answers, unit=unit, by=by, at=at)
    told = {
        given.control: given for given in answers if given.answer in _DONE and given.note.strip()
    }
    rows = Implementation.objects.filter(unit=unit, system=None, retired_at=None)
    standing = {row.control: row for row in rows.filter(control__in=told)}
    for control, given in told.items():
        row, note = standing.get(control), given.note.strip()
        if row is None:
            implement(control, unit=unit, owner=given.owner, description=note, by=by, at=at)
        elif _told_before(row, earlier.get(control)) and (row.description, row.owner) != (
            note,
            given.owner,
        ):
            revise_implementation(row, owner=given.owner, description=note, by=by, at=at)
    return saved


def _told_before(row: Implementation, note: str | None) -> bool:
    """Return whether a description is an earlier answer that nobody has approved."""
    return row.approved_at is None and row.description == note
