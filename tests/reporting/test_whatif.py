"""What would turn if something changed, by the same functions; nothing is written."""

from datetime import timedelta

import factories
import pytest
from factories import AT

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.controls.actions import Decision, decide_applicability
from twofold.domain.certification import PredicateState
from twofold.domain.readiness import Status
from twofold.domain.supposition import Change, Supposition
from twofold.findings import actions as findings
from twofold.findings.actions import Observed
from twofold.findings.models import Grade
from twofold.ledger.queries import newest
from twofold.reporting.standing import forget, standing
from twofold.reporting.supposable import MOST, supposable, supposition
from twofold.reporting.supposed import Supposed
from twofold.reporting.whatif import what_if

ROLES = "TF-ROL-01"
SERVED = "42001:5.3"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


@pytest.fixture
def cast(db):
    return factories.cast()


@pytest.fixture
def run(cast):
    """The control of roles, approved, with accepted evidence of each need."""
    row = factories.implementation(cast, control=ROLES)
    for need in controls_needs():
        item = factories.evidence_item(cast, kind=need)
        made = factories.claim(row, item, cast)
        controls.accept_claim(made, by=factories.actor(cast.approver), at=AT)
    return row


def controls_needs():
    return [need.kind for need in catalog().control_by_id[ROLES].evidence]


def ask(cast, *given, by=None):
    return {
        turn.framework.id: turn for turn in what_if(given, factories.actor(by or cast.lead), at=AT)
    }


def after(cast, *given, requirement=SERVED):
    """Return the state of a requirement before and after."""
    turns = ask(cast, *given)[requirement.partition(":")[0]].requirements
    found = next((turn for turn in turns if turn.requirement.id == requirement), None)
    return (found.before.status, found.after.status) if found else None


def test_nothing_turns_when_nothing_changes(cast, run):
    for turn in ask(cast).values():
        assert (turn.requirements, turn.predicates) == ((), ())
        assert turn.forecast_before == turn.forecast_after
        assert turn.before == turn.after


def test_supposing_writes_nothing(cast, run):
    before = [line.leaf_hash for line in newest(limit=500)]
    ask(cast, Supposition(Change.RAISED, SERVED), Supposition(Change.SHOWN, "TF-AUD-01"))
    assert [line.leaf_hash for line in newest(limit=500)] == before
    assert standing(factories.actor(cast.lead), at=AT).readiness[SERVED].status is Status.CONFORMING


def test_control_that_is_shown_turns_requirements_of_both_standards(cast):
    turns = ask(cast, Supposition(Change.SHOWN, ROLES))

    for standard, turn in turns.items():
        turned = {entry.requirement.id: entry for entry in turn.requirements}
        assert turned[f"{standard}:5.3"].after.status is Status.CONFORMING
        assert turn.forecast_after.open < turn.forecast_before.open
        assert turn.after.score > (turn.before.score or 0)


def test_predicate_turns_with_what_it_rests_on(cast, run):
    row = factories.implementation(cast, control="TF-POL-01", approved=False)
    decide_applicability(
        [
            Decision(key, applicable=True, reason="Policies are kept.")
            for key in ("42001:A.2.2", "42001:A.2.3", "42001:A.2.4", "27001:A.5.1")
        ],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=AT,
    )
    described = ask(cast, Supposition(Change.APPROVED, row.ledger_subject))["27001"]
    assert "S1-03" not in {entry.predicate.id for entry in described.predicates}
    turns = ask(cast, Supposition(Change.SHOWN, row.ledger_subject))
    found = {entry.predicate.id: entry for entry in turns["27001"].predicates}
    assert (found["S1-03"].before, found["S1-03"].after) == (
        PredicateState.NOT_MET,
        PredicateState.MET,
    )


def test_claim_and_the_evidence_it_leans_on_expire_alike(cast, run):
    claim = run.claims.first()
    item = claim.evidence.item
    by_claim = after(cast, Supposition(Change.EXPIRES, claim.ledger_subject))
    by_item = after(cast, Supposition(Change.EXPIRES, item.ledger_subject))
    assert by_claim == by_item == (Status.CONFORMING, Status.PARTIAL)


def test_claim_that_waits_is_supposed_accepted(cast):
    row = factories.implementation(cast, control=ROLES)
    claims = [
        factories.claim(row, factories.evidence_item(cast, kind=need), cast)
        for need in controls_needs()
    ]
    given = [Supposition(Change.ACCEPTED, claim.ledger_subject) for claim in claims]
    assert after(cast, *given) == (Status.PARTIAL, Status.CONFORMING)


def test_finding_that_is_raised_makes_a_gap_and_one_that_closes_undoes_it(cast, run):
    assert after(cast, Supposition(Change.RAISED, SERVED, "No names")) == (
        Status.CONFORMING,
        Status.GAP,
    )
    raised = findings.raise_finding(
        Observed("No names", "Roles have no names.", Grade.MAJOR, requirement=SERVED),
        unit=cast.root,
        by=factories.actor(cast.auditor),
        at=AT,
    )
    assert after(cast, Supposition(Change.CLOSES, raised.ledger_subject)) == (
        Status.GAP,
        Status.CONFORMING,
    )


