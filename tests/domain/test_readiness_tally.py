"""Tallies hold what counting anew would give, and lead to the same answer as all facts."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readiness_facts import DAY, credited, implementation, implementations, known, matter, twice

from twofold.domain.readiness import (
    Cause,
    Credit,
    ImplementationFact,
    Reason,
    Relation,
    RequirementFacts,
    ScopeState,
    Tally,
    assess,
    conclude,
    scope_state,
)

CLEAN = ScopeState(Fraction(1), False, (Reason(Cause.EVIDENCED, "North"),), None)  # noqa: FBT003
HALF = ScopeState(
    Fraction(1, 2),
    True,  # noqa: FBT003
    (Reason(Cause.NO_OWNER, "South"), Reason(Cause.NO_EVIDENCE, "South", detail="plan")),
    None,
)


def counted(*states: ScopeState) -> Tally:
    tally = Tally()
    for state in states:
        tally.add(state)
    return tally


def contents(tally: Tally) -> tuple[object, ...]:
    """Everything that a tally tells."""
    return (
        tally.scopes,
        tally.faulty,
        tally.credit,
        tally.present,
        tally.first,
        tally.reasons,
        tally.causes,
        [tally.of(cause, 3) for cause in Cause],
    )


def states_of(runs: list[ImplementationFact]) -> list[ScopeState]:
    return [state for run in runs if (state := scope_state(run, DAY))]


def test_a_tally_begins_with_nothing() -> None:
    tally = Tally()
    assert (tally.scopes, tally.faulty, tally.credit) == (0, 0, 0)
    assert (tally.first, tally.reasons, tally.present) == (None, (), set())
    assert tally.of(Cause.NO_OWNER, 3) == []


def test_the_credit_is_the_exact_mean_over_the_scopes() -> None:
    assert counted(CLEAN, HALF, HALF).credit == Fraction(2, 3)
    assert counted(CLEAN, HALF, HALF).faulty == 2


def test_the_most_pressing_reason_comes_first_and_each_once() -> None:
    tally = counted(CLEAN, HALF, HALF)
    assert tally.first == HALF.reasons[0]
    assert tally.reasons == (*HALF.reasons, *CLEAN.reasons)
    assert tally.causes[Cause.NO_OWNER] == 2


def test_the_first_reasons_of_a_cause_are_found_without_the_others() -> None:
    named = [
        ScopeState(Fraction(0), True, (Reason(Cause.NO_OWNER, name),), None)  # noqa: FBT003
        for name in ("C", "A", "B", "A")
    ]
    tally = counted(CLEAN, *named)
    assert [reason.about for reason in tally.of(Cause.NO_OWNER, 2)] == ["A", "B"]
    assert [reason.about for reason in tally.of(Cause.NO_OWNER, 9)] == ["A", "B", "C"]
    assert tally.of(Cause.NO_OWNER, 0) == []
    assert tally.of(Cause.NO_EVIDENCE, 2) == []


def test_what_was_not_counted_in_cannot_be_taken_out() -> None:
    for tally, stranger in (
        (Tally(), CLEAN),
        (counted(CLEAN), HALF),
        (counted(CLEAN), replace(CLEAN, reasons=(Reason(Cause.EVIDENCED, "East"),))),
        (counted(CLEAN), replace(CLEAN, reasons=(Reason(Cause.CHECK_PASSED, "North"),))),
    ):
        with pytest.raises(ValueError, match="not counted in"):
            tally.remove(stranger)


def test_a_reason_of_the_last_day_there_is_and_one_of_no_day_are_told_apart() -> None:
    dated, undated = (
        ScopeState(Fraction(1), False, (Reason(Cause.EVIDENCED, "North", on=on),), None)  # noqa: FBT003
        for on in (date.max, None)
    )
    for first, second in ((dated, undated), (undated, dated)):
        tally = counted(first, second)
        tally.remove(second)
        assert contents(tally) == contents(counted(first))


@settings(deadline=None)
@given(st.lists(implementations, max_size=5), st.integers(0, 2**32))
def test_adding_and_removing_in_any_order_is_counting_the_rest_anew(
    runs: list[ImplementationFact], seed: int
) -> None:
    random = Random(seed)
    states = states_of(runs)
    tally, waiting, inside = Tally(), list(states), list[ScopeState]()
    while waiting:
        if inside and random.random() < 0.4:
            tally.remove(inside.pop(random.randrange(len(inside))))
        else:
            state = waiting.pop(random.randrange(len(waiting)))
            tally.add(state)
            inside.append(state)
    assert contents(tally) == contents(counted(*inside))
    assert contents(tally) == contents(counted(*reversed(inside)))
    for state in inside:
        tally.remove(state)
    assert contents(tally) == contents(Tally())


def tallied(credit: Credit) -> tuple[Credit, Tally]:
    """A credit without its implementations, and the tally of them."""
    return replace(credit, implementations=()), counted(*states_of(list(credit.implementations)))


@settings(deadline=None, max_examples=300)
@given(known(credited(*Relation)))
def test_tallies_lead_to_the_same_status_score_and_first_reason_as_all_facts(
    facts: RequirementFacts,
) -> None:
    whole = assess(facts, DAY)
    running = [tallied(credit) for credit in facts.credits]
    found = conclude(replace(facts, credits=()), running, DAY)
    assert (found.status, found.computed, found.score) == (
        whole.status,
        whole.computed,
        whole.score,
    )
    assert found.reasons[0] == whole.reasons[0]
    assert set(found.reasons) <= set(whole.reasons)
    assert found.overridden is whole.overridden


def test_a_scope_that_changes_is_taken_out_as_it_was_and_put_in_as_it_is() -> None:
    before = implementation(claims=twice("report"))
    after = replace(before, matters=(matter(),))
    elsewhere = implementation(scope="Search model", claims=twice("report"))
    old, new, other = states_of([before, after, elsewhere])
    tally = counted(old, other)
    tally.remove(old)
    tally.add(new)
    assert contents(tally) == contents(counted(other, new))
    assert tally.credit == Fraction(3, 4)
    assert tally.first is not None
    assert tally.first.cause is Cause.OPEN_BREACH
