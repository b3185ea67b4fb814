"""One implementation on a day: its checks, when it is run, and until when its state stays so."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readiness_facts import (
    DAY,
    YESTERDAY,
    check,
    claim,
    credit,
    facts,
    implementation,
    implementations,
    matter,
    offset,
    twice,
)

from twofold.domain.checks import Outcome
from twofold.domain.readiness import (
    Cause,
    CheckFact,
    ImplementationFact,
    MatterKind,
    Reason,
    Relation,
    ScopeState,
    Status,
    assess,
    scope_state,
    turning_days,
)


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def state(run: ImplementationFact, on: date = DAY) -> ScopeState:
    found = scope_state(run, on)
    assert found is not None
    return found


def status(*checks: CheckFact, on: date = DAY) -> tuple[Status, float | None]:
    """Status and score of a requirement whose control is evidenced over time, under checks."""
    run = implementation(claims=twice("report"), checks=checks)
    readiness = assess(facts(credit(run)), on)
    return readiness.status, readiness.score


@pytest.mark.parametrize(
    ("outcome", "expected", "cause"),
    [
        (Outcome.PASS, (Status.EFFECTIVE, 1.0), Cause.CHECK_PASSED),
        (Outcome.FAIL, (Status.PARTIAL, 0.5), Cause.CHECK_FAILED),
        (Outcome.ERROR, (Status.CONFORMING, 1.0), Cause.CHECK_ERROR),
        (Outcome.NOT_RUN, (Status.CONFORMING, 1.0), Cause.CHECK_NOT_RUN),
    ],
)
def test_each_outcome_of_a_check_counts_as_what_it_is(
    outcome: Outcome, expected: tuple[Status, float], cause: Cause
) -> None:
    assert status(check(outcome)) == expected
    run = implementation(claims=twice("report"), checks=(check(outcome),))
    assert Reason(cause, "Lending model", "result:1", "Reports are fresh", YESTERDAY) in (
        state(run).reasons
    )


def test_a_check_that_was_never_run_is_named_with_the_implementation() -> None:
    assert status(check(None)) == (Status.CONFORMING, 1.0)
    run = implementation(claims=twice("report"), checks=(check(None),))
    assert Reason(Cause.CHECK_NOT_RUN, "Lending model", "impl:1", "Reports are fresh") in (
        state(run).reasons
    )


def test_one_check_that_fails_among_those_that_pass_is_held_against_it() -> None:
    assert status(check(), check(Outcome.FAIL, title="Alerts are answered")) == (
        Status.PARTIAL,
        0.5,
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_result_of_tomorrow_is_none_today_and_nothing_of_it_is_told(outcome: Outcome) -> None:
    ahead = implementation(claims=twice("report"), checks=(check(outcome, ran_on=days(1)),))
    unrun = implementation(claims=twice("report"), checks=(check(None),))
    assert set(state(ahead).reasons) == set(state(unrun).reasons)


def test_a_pass_that_has_lapsed_is_no_result() -> None:
    lapsed = check(valid_until=days(-1))
    assert status(lapsed) == (Status.CONFORMING, 1.0)
    assert status(check(valid_until=DAY)) == (Status.EFFECTIVE, 1.0)
    assert status(check(valid_until=None)) == (Status.EFFECTIVE, 1.0)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(Outcome.FAIL, (Status.PARTIAL, 0.5)), (Outcome.ERROR, (Status.CONFORMING, 1.0))],
)
def test_what_did_not_hold_stays_so_when_its_result_lapses(
    outcome: Outcome, expected: tuple[Status, float]
) -> None:
    assert status(check(outcome, valid_until=days(-1))) == expected


def test_a_check_that_passes_shows_nothing_by_itself() -> None:
    run = implementation(checks=(check(),))
    assert state(run).credit == 0
    assert assess(facts(credit(run)), DAY).status is Status.PARTIAL


def test_the_credit_is_the_share_of_met_needs_halved_once() -> None:
    needs = ("report", "plan", "log")
    claims = (*twice("report"), claim("plan"))
    assert state(implementation(needs=needs, claims=claims)).credit == Fraction(2, 3)
    against = implementation(
        needs=needs, claims=claims, matters=(matter(),), checks=(check(Outcome.FAIL),)
    )
    assert state(against).credit == Fraction(1, 3)
    major = implementation(needs=needs, claims=claims, matters=(matter(kind=MatterKind.MAJOR),))
    assert (state(major).credit, state(major).faulty) == (0, False)
    faulty = implementation(needs=needs, claims=claims, owner="")
    assert (state(faulty).credit, state(faulty).faulty) == (0, True)


def test_a_need_that_is_named_twice_counts_once() -> None:
    run = implementation(needs=("report", "report", "plan"), claims=twice("report"))
    assert state(run).credit == Fraction(1, 2)


@pytest.mark.parametrize(
    ("on", "is_run"),
    [(days(-1), False), (DAY, True), (days(9), True), (days(10), False), (days(11), False)],
)
def test_a_control_is_run_from_its_first_day_to_the_day_before_it_is_retired(
    on: date,
    is_run: bool,  # noqa: FBT001 - of a parametrized test
) -> None:
    run = implementation(started_on=DAY, retired_on=days(10))
    assert (scope_state(run, on) is not None) is is_run


def test_a_requirement_whose_only_control_was_retired_is_a_gap() -> None:
    run = implementation(claims=twice("report"), retired_on=DAY)
    readiness = assess(facts(credit(run)), DAY)
    assert (readiness.status, readiness.score) == (Status.GAP, 0.0)
    assert readiness.reasons == (Reason(Cause.NOT_IMPLEMENTED, "TF-1"),)
    assert assess(facts(credit(run)), YESTERDAY).status is Status.EFFECTIVE


def test_a_retired_scope_is_not_held_against_the_one_that_is_run() -> None:
    retired = implementation(owner="", retired_on=YESTERDAY, scope="Search model")
    kept = implementation(claims=twice("report"))
    assert assess(facts(credit(kept, retired)), DAY).status is Status.EFFECTIVE


@pytest.mark.parametrize(
    ("run", "until"),
    [
        (implementation(review_due=None), None),
        (implementation(review_due=days(5)), days(5)),
        (implementation(review_due=date.max), None),
        (implementation(review_due=None, approved_on=days(3)), days(2)),
        (implementation(review_due=None, retired_on=days(3)), days(2)),
        (implementation(claims=(claim("report", valid_until=DAY),)), DAY),
        (implementation(claims=(claim("report", accepted_on=days(4)),)), days(3)),
        (implementation(claims=(claim("report", claimed_on=days(6)),)), days(5)),
        (implementation(matters=(matter(opened_on=days(2)),)), days(1)),
        (implementation(matters=(matter(closed_on=days(2)),)), days(1)),
        (implementation(matters=(matter(due_on=days(2)),)), days(2)),
        (implementation(checks=(check(valid_until=days(7)),)), days(7)),
        (implementation(checks=(check(ran_on=days(7)),)), days(6)),
    ],
)
def test_the_state_stays_so_until_the_day_before_the_next_fact_turns(
    run: ImplementationFact, until: date | None
) -> None:
    assert state(run).until == until


def test_what_is_behind_turns_nothing_more() -> None:
    run = implementation(
        review_due=days(-1),
        matters=(matter(opened_on=days(-9), closed_on=days(-5), due_on=days(-7)),),
        claims=(claim("report", valid_until=days(-1)),),
        checks=(check(valid_until=days(-1)),),
    )
    assert state(run).until is None


@given(implementations, offset(-10, 10), st.integers(0, 60))
def test_the_state_is_the_same_on_every_day_until_its_last(
    run: ImplementationFact, on: date, later: int
) -> None:
    found = scope_state(run, on)
    if found is None:
        return
    day = on + timedelta(days=later)
    if found.until is None or day <= found.until:
        then = scope_state(run, day)
        assert then is not None
        assert (then.credit, then.faulty, then.until) == (found.credit, found.faulty, found.until)
        assert set(then.reasons) == set(found.reasons)
    else:
        assert on <= found.until


@given(implementations, offset(-45, 45))
def test_a_state_changes_on_none_but_its_turning_days(run: ImplementationFact, on: date) -> None:
    before, after = scope_state(run, on - timedelta(days=1)), scope_state(run, on)
    if on not in turning_days(run):
        assert (before is None) is (after is None)
        if before and after:
            assert (before.credit, before.faulty) == (after.credit, after.faulty)
            assert set(before.reasons) == set(after.reasons)


def test_the_turning_days_of_an_implementation_are_when_its_facts_begin_and_end() -> None:
    run = implementation(
        started_on=days(-30),
        approved_on=days(-20),
        review_due=days(20),
        checks=(check(ran_on=days(-2), valid_until=days(2)),),
        matters=(matter(opened_on=days(-4), closed_on=days(-3)),),
        retired_on=days(40),
    )
    assert turning_days(run) == {days(number) for number in (-30, -20, 21, -2, 3, -4, -3, 40)}


@given(implementations)
def test_a_credit_is_a_share_and_nothing_with_a_fault_of_design(run: ImplementationFact) -> None:
    found = scope_state(run, DAY)
    if found is None:
        return
    assert 0 <= found.credit <= 1
    design = {Cause.NO_OWNER, Cause.NOT_APPROVED, Cause.REVIEW_OVERDUE}
    causes = {reason.cause for reason in found.reasons}
    assert found.faulty is bool(causes & design)
    if found.faulty or Cause.OPEN_MAJOR in causes:
        assert found.credit == 0


def test_a_relation_read_from_its_other_end() -> None:
    assert [relation.turned for relation in Relation] == [
        Relation.EQUAL,
        Relation.SUBSET,
        Relation.SUPERSET,
        Relation.INTERSECTS,
    ]
