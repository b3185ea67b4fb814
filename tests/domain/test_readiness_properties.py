"""What holds for readiness whatever the facts are."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from readiness_facts import DAY, claims, credited, days, facts, implementations, known, matters

from twofold.domain.readiness import (
    ClaimFact,
    Credit,
    ImplementationFact,
    MatterFact,
    Readiness,
    Relation,
    RequirementFacts,
    Status,
    assess,
)

_Value = TypeVar("_Value")
# The two states without a score are no rungs: more evidence leaves them where they are.
RUNGS = [Status.GAP, Status.PARTIAL, Status.CONFORMING, Status.EFFECTIVE]
anything = known(credited(*Relation))
run_somewhere = known(
    credited(*Relation).filter(lambda credit: bool(credit.implementations)), minimum=1
)
PARTS = (Relation.SUBSET, Relation.INTERSECTS)


def no_lower(upper: Readiness, lower: Readiness) -> bool:
    """Whether one state is at least as good as the other."""
    if upper.score is None or lower.score is None:
        return upper == lower
    return RUNGS.index(upper.status) >= RUNGS.index(lower.status) and upper.score >= lower.score


def changed(
    facts: RequirementFacts, change: Callable[[ImplementationFact], ImplementationFact]
) -> RequirementFacts:
    """The same facts with the first implementation of the first credit changed."""
    first, *others = facts.credits
    run, *elsewhere = first.implementations
    kept = replace(first, implementations=(change(run), *elsewhere))
    return replace(facts, credits=(kept, *others))


def as_of_the_day(facts: RequirementFacts) -> RequirementFacts:
    """The same facts without any that is dated after the day."""
    decision = facts.decision if facts.decision and facts.decision.decided_on <= DAY else None
    return replace(
        facts, decision=decision, credits=tuple(_credit_then(credit) for credit in facts.credits)
    )


def _credit_then(credit: Credit) -> Credit:
    return replace(
        credit,
        implementations=tuple(
            _implementation_then(run) for run in credit.implementations if run.started_on <= DAY
        ),
    )


def _implementation_then(run: ImplementationFact) -> ImplementationFact:
    return replace(
        run,
        approved_on=run.approved_on if run.approved_on and run.approved_on <= DAY else None,
        claims=tuple(
            _claim_then(claim)
            for claim in run.claims
            if claim.claimed_on <= DAY and claim.period_from <= DAY
        ),
        matters=tuple(_matter_then(matter) for matter in run.matters if matter.opened_on <= DAY),
    )


def _claim_then(claim: ClaimFact) -> ClaimFact:
    accepted = claim.accepted_on if claim.accepted_on and claim.accepted_on <= DAY else None
    return replace(claim, accepted_on=accepted)


def _matter_then(matter: MatterFact) -> MatterFact:
    closed = matter.closed_on if matter.closed_on and matter.closed_on <= DAY else None
    return replace(matter, closed_on=closed)


def shuffled(facts: RequirementFacts, seed: int) -> RequirementFacts:
    """The same facts in another order at every level."""
    random = Random(seed)

    def mixed(values: tuple[_Value, ...]) -> tuple[_Value, ...]:
        return tuple(random.sample(values, len(values)))

    def run_mixed(run: ImplementationFact) -> ImplementationFact:
        return replace(
            run, needs=mixed(run.needs), claims=mixed(run.claims), matters=mixed(run.matters)
        )

    def credit_mixed(credit: Credit) -> Credit:
        runs = tuple(run_mixed(run) for run in mixed(credit.implementations))
        return replace(credit, implementations=runs)

    return replace(facts, credits=tuple(credit_mixed(credit) for credit in mixed(facts.credits)))


@settings(deadline=None)
@given(run_somewhere, claims())
def test_a_claim_never_lowers_and_its_removal_never_raises(
    facts: RequirementFacts, claim: ClaimFact
) -> None:
    more = changed(facts, lambda run: replace(run, claims=(*run.claims, claim)))
    assert no_lower(assess(more, DAY), assess(facts, DAY))


@settings(deadline=None)
@given(run_somewhere, days)
def test_accepting_a_claim_never_lowers_and_taking_it_back_never_raises(
    facts: RequirementFacts, accepted_on: date
) -> None:
    assume(facts.credits[0].implementations[0].claims)

    def accepted(run: ImplementationFact) -> ImplementationFact:
        first, *others = run.claims
        return replace(run, claims=(replace(first, accepted_on=accepted_on), *others))

    def waiting(run: ImplementationFact) -> ImplementationFact:
        first, *others = run.claims
        return replace(run, claims=(replace(first, accepted_on=None), *others))

    assert no_lower(assess(changed(facts, accepted), DAY), assess(changed(facts, waiting), DAY))


@settings(deadline=None)
@given(run_somewhere, days)
def test_an_approval_never_lowers_and_its_withdrawal_never_raises(
    facts: RequirementFacts, approved_on: date
) -> None:
    with_it = changed(facts, lambda run: replace(run, approved_on=approved_on))
    without = changed(facts, lambda run: replace(run, approved_on=None))
    assert no_lower(assess(with_it, DAY), assess(without, DAY))


@settings(deadline=None)
@given(run_somewhere, matters)
def test_a_matter_never_raises(facts: RequirementFacts, matter: MatterFact) -> None:
    worse = changed(facts, lambda run: replace(run, matters=(*run.matters, matter)))
    assert no_lower(assess(facts, DAY), assess(worse, DAY))


@settings(deadline=None)
@given(known(credited(*PARTS), minimum=1))
def test_partial_relations_alone_never_conform_nor_exceed_nine_tenths(
    facts: RequirementFacts,
) -> None:
    readiness = assess(facts, DAY)
    assert readiness.status not in {Status.CONFORMING, Status.EFFECTIVE}
    assert (readiness.score or 0) <= 0.9


@settings(deadline=None)
@given(anything)
def test_a_score_is_missing_exactly_where_it_is_not_defined(facts: RequirementFacts) -> None:
    readiness = assess(facts, DAY)
    undefined = readiness.status in {Status.NOT_APPLICABLE, Status.UNKNOWN}
    assert (readiness.score is None) is undefined


@settings(deadline=None)
@given(anything)
def test_the_score_lies_in_the_range_of_its_status_and_a_reason_is_given(
    facts: RequirementFacts,
) -> None:
    ranges = {
        Status.GAP: (0, 0),
        Status.PARTIAL: (0, 0.9),
        Status.CONFORMING: (1, 1),
        Status.EFFECTIVE: (1, 1),
    }
    readiness = assess(facts, DAY)
    assert readiness.reasons
    if readiness.score is not None:
        low, high = ranges[readiness.status]
        assert low <= readiness.score <= high


@settings(deadline=None)
@given(anything)
def test_facts_dated_after_the_day_change_nothing(facts: RequirementFacts) -> None:
    assert assess(facts, DAY) == assess(as_of_the_day(facts), DAY)


@settings(deadline=None)
@given(anything, st.integers(0, 2**32))
def test_the_order_of_facts_does_not_matter(facts: RequirementFacts, seed: int) -> None:
    assert assess(shuffled(facts, seed), DAY) == assess(facts, DAY)


@settings(deadline=None)
@given(anything, st.integers(0, 20))
def test_time_alone_never_raises(facts: RequirementFacts, later: int) -> None:
    standing = as_of_the_day(facts)
    assert no_lower(assess(standing, DAY), assess(standing, DAY + timedelta(days=later)))


@settings(deadline=None)
@given(implementations, st.integers(1, 10))
def test_a_control_is_worth_no_more_to_a_requirement_that_it_covers_in_part(
    run: ImplementationFact, strength: int
) -> None:
    def through(relation: Relation) -> Readiness:
        credit = Credit(run.control, relation, strength, (run,))
        return assess(facts(credit), DAY)

    for part in PARTS:
        assert no_lower(through(Relation.EQUAL), through(part))
        assert no_lower(through(Relation.SUPERSET), through(part))
