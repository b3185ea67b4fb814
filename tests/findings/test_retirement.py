"""A control is not retired while a finding rests on it: what is open must not go out of sight."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.domain.readiness import Cause
from twofold.findings.models import Finding, Grade
from twofold.ledger.queries import history
from twofold.people.errors import Conflict, InvalidInput
from twofold.reporting.standing import forget, standing


@pytest.fixture
def run(cast):
    forget()
    return factories.implementation(cast)


def retire(run, cast, *, at=AT):
    return factories.retire(
        run, reason="Another control does it.", by=factories.actor(cast.owner), at=at
    )


@pytest.mark.parametrize("grade", [Grade.MAJOR, Grade.MINOR])
def test_a_control_is_not_retired_while_a_finding_is_open_against_it(cast, run, grade):
    found = governed.finding(cast, about=run, grade=grade)

    with pytest.raises(Conflict, match=str(found)):
        retire(run, cast)

    run.refresh_from_db()
    assert run.retired_at is None
    assert "retired" not in history(run.ledger_subject)[0].entry.kind
    readiness = standing(factories.actor(cast.lead), at=AT).readiness
    assert any(
        reason.cause in {Cause.OPEN_MAJOR, Cause.OPEN_MINOR}
        for state in readiness.values()
        for reason in state.reasons
    )


def test_every_open_finding_is_named_and_those_of_another_control_are_not(cast, run):
    other = factories.implementation(cast, control="TF-LOG-01")
    mine = [governed.finding(cast, about=run) for _number in range(2)]
    theirs = governed.finding(cast, about=other)

    with pytest.raises(Conflict) as refusal:
        retire(run, cast)

    assert all(str(found) in refusal.value.message for found in mine)
    assert str(theirs) not in refusal.value.message


def test_once_the_finding_is_closed_it_is_retired(cast, run):
    found = governed.answered(governed.finding(cast, about=run), cast)
    governed.closed(found, cast)

    assert retire(run, cast).retired_at == AT


def test_what_could_be_better_keeps_nobody_from_retiring(cast, run):
    governed.finding(cast, about=run, grade=Grade.IMPROVEMENT)

    assert retire(run, cast).retired_at == AT


def test_no_finding_is_raised_against_what_was_retired(cast, run):
    retire(run, cast)

    with pytest.raises(InvalidInput, match="no longer run") as refusal:
        governed.finding(cast, about=run, at=AT + timedelta(hours=1))

    assert refusal.value.field == "implementation"
    assert not Finding.objects.exists()
