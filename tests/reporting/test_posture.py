"""The state of both standards, computed from records that the product's actions wrote."""

from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed, monitored
from factories.monitored import decide, evaluate, on, watch

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.controls.actions import Decision, decide_applicability
from twofold.domain.checks import Outcome
from twofold.domain.readiness import Cause, Status
from twofold.evidence import actions as evidence
from twofold.people.access import Actor, Permission
from twofold.reporting.posture import posture
from twofold.reporting.standing import forget, standing

#: Requirements of both standards that the monitoring control is credited to, and that apply.
SERVED = ("42001:A.6.2.6", "42001:A.6.2.8", "42001:9.1", "27001:A.8.16", "27001:9.1")


@pytest.fixture
def cast(db):
    return monitored.early_cast()


@pytest.fixture
def loans(cast):
    return monitored.early_loans(cast)


@pytest.fixture
def applicable(cast):
    """The decision that the controls among `SERVED` apply."""
    return decide_applicability(
        [
            Decision(requirement, applicable=True, reason="We run such systems.")
            for requirement in SERVED
            if ":A." in requirement
        ],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=on(1),
    )


def states(by, *, at):
    """Return the readiness of what the monitoring control serves, by requirement."""
    found = standing(by, at=at)
    return {key: found.explained(catalog().requirements[key]) for key in SERVED}


def decision_on(requirement, by, *, at):
    return standing(by, at=at).facts_of(catalog().requirements[requirement]).decision


def statuses(by, *, at):
    return {key: state.status for key, state in states(by, at=at).items()}


def causes(by, *, at):
    return [{reason.cause for reason in state.reasons} for state in states(by, at=at).values()]


def show(cast, run, kind, *, first, last, until, at):
    """Add evidence of a period, claim it and have it accepted."""
    item = evidence.add_item(
        f"{kind} from {first}",
        kind=kind,
        unit=cast.unit,
        content=factories.content(period_from=first, period_to=last, valid_until=until),
        by=factories.actor(cast.engineer),
        at=at,
    )
    made = factories.claim(run, item, cast, at=at)
    return controls.accept_claim(made, by=factories.actor(cast.approver), at=at)


@pytest.fixture
def run(cast, loans, applicable):
    """The monitoring control of the system with all the evidence that it needs, until the 20th."""
    row = factories.implementation(cast, of=loans.system, at=on(2))
    for kind in [need.kind for need in catalog().control_by_id[row.control].evidence]:
        show(
            cast,
            row,
            kind,
            first=date(2026, 11, 2),
            last=date(2026, 11, 8),
            until=date(2026, 11, 20),
            at=on(9),
        )
    return row


def test_one_control_makes_requirements_of_both_standards_conform(cast, run):
    found = statuses(factories.actor(cast.lead), at=on(10))

    # Only where the control covers a requirement wholly can it conform by this control alone.
    assert found["42001:A.6.2.6"] is Status.CONFORMING
    assert set(found.values()) == {Status.CONFORMING, Status.PARTIAL}


def test_a_claim_expires_on_the_day_after_and_turns_both_standards_at_once(cast, run):
    lead = factories.actor(cast.lead)
    last = on(20)
    first_without = last + timedelta(days=1)

    assert not any(Cause.EVIDENCE_EXPIRED in found for found in causes(lead, at=last))
    assert all(Cause.EVIDENCE_EXPIRED in found for found in causes(lead, at=first_without))
    assert {key.partition(":")[0] for key in SERVED} == {"42001", "27001"}
    assert statuses(lead, at=first_without)["42001:A.6.2.6"] is Status.PARTIAL


def test_an_open_breach_makes_what_conformed_partial_and_closing_it_undoes_that(cast, run, loans):
    lead = factories.actor(cast.lead)
    watch(loans.system, cast, at=on(9))
    decide(loans, cast, approved=40, refused=0, on=on(10))
    evaluate(at=on(11))
    breached = states(lead, at=on(11))
    decide(loans, cast, approved=0, refused=40, on=on(11), at=on(12))
    evaluate(at=on(12))
    closed = states(lead, at=on(12))

    assert {state.status for state in breached.values()} == {Status.PARTIAL}
    for state in breached.values():
        (reason,) = [r for r in state.reasons if r.cause is Cause.OPEN_BREACH]
        assert reason.detail == "Approvals of Loans is in breach"
        assert reason.record.startswith("monitoring.breach:")
    assert closed["42001:A.6.2.6"].status is Status.CONFORMING
    assert not any(Cause.OPEN_BREACH in found for found in causes(lead, at=on(12)))


