import factories
import pytest
from factories import monitored
from factories.monitored import on

from twofold.catalog.load import catalog
from twofold.controls import actions
from twofold.domain.readiness import Cause
from twofold.reporting import controls
from twofold.reporting.standing import standing


@pytest.fixture
def cast(db):
    return monitored.early_cast()


@pytest.fixture
def loans(cast):
    return monitored.early_loans(cast)


@pytest.fixture
def run(cast, loans):
    return factories.implementation(cast, of=loans.system, at=on(2))


@pytest.fixture
def made(cast, run):
    item = factories.evidence_item(cast, by=cast.engineer, at=on(9))
    return factories.claim(run, item, cast, at=on(9))


def view_of(run, person, *, at=None):
    (found,) = controls.control_view(
        catalog().control_by_id[run.control], factories.actor(person), at=at or on(17)
    )
    return found


def test_every_control_of_the_library_has_a_row(cast, run):
    factories.implementation(cast, approved=False, at=on(2))
    rows = {
        row.control.id: row for row in controls.control_rows(factories.actor(cast.lead), at=on(10))
    }

    assert set(rows) == {control.id for control in catalog().controls}
    assert (rows[run.control].scopes, rows[run.control].approved) == (2, 1)
    assert rows[run.control].state == "partial"
    assert sum(rows[run.control].frameworks) == len(rows[run.control].control.credits)
    assert (rows["TF-FAI-01"].scopes, rows["TF-FAI-01"].state) == (0, "")


def test_an_approval_whose_review_is_overdue_is_not_counted(cast, run):
    later = on(2).replace(year=2027) + (on(3) - on(1))
    (row,) = [
        row
        for row in controls.control_rows(factories.actor(cast.lead), at=later)
        if row.control.id == run.control
    ]

    assert (row.scopes, row.approved) == (1, 0)


def test_each_need_has_its_state_and_its_claims(cast, made, run):
    needs = {need.need.kind: need for need in view_of(run, cast.lead).needs}

    assert needs["monitoring-report"].cause is Cause.EVIDENCE_NOT_ACCEPTED
    (claim,) = needs["monitoring-report"].claims
    assert (claim.claimed_by, claim.accepted_by, claim.may_accept) == ("Owner", "", True)
    assert needs["operating-plan"].cause is Cause.NO_EVIDENCE
    assert needs["operating-plan"].claims == ()


def test_buttons_are_for_those_who_may(cast, run, made):
    permitted = {
        name: (view.may_approve, view.may_claim, view.needs[0].claims[0].may_accept)
        for name in ("owner", "lead", "approver", "engineer", "auditor")
        for view in [view_of(run, getattr(cast, name))]
    }

    assert permitted == {
        "owner": (False, True, False),
        "lead": (True, True, True),
        "approver": (True, False, True),
        "engineer": (False, False, False),
        "auditor": (False, False, False),
    }


def test_an_accepted_claim_names_who_accepted_it_and_cannot_be_again(cast, run, made):
    actions.accept_claim(made, by=factories.actor(cast.approver), at=on(10))
    (claim,) = controls.claim_views(made.evidence.item, factories.actor(cast.lead), at=on(10))

    assert (claim.accepted_by, claim.may_accept) == ("Approver", False)


def test_an_outsider_sees_no_implementation(cast, run):
    control = catalog().control_by_id[run.control]

    assert controls.control_view(control, factories.actor(cast.outsider), at=on(10)) == []


def test_a_requirement_names_its_controls_and_where_they_are_run(cast, run):
    requirement = catalog().requirements["42001:A.6.2.6"]
    lead = factories.actor(cast.lead)
    seen = standing(lead, at=on(10))
    views = controls.requirement_credits(requirement, seen, lead, at=on(10))

    found = {view.control.id: view for view in views}
    assert found["TF-MON-01"].implementations == (run,)
    assert found["TF-MON-01"].credit.requirement == requirement.id


def credited(*claims):
    return controls.credited_requirements(claims)


def test_evidence_is_credited_to_every_requirement_of_the_controls_that_it_is_claimed_for(made):
    found = credited(made)

    control = catalog().control_by_id["TF-MON-01"]
    assert {entry.requirement.id for entry in found} == {
        credit.requirement for credit in control.credits
    }
    assert {entry.requirement.framework for entry in found} >= {"27001", "42001"}
    order = list(catalog().requirements)
    places = [order.index(entry.requirement.id) for entry in found]
    assert places == sorted(places)
    assert not any(entry.accepted for entry in found)
    assert credited() == []


def test_a_requirement_is_shown_under_the_control_whose_claim_was_accepted(cast, made):
    shared = {credit.requirement for credit in catalog().control_by_id["TF-MON-01"].credits}
    other = next(
        control
        for control in catalog().controls
        if control.id != "TF-MON-01" and shared & {credit.requirement for credit in control.credits}
    )
    run = factories.implementation(cast, control=other.id, at=on(2))
    item = factories.evidence_item(cast, by=cast.engineer, kind=other.evidence[0].kind, at=on(9))
    accepted = actions.accept_claim(
        factories.claim(run, item, cast, at=on(9)), by=factories.actor(cast.approver), at=on(10)
    )

    found = {entry.requirement.id: entry for entry in credited(made, accepted)}
    both = shared & {credit.requirement for credit in other.credits}
    assert {found[key].control.id for key in both} == {other.id}
    assert all(found[key].accepted for key in both)
    assert not any(found[key].accepted for key in shared - both)
    assert len(found) == len(shared | {credit.requirement for credit in other.credits})