def test_finding_against_a_control_as_it_is_run_counts_where_that_is_credited(cast, run):
    assert after(cast, Supposition(Change.RAISED, run.ledger_subject, "Nobody knows")) == (
        Status.CONFORMING,
        Status.GAP,
    )


def test_what_an_outsider_may_not_see_does_not_change_for_them(cast, run):
    item = run.claims.first().evidence.item
    turns = ask(cast, Supposition(Change.EXPIRES, item.ledger_subject), by=cast.outsider)
    assert all(turn.requirements == () for turn in turns.values())


def test_one_supposition_is_the_same_as_doing_it(cast):
    supposed = Supposed(
        standing(factories.actor(cast.lead), at=AT),
        [Supposition(Change.APPLIES, "42001:A.3.2", "Roles are kept.")],
    )
    decide_applicability(
        [Decision("42001:A.3.2", applicable=True, reason="Roles are kept.")],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=AT,
    )
    real = standing(factories.actor(cast.lead), at=AT)
    assert dict(supposed.readiness) == dict(real.readiness)


def test_closing_for_real_gives_what_was_supposed(cast, run):
    raised = findings.raise_finding(
        Observed("No names", "Roles have no names.", Grade.MINOR, implementation=run),
        unit=cast.unit,
        by=factories.actor(cast.auditor),
        at=AT,
    )
    lead = factories.actor(cast.lead)
    supposed = Supposed(standing(lead, at=AT), [Supposition(Change.CLOSES, raised.ledger_subject)])
    assert supposed.implementations(ROLES)[0].matters[0].closed_on == AT.date()
    expected = supposed.readiness[SERVED].status
    findings.answer_finding(
        raised,
        findings.Answer("Nobody wrote them.", "Write them.", AT.date(), cast.owner),
        by=factories.actor(cast.owner),
        at=AT,
    )
    findings.close_finding(
        raised, effectiveness="Names are there.", by=factories.actor(cast.auditor), at=AT
    )
    assert standing(lead, at=AT).readiness[SERVED].status is expected is Status.CONFORMING


def offered(cast, by=None, **chosen):
    options = supposable(factories.actor(by or cast.lead), at=AT, chosen=chosen)
    return {change: [option.value for option in found] for change, found in options.items()}


def test_what_is_offered_is_what_can_change(cast, run):
    waiting = factories.implementation(cast, control="TF-AUD-01", approved=False)
    item = factories.evidence_item(cast, kind="audit-report")
    raised = findings.raise_finding(
        Observed("No names", "Roles have no names.", Grade.MINOR, requirement=SERVED),
        unit=cast.root,
        by=factories.actor(cast.auditor),
        at=AT,
    )
    found = offered(cast)
    claims = [claim.ledger_subject for claim in run.claims.all()]
    assert set(claims) < set(found[Change.EXPIRES])
    assert item.ledger_subject in found[Change.EXPIRES]
    assert found[Change.ACCEPTED] == []
    assert found[Change.CLOSES] == [raised.ledger_subject]
    assert found[Change.APPROVED] == [waiting.ledger_subject]
    assert {SERVED, run.ledger_subject} <= set(found[Change.RAISED])
    assert {ROLES, "TF-PAM-01"} <= set(found[Change.SHOWN])
    assert all(value.startswith("controls.implementation:") for value in found[Change.PASSES])


def test_check_is_offered_and_supposed_by_its_title(cast, run):
    value = offered(cast)[Change.PASSES][0]
    given = supposition(Change.PASSES, value)
    assert given.about == run.ledger_subject
    supposed = Supposed(standing(factories.actor(cast.lead), at=AT), [given])
    passed = [
        check.title
        for check in supposed.implementations(ROLES)[0].checks
        if check.outcome is not None
    ]
    assert passed == [given.detail]


def test_nothing_of_others_is_offered_to_an_outsider(cast, run):
    found = offered(cast, by=cast.outsider)
    for change in (Change.EXPIRES, Change.CLOSES, Change.PASSES, Change.APPROVED):
        assert found[change] == []


def test_long_lists_are_cut_and_keep_what_was_chosen(cast):
    found = offered(cast)
    requirements = [value for value in found[Change.RAISED] if value.startswith("27001")]
    assert len(requirements) == MOST
    last = "27001:A.8.34"
    assert last not in requirements
    assert last in offered(cast, raised=last)[Change.RAISED]


def test_expired_evidence_is_not_offered(cast, run):
    later = AT + timedelta(days=90)
    options = supposable(factories.actor(cast.lead), at=later, chosen={})
    assert options[Change.EXPIRES] == ()