def test_a_breach_that_was_closed_today_was_open_on_none_of_the_days_after(cast, run, loans):
    lead = factories.actor(cast.lead)
    watch(loans.system, cast, at=on(9))
    decide(loans, cast, approved=40, refused=0, on=on(10))
    evaluate(at=on(11))
    decide(loans, cast, approved=0, refused=40, on=on(11), at=on(12))
    evaluate(at=on(12))

    assert not any(Cause.OPEN_BREACH in found for found in causes(lead, at=on(13)))


def test_a_breach_of_fairness_is_no_matter_of_the_monitoring_control(cast, run, loans):
    watch(
        loans.system,
        cast,
        metric="fairness.demographic_parity_ratio",
        field="sex",
        below=0.8,
        at=on(9),
    )
    decide(loans, cast, approved=30, refused=10, on=on(10), sex="m")
    decide(loans, cast, approved=10, refused=30, on=on(11), sex="f")
    assert len(evaluate(at=on(12))) == 1

    assert not any(
        Cause.OPEN_BREACH in found for found in causes(factories.actor(cast.lead), at=on(12))
    )


def test_evidence_of_a_second_period_shows_that_it_works_once_every_check_holds(cast, run):
    for kind in [need.kind for need in catalog().control_by_id[run.control].evidence]:
        show(
            cast,
            run,
            kind,
            first=date(2026, 11, 9),
            last=date(2026, 11, 15),
            until=date(2026, 11, 27),
            at=on(16),
        )

    unchecked = statuses(factories.actor(cast.lead), at=on(16))
    governed.checked(run, cast, at=on(16))
    checked = statuses(factories.actor(cast.lead), at=on(16))

    assert unchecked["42001:A.6.2.6"] is Status.CONFORMING
    assert checked["42001:A.6.2.6"] is Status.EFFECTIVE


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [(Outcome.FAIL, Cause.CHECK_FAILED), (Outcome.ERROR, Cause.CHECK_ERROR)],
)
def test_a_check_that_fails_makes_what_conformed_partial_and_an_error_is_no_fail(
    cast, run, outcome, cause
):
    before = statuses(factories.actor(cast.lead), at=on(10))
    governed.checked(run, cast, outcome, at=on(10))

    found = states(factories.actor(cast.lead), at=on(10))

    now = {key: state.status for key, state in found.items()}
    assert Status.CONFORMING in before.values()
    partial = dict.fromkeys(now, Status.PARTIAL)
    assert now == (partial if outcome is Outcome.FAIL else {key: before[key] for key in now})
    assert all(cause in {reason.cause for reason in state.reasons} for state in found.values())


def test_an_outsider_knows_nothing_of_it_but_what_is_decided_above(cast, run, applicable):
    governed.decision(cast, "27001:A.8.15", unit=cast.unit, at=on(2))
    outsider = factories.actor(cast.outsider)

    assert standing(outsider, at=on(10)).implementations(run.control) == ()
    assert decision_on("27001:A.8.15", outsider, at=on(10)) is None
    assert decision_on("27001:A.8.16", outsider, at=on(10)).reason == applicable[0].reason


def test_an_actor_restricted_to_a_system_knows_of_that_alone(cast, run, loans):
    other = factories.system(cast, at=on(1))
    factories.implementation(cast, of=other, at=on(2))
    lead = factories.actor(cast.lead)
    token = Actor(
        lead.ledger_name,
        lead.person_id,
        only=frozenset({Permission.READ}),
        restricted_to=loans.system.ledger_subject,
    )

    found = standing(token, at=on(10))
    run_by_control = [found.implementations(control.id) for control in catalog().controls]
    assert [fact.scope for facts in run_by_control for fact in facts] == ["Loans"]


def decided(cast, *told):
    """Decisions of one control, each in a unit and a day later than the one before."""
    for day, (unit, applicable) in enumerate(told, 2):
        decide_applicability(
            [Decision("27001:A.8.16", applicable=applicable, reason=unit.name)],
            unit=unit,
            by=factories.actor(cast.lead),
            at=on(day),
        )
    return decision_on("27001:A.8.16", factories.actor(cast.lead), at=on(9))


