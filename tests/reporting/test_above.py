"""What is run, decided and found in a unit above holds for the readers below, without detail."""

from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from factories import governed, monitored
from factories.monitored import on

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.controls.queries import visible_decisions
from twofold.domain.readiness import Cause, Status
from twofold.findings.models import Grade
from twofold.people.access import Actor, Permission
from twofold.reporting.controls import control_view, requirement_credits
from twofold.reporting.credited import credits_then, shared_from_above
from twofold.reporting.overrides import overrides_behind
from twofold.reporting.standing import forget, standing, standing_of
from twofold.reporting.supposable import supposable

SERVED = "27001:A.8.16"


@pytest.fixture
def cast(db):
    forget()
    return monitored.early_cast()


@pytest.fixture
def run(cast):
    """A control that is run for the whole organisation, approved and shown to be."""
    of_all = replace(cast, unit=cast.root, owner=cast.lead)
    row = factories.implementation(of_all, at=on(2), approved=False)
    governed.approve_everywhere(cast)
    controls.approve_implementation(
        row,
        review_due_date=(on(3) + timedelta(days=300)).date(),
        by=factories.actor(cast.approver),
        at=on(3),
    )
    item = factories.evidence_item(of_all, at=on(16))
    made = factories.claim(row, item, of_all, at=on(16))
    controls.accept_claim(made, by=factories.actor(cast.approver), at=on(16))
    governed.decision(cast, SERVED, at=on(2))
    return row


def restricted(cast, subject):
    owner = factories.actor(cast.owner)
    only = frozenset({Permission.READ})
    return Actor(owner.ledger_name, owner.person_id, only=only, restricted_to=subject)


def reasons_of(found):
    return [
        reason
        for key in found.readiness
        for reason in found.explained(found.catalog.requirements[key]).reasons
    ]


def test_a_reader_below_stands_where_the_statement_of_the_unit_stands(cast, run):
    governed.finding(cast, about=run, unit=cast.root, at=on(10))
    governed.finding(cast, requirement="27001:9.1", unit=cast.root, at=on(10))

    seen = standing(factories.actor(cast.owner), at=on(17))
    told = standing_of(cast.unit, at=on(17))

    assert seen.tally(run.control).scopes == 1
    for key, state in told.readiness.items():
        mine = seen.readiness[key]
        assert (mine.status, mine.score) == (state.status, state.score), key
        causes = {reason.cause for reason in state.reasons}
        assert {reason.cause for reason in mine.reasons} == causes
    assert seen.readiness[SERVED].status not in {Status.UNKNOWN, Status.GAP}


def test_a_reader_below_is_told_no_detail_of_it(cast, run):
    against = [
        governed.finding(cast, about=run, unit=cast.root, grade=Grade.MAJOR, at=on(10)),
        governed.finding(cast, requirement="27001:9.1", unit=cast.root, at=on(10)),
    ]
    found = standing(factories.actor(cast.owner), at=on(17))

    told = reasons_of(found)

    assert {Cause.OPEN_MAJOR, Cause.OPEN_MINOR} <= {reason.cause for reason in told}
    assert not any(finding.title in reason.detail for finding in against for reason in told)
    records = {reason.record for reason in told if reason.record}
    assert all(record.startswith("controls.applicability:") for record in records), records
    (fact,) = found.implementations(run.control)
    assert (fact.record, fact.scope) == ("", cast.root.name)
    assert {claim.record for claim in fact.claims} == {""}


def test_a_reader_below_is_told_that_a_status_was_set_by_hand_above_and_not_why(cast):
    made = governed.override(cast, requirement="27001:9.1", at=on(10))
    reader = factories.actor(cast.owner)
    found = standing(reader, at=on(17))

    state = found.explained(found.catalog.requirements["27001:9.1"])

    assert (state.status, state.overridden) == (Status.CONFORMING, True)
    first = state.reasons[0]
    assert made.reason not in first.detail
    assert (first.record, first.on) == ("", made.expires_date)
    assert overrides_behind(state, reader, at=on(17)) == []


def test_who_reads_all_is_told_why_a_status_was_set_by_hand(cast):
    made = governed.override(cast, requirement="27001:9.1", at=on(10))
    found = standing(factories.actor(cast.lead), at=on(17))

    first = found.explained(found.catalog.requirements["27001:9.1"]).reasons[0]

    assert (first.record, first.detail) == (made.ledger_subject, made.reason)


def test_who_reads_all_is_told_every_detail(cast, run):
    finding = governed.finding(cast, about=run, unit=cast.root, at=on(10))

    told = reasons_of(standing(factories.actor(cast.lead), at=on(17)))

    assert finding.ledger_subject in {reason.record for reason in told}


def test_what_is_run_for_one_system_above_covers_nobody_below(cast):
    of_all = replace(cast, unit=cast.root, owner=cast.lead)
    system = factories.system(of_all, at=on(2))
    run = factories.implementation(of_all, of=system, at=on(2), approved=False)

    found = standing(factories.actor(cast.owner), at=on(17))

    assert found.implementations(run.control) == ()


def test_a_token_of_one_system_is_told_nothing_of_it(cast, run):
    system = factories.system(cast, at=on(2))

    found = standing(restricted(cast, system.ledger_subject), at=on(17))

    assert found.implementations(run.control) == ()


def test_a_past_day_tells_the_same_of_what_is_run_above(cast, run):
    found = standing(factories.actor(cast.owner), at=on(18), on=on(17).date())

    assert found.readiness == standing(factories.actor(cast.owner), at=on(17)).readiness
    (view,) = [
        view
        for view in credits_then(catalog().requirements[SERVED], found)
        if view.control.id == run.control
    ]
    assert [(scope.name, scope.owner) for scope in view.scopes] == [
        (cast.root.name, cast.lead.name)
    ]


def test_a_requirement_and_a_control_name_where_they_are_run_above(cast, run):
    owner, requirement = factories.actor(cast.owner), catalog().requirements[SERVED]
    found = standing(owner, at=on(17))

    (scope,) = shared_from_above([run.control], found)[run.control]

    assert (scope.name, scope.approved_on) == (cast.root.name, on(3).date())
    (view,) = [
        view
        for view in requirement_credits(requirement, found, owner, at=on(17))
        if view.control.id == run.control
    ]
    assert (view.implementations, view.above) == ((), (scope,))
    assert control_view(found.catalog.control_by_id[run.control], owner, at=on(17)) == []


def test_what_is_run_above_cannot_be_supposed_to_change(cast, run):
    needs = catalog().control_by_id[run.control].evidence
    controls.require_evidence(run, needs, by=factories.actor(cast.lead), at=on(17))
    governed.finding(cast, about=run, unit=cast.root, at=on(17))

    options = supposable(factories.actor(cast.owner), at=on(18), chosen={})

    values = [option.value for given in options.values() for option in given]
    assert all(value and not value.startswith("|") for value in values)
    everything = supposable(factories.actor(cast.lead), at=on(18), chosen={})
    assert len([o for given in everything.values() for o in given]) > len(values)


def test_a_decision_made_above_is_seen_below_and_one_beside_is_not(cast):
    above = governed.decision(cast, SERVED, at=on(2))
    governed.decision(cast, "27001:A.8.15", unit=cast.elsewhere, at=on(2))
    own = governed.decision(cast, SERVED, unit=cast.unit, at=on(3))

    assert set(visible_decisions(factories.actor(cast.owner), at=on(4))) == {above, own}
    assert not visible_decisions(restricted(cast, above.ledger_subject), at=on(4))
