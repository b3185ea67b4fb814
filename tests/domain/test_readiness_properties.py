"""What holds for readiness whatever the facts are."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from readiness_facts import (
    DAY,
    checks,
    claims,
    credited,
    days,
    facts,
    implementations,
    known,
    matters,
    overrides,
)

from twofold.domain.checks import Outcome
from twofold.domain.readiness import (
    CheckFact,
    ClaimFact,
    Credit,
    ImplementationFact,
    MatterFact,
    MatterKind,
    OverrideFact,
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
    """Whether what the facts say of one state is at least as good as of the other.

    A status that was set by hand hides nothing of it: `computed` and the score stay.
    """
    if upper.score is None or lower.score is None:
        return (upper.computed, upper.score) == (lower.computed, lower.score)
    rungs = RUNGS.index(upper.computed) >= RUNGS.index(lower.computed)
    return rungs and upper.score >= lower.score


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
        facts,
        decision=decision,
        credits=tuple(_credit_then(credit) for credit in facts.credits),
        matters=_matters_then(facts.matters),
        override=_override_then(facts.override),
    )


def _override_then(override: OverrideFact | None) -> OverrideFact | None:
    if override is None or override.approved_on is None or override.approved_on <= DAY:
        return override
    return replace(override, approved_on=None)


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
        matters=_matters_then(run.matters),
        checks=tuple(_check_then(check) for check in run.checks),
        retired_on=run.retired_on if run.retired_on and run.retired_on <= DAY else None,
    )


def _check_then(check: CheckFact) -> CheckFact:
    return check if check.ran_on and check.ran_on <= DAY else CheckFact(check.title, None)


def _matters_then(matters: tuple[MatterFact, ...]) -> tuple[MatterFact, ...]:
    return tuple(_matter_then(matter) for matter in matters if matter.opened_on <= DAY)


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
            run,
            needs=mixed(run.needs),
            claims=mixed(run.claims),
            matters=mixed(run.matters),
            checks=mixed(run.checks),
        )

    def credit_mixed(credit: Credit) -> Credit:
        runs = tuple(run_mixed(run) for run in mixed(credit.implementations))
        return replace(credit, implementations=runs)

    credits_mixed = tuple(credit_mixed(credit) for credit in mixed(facts.credits))
    return replace(facts, credits=credits_mixed, matters=mixed(facts.matters))


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
@given(anything, matters)
def test_a_matter_of_the_requirement_itself_never_raises(
    facts: RequirementFacts, matter: MatterFact
) -> None:
    worse = replace(facts, matters=(*facts.matters, matter))
    assert no_lower(assess(facts, DAY), assess(worse, DAY))


@settings(deadline=None)
@given(run_somewhere, matters)
def test_a_graver_matter_never_raises(facts: RequirementFacts, matter: MatterFact) -> None:
    def with_kind(kind: MatterKind) -> Readiness:
        graded = replace(matter, kind=kind)
        return assess(changed(facts, lambda run: replace(run, matters=(*run.matters, graded))), DAY)

    assert no_lower(with_kind(MatterKind.MINOR), with_kind(MatterKind.MAJOR))
    assert no_lower(with_kind(MatterKind.BREACH), with_kind(MatterKind.MAJOR))


@settings(deadline=None)
@given(run_somewhere, checks())
def test_a_check_never_raises_whatever_it_finds(facts: RequirementFacts, check: CheckFact) -> None:
    more = changed(facts, lambda run: replace(run, checks=(*run.checks, check)))
    assert no_lower(assess(facts, DAY), assess(more, DAY))


@settings(deadline=None)
@given(run_somewhere, checks(*Outcome))
def test_a_better_outcome_of_a_check_never_lowers(
    facts: RequirementFacts, check: CheckFact
) -> None:
    def with_outcome(outcome: Outcome) -> Readiness:
        found = replace(check, outcome=outcome)
        return assess(changed(facts, lambda run: replace(run, checks=(*run.checks, found))), DAY)

    passed, not_run = with_outcome(Outcome.PASS), with_outcome(Outcome.NOT_RUN)
    assert no_lower(passed, not_run)
    # An error counts as no result does, and a fail for no more than either.
    for worse in (with_outcome(Outcome.FAIL), with_outcome(Outcome.ERROR)):
        assert no_lower(not_run, worse)
    assert no_lower(with_outcome(Outcome.ERROR), with_outcome(Outcome.FAIL))
    assert no_lower(with_outcome(None), with_outcome(Outcome.ERROR))
    assert no_lower(with_outcome(Outcome.ERROR), with_outcome(None))


@settings(deadline=None)
@given(run_somewhere)
def test_no_result_is_never_a_pass(facts: RequirementFacts) -> None:
    unrun = CheckFact("Never run", None)
    # Of a control that only touches the requirement it does not bear on what another one covers.
    whole = replace(facts.credits[0], relation=Relation.EQUAL)
    more = changed(
        replace(facts, credits=(whole, *facts.credits[1:])),
        lambda run: replace(run, checks=(*run.checks, unrun), started_on=DAY, retired_on=None),
    )
    assert assess(more, DAY).computed is not Status.EFFECTIVE


@settings(deadline=None)
@given(anything, overrides)
def test_an_override_changes_the_status_alone(
    facts: RequirementFacts, override: OverrideFact
) -> None:
    plain = assess(replace(facts, override=None), DAY)
    by_hand = assess(replace(facts, override=override), DAY)
    assert (by_hand.computed, by_hand.score) == (plain.status, plain.score)
    in_force = override.approved_on is not None and (
        override.approved_on <= DAY <= override.expires_on
    )
    assert by_hand.overridden is in_force
    assert by_hand.status is (override.status if in_force else plain.status)
    assert by_hand.reasons[1 if in_force else 0 :] == plain.reasons


@settings(deadline=None)
@given(known(credited(*PARTS), minimum=1))
def test_partial_relations_alone_never_conform_nor_exceed_half(
    facts: RequirementFacts,
) -> None:
    readiness = assess(facts, DAY)
    assert readiness.computed not in {Status.CONFORMING, Status.EFFECTIVE}
    assert (readiness.score or 0) <= 0.5


@settings(deadline=None)
@given(anything, credited(*PARTS))
def test_the_share_of_a_partial_relation_never_lowers_the_score_and_never_exceeds_half(
    facts: RequirementFacts, part: Credit
) -> None:
    # What is open against it would hold the requirement back; what it is worth is looked at alone.
    unburdened = replace(
        part,
        control="TF-new",
        implementations=tuple(replace(run, matters=()) for run in part.implementations),
    )
    before = assess(facts, DAY).score or 0
    after = assess(replace(facts, credits=(*facts.credits, unburdened)), DAY).score or 0
    assert before <= after <= max(before, 0.5)


@settings(deadline=None)
@given(anything)
def test_a_score_is_missing_exactly_where_it_is_not_defined(facts: RequirementFacts) -> None:
    readiness = assess(facts, DAY)
    undefined = readiness.computed in {Status.NOT_APPLICABLE, Status.UNKNOWN}
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
        low, high = ranges[readiness.computed]
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
    # What was set by hand ends by itself, and what it hid comes back, better or worse.
    standing = replace(as_of_the_day(facts), override=None)
    assert no_lower(assess(standing, DAY), assess(standing, DAY + timedelta(days=later)))


@settings(deadline=None)
@given(implementations, st.integers(1, 10))
def test_a_control_is_worth_no_more_to_a_requirement_that_it_covers_in_part(
    run: ImplementationFact, strength: int
) -> None:
    def through(relation: Relation) -> Readiness:
        credit = Credit(run.control, relation, strength, (run,))
        return assess(facts(credit), DAY)

    major = any(matter.kind is MatterKind.MAJOR for matter in run.matters)
    for part in PARTS:
        for whole in (Relation.EQUAL, Relation.SUPERSET):
            # A major nonconformity weighs more where everything rests on the control.
            if major:
                assert (through(whole).score or 0) >= (through(part).score or 0)
            else:
                assert no_lower(through(whole), through(part))
