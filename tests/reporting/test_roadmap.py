"""The roadmap: phases in order, what each step unlocks, and nothing that is done already."""

import factories
import pytest
from factories import AT

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.controls.actions import Decision, GivenAnswer, answer_gap, decide_applicability
from twofold.controls.models import Answer
from twofold.reporting.roadmap import Phase, roadmap
from twofold.reporting.standing import forget

ROLES = "TF-ROL-01"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


def steps(cast, *, by=None, unit=None):
    return roadmap(factories.actor(by or cast.lead), unit=unit, at=AT)


def of(cast, control):
    return [step for step in steps(cast) if step.control and step.control.id == control]


def test_empty_organisation_decides_and_describes(cast):
    found = steps(cast)

    assert [step.number for step in found] == list(range(1, len(found) + 1))
    assert {step.phase for step in found} == {Phase.DECIDE, Phase.DESCRIBE}
    assert [(step.framework.id, step.scopes) for step in found[:2]] == [
        ("27001", 93),
        ("42001", 38),
    ]
    described = [step.unlocked for step in found if step.phase is Phase.DESCRIBE]
    assert described == sorted(described, reverse=True)
    assert all(described)


def test_step_unlocks_what_its_control_covers_wholly_in_both_standards(cast):
    (step,) = of(cast, ROLES)
    unlocked = {
        entry.framework.id: {requirement.id for requirement in entry.requirements}
        for entry in step.unlocks
    }
    wholly = {
        credit.requirement
        for credit in catalog().control_by_id[ROLES].credits
        if credit.relation.covers_wholly
    }
    assert set(unlocked) == {"42001", "27001"}
    assert unlocked["42001"] | unlocked["27001"] == {
        key for key in wholly if not key.startswith("airmf")
    }
    assert step.owner_role == catalog().control_by_id[ROLES].owner_role


def test_control_goes_from_describing_over_approval_and_evidence_to_proof(cast):
    assert [step.phase for step in of(cast, ROLES)] == [Phase.DESCRIBE]
    run = factories.implementation(cast, control=ROLES, approved=False)
    assert [step.phase for step in of(cast, ROLES)] == [Phase.APPROVE, Phase.EVIDENCE]
    controls.approve_implementation(
        run,
        review_due_date=AT.date().replace(year=2027),
        by=factories.actor(cast.approver),
        at=AT,
    )
    assert [step.phase for step in of(cast, ROLES)] == [Phase.EVIDENCE]
    for need in catalog().control_by_id[ROLES].evidence:
        made = factories.claim(run, factories.evidence_item(cast, kind=need.kind), cast)
        controls.accept_claim(made, by=factories.actor(cast.approver), at=AT)
    assert [step.phase for step in of(cast, ROLES)] == [Phase.PROVE]


def test_step_tells_in_how_many_scopes_it_is_to_be_done(cast):
    for _number in range(3):
        factories.implementation(
            cast, control="TF-MON-01", of=factories.system(cast), approved=False
        )
    approve = next(step for step in of(cast, "TF-MON-01") if step.phase is Phase.APPROVE)
    assert approve.scopes == 3


def test_what_is_done_already_is_described_first(cast):
    last = [step for step in steps(cast) if step.phase is Phase.DESCRIBE][-1].control.id
    answer_gap(
        [GivenAnswer(last, Answer.DONE)], unit=cast.root, by=factories.actor(cast.lead), at=AT
    )
    first = next(step for step in steps(cast, unit=cast.root) if step.phase is Phase.DESCRIBE)
    assert (first.control.id, first.answer) == (last, "done")
    assert next(s for s in steps(cast) if s.phase is Phase.DESCRIBE).control.id != last


def test_decided_standard_has_no_decision_left(cast):
    annex = [entry.id for entry in catalog().framework("42001").requirements if entry.excludable]
    decide_applicability(
        [Decision(key, applicable=True, reason="We run AI.") for key in annex],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=AT,
    )
    decide = [step for step in steps(cast) if step.phase is Phase.DECIDE]
    assert [step.framework.id for step in decide] == ["27001"]