@pytest.mark.parametrize("order", [1, -1])
def test_what_was_excluded_above_applies_where_a_unit_below_says_so(cast, order):
    told = [(cast.root, False), (cast.unit, True), (cast.elsewhere, False)]

    decision = decided(cast, *told[::order])

    assert (decision.applicable, decision.reason) == (True, "Lending")


def test_a_unit_excludes_nothing_for_those_above_it(cast):
    assert decided(cast, (cast.unit, False)) is None
    assert decided(cast, (cast.root, True)).reason == "Acme"


def test_a_unit_decides_for_nobody_above_it(cast):
    assert decided(cast, (cast.unit, True)) is None


def test_for_a_unit_holds_what_it_decided_itself(cast):
    decided(cast, (cast.root, True), (cast.unit, False))
    there = decision_on("27001:A.8.16", factories.actor(cast.owner), at=on(9))
    beside = decision_on("27001:A.8.16", factories.actor(cast.outsider), at=on(9))

    assert (there.applicable, there.reason) == (False, "Lending")
    assert (beside.applicable, beside.reason) == (True, "Acme")


def test_of_equal_decisions_that_of_the_widest_unit_is_told(cast):
    for unit in (cast.root, cast.unit):
        decide_applicability(
            [Decision("27001:A.8.16", applicable=False, reason=unit.name)],
            unit=unit,
            by=factories.actor(cast.lead),
            at=on(2),
        )

    decision = decision_on("27001:A.8.16", factories.actor(cast.lead), at=on(3))
    assert (decision.reason, decision.record.partition(":")[0]) == (
        "Acme",
        "controls.applicability",
    )


def test_counts_sum_to_the_auditable_requirements_of_each_framework(cast, run):
    found = posture(factories.actor(cast.lead), at=on(10))

    assert [framework.framework for framework in found.frameworks] == list(catalog().frameworks)
    for framework in found.frameworks:
        assert set(framework.counts) == set(Status)
        assert sum(framework.counts.values()) == framework.total == len(framework.states)
        assert framework.total == sum(r.auditable for r in framework.framework.requirements)
        scores = [s.readiness.score for s in framework.states if s.readiness.score is not None]
        assert framework.scored == len(scores)
        assert framework.score == (pytest.approx(sum(scores) / len(scores)) if scores else None)


def test_a_framework_of_which_nothing_is_known_has_no_score(cast):
    found = posture(factories.actor(cast.outsider), at=on(10))

    for framework in found.frameworks:
        assert (framework.score is None) == (framework.scored == 0)
        assert framework.counts[Status.CONFORMING] == framework.counts[Status.EFFECTIVE] == 0


@pytest.mark.parametrize("wanted", [0, 1, 3])
def test_no_more_is_to_be_done_next_than_was_asked_for(cast, run, wanted):
    assert (
        len(posture(factories.actor(cast.lead), at=on(10), actions=wanted).next_actions) <= wanted
    )


def queries_with(cast, systems):
    for _ in range(systems):
        schema = factories.schema(factories.system(cast, at=on(1)), cast, at=on(1))
        row = factories.implementation(cast, of=schema.system, at=on(2))
        factories.claim(row, factories.evidence_item(cast, at=on(3)), cast, at=on(3))
        watch(schema.system, cast, at=on(9))
        decide(schema, cast, approved=40, refused=0, on=on(10))
    evaluate(at=on(11))
    lead = factories.actor(cast.lead)
    forget()
    with CaptureQueriesContext(connection) as captured:
        found = standing(lead, at=on(11))
    assert sum(len(fact.matters) for fact in found.implementations("TF-MON-01")) >= systems
    return len(captured)


def test_reading_anew_asks_the_same_for_one_system_and_for_ten(cast, applicable):
    one = queries_with(cast, 1)
    ten = queries_with(cast, 9)

    # One of each model, one of the ledger, and one of the reader's roles; where there are many
    # writers, one more for what they have not committed yet.
    assert one == ten <= 14 + (connection.vendor == "postgresql")
    assert monitored.count(at=on(12)) == 0
