"""What something above needs is not excluded, and the refusal names it."""

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import AT, stated

from twofold.controls.actions import Decision, decide_applicability
from twofold.controls.exclusions import Need, ask_before_excluding, asking
from twofold.controls.models import Applicability, Statement
from twofold.people.errors import Conflict, InvalidInput

NEEDED, FREE = "42001:A.6.2.6", "42001:A.10.2"


def needed(requirements, unit):
    """Stand for the risk register: a treated risk of the unit needs one control."""
    return [Need(key, f"R-12 Unwatched decisions of {unit.name}") for key in requirements
            if key == NEEDED]  # fmt: skip


def exclude(cast, *keys):
    return decide_applicability(
        [Decision(key, applicable=False, reason="Not ours.") for key in keys],
        unit=cast.unit,
        by=factories.actor(cast.lead),
        at=AT,
    )


def test_a_control_that_a_risk_needs_is_not_excluded_and_the_risk_is_named(cast):
    with asking(needed), pytest.raises(InvalidInput) as refusal:
        exclude(cast, FREE, NEEDED)

    assert refusal.value.field == "applicable"
    assert refusal.value.message == (
        "42001:A.6.2.6 cannot be excluded: it is needed by R-12 Unwatched decisions of Lending."
    )
    assert not Applicability.objects.exists()


def test_what_nothing_needs_is_excluded_and_what_is_needed_may_be_included(cast):
    with asking(needed):
        exclude(cast, FREE)
        decide_applicability(
            [Decision(NEEDED, applicable=True, reason="A risk needs it.")],
            unit=cast.unit, by=factories.actor(cast.lead), at=AT,
        )  # fmt: skip

    assert Applicability.objects.count() == 2


def test_a_question_is_asked_no_longer_than_it_is_registered(cast):
    with asking(needed):
        pass

    assert exclude(cast, NEEDED)


def test_a_question_that_is_registered_twice_is_asked_once(cast, monkeypatch):
    asked = []

    def note(requirements, unit):
        asked.append((tuple(requirements), unit))
        return ()

    monkeypatch.setattr("twofold.controls.exclusions._registered", [])
    ask_before_excluding(note)
    ask_before_excluding(note)
    exclude(cast, NEEDED, FREE)

    assert asked == [((NEEDED, FREE), cast.unit)]


def test_a_statement_that_excludes_what_is_needed_by_now_is_not_approved(cast):
    stated.decide(cast, excluded={NEEDED: "Nothing is in operation."})
    draft = stated.prepare(cast)

    with asking(needed), pytest.raises(Conflict, match="R-12 Unwatched decisions of Lending"):
        stated.approve(draft, cast)

    assert Statement.objects.get().approved_at is None
    assert stated.approve(draft, cast).approved_at == AT


def test_what_needs_a_control_is_asked_once_the_unit_is_locked(cast):
    seen = []

    def recording(_requirements, _unit):
        locks = [entry["sql"] for entry in captured if 'FROM "people_unit"' in entry["sql"]]
        seen.append(locks[-1:])
        return []

    with CaptureQueriesContext(connection) as captured, asking(recording):
        exclude(cast, FREE)

    (locks,) = seen
    assert locks, "the unit was read, to lock it, before the question was asked"
