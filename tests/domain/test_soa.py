"""How far a control is implemented and since when, against readiness day by day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from readiness_facts import (
    DAY,
    LONG_AGO,
    YESTERDAY,
    claim,
    credited,
    implementation,
    known,
    matter,
    twice,
)

from twofold.domain.checks import Outcome
from twofold.domain.readiness import (
    ApplicabilityFact,
    CheckFact,
    Credit,
    MatterFact,
    MatterKind,
    OverrideFact,
    Relation,
    RequirementFacts,
    Status,
    assess,
)
from twofold.domain.soa import Days, Held, Progress

NEED = "report"


def held(*implementations, relation=Relation.EQUAL, on=DAY, **facts):
    given_credits = (Credit("TF-1", relation, 9, implementations),) if implementations else ()
    given = {"excludable": True, "needs_decision": True, "credits": given_credits, **facts}
    return Days(on).held(RequirementFacts("A.1", **given))


def shown(**changes):
    return implementation(claims=(claim(NEED),), **changes)


def test_nothing_that_is_run_is_not_started_and_has_been_so_always():
    assert held() == Held(Progress.NOT_STARTED, None)
    assert held(implementation(started_on=DAY + timedelta(days=1))).progress is Progress.NOT_STARTED


def test_a_description_that_nobody_has_approved_is_a_plan_since_it_was_written():
    waiting = implementation(started_on=YESTERDAY, approved_on=None)

    assert held(waiting) == Held(Progress.PLANNED, YESTERDAY)


def test_what_is_approved_and_not_shown_is_partly_implemented_since_its_approval():
    assert held(implementation(started_on=LONG_AGO, approved_on=YESTERDAY)) == Held(
        Progress.PARTLY, YESTERDAY
    )


def test_accepted_evidence_implements_it_since_it_was_accepted():
    assert held(shown()) == Held(Progress.IMPLEMENTED, claim(NEED).accepted_on)


def test_evidence_over_time_does_not_make_it_newer():
    earlier, later = twice(NEED)
    earlier = replace(earlier, claimed_on=date(2026, 5, 27), accepted_on=date(2026, 5, 28))
    continuing = replace(earlier, valid_until=date(2026, 6, 20))

    assert held(implementation(claims=(continuing, later))).since == date(2026, 5, 28)


def test_evidence_that_expired_ends_it_on_the_day_after():
    until = claim(NEED).valid_until

    assert held(shown(), on=until).progress is Progress.IMPLEMENTED
    assert held(shown(), on=until + timedelta(days=1)) == Held(
        Progress.PARTLY, until + timedelta(days=1)
    )


@pytest.mark.parametrize("relation", [Relation.SUBSET, Relation.INTERSECTS])
def test_what_covers_only_a_part_never_implements_it(relation):
    assert held(shown(), relation=relation).progress is Progress.PARTLY


def beside(*, claims=(), matters=(), approved_on=LONG_AGO, relation=Relation.INTERSECTS):
    """A control that only touches the requirement, beside one that covers it wholly."""
    touching = replace(
        implementation(claims=claims, matters=matters, approved_on=approved_on),
        control="TF-2",
        record="impl:2",
    )
    return (
        Credit("TF-1", Relation.EQUAL, 9, (shown(),)),
        Credit("TF-2", relation, 4, (touching,)),
    )


@pytest.mark.parametrize("relation", [Relation.SUBSET, Relation.INTERSECTS])
@pytest.mark.parametrize("approved_on", [LONG_AGO, None])
def test_what_only_touches_it_does_not_take_away_what_another_control_shows(relation, approved_on):
    found = held(credits=beside(relation=relation, approved_on=approved_on))

    assert found == Held(Progress.IMPLEMENTED, claim(NEED).accepted_on)


def test_what_is_open_against_a_control_that_only_touches_it_makes_it_partly():
    assert held(credits=beside(matters=(matter(),))) == Held(Progress.PARTLY, YESTERDAY)


def test_a_scope_that_awaits_approval_leaves_the_other_partly():
    waiting = replace(implementation(approved_on=None), record="impl:2")

    assert held(shown(), waiting).progress is Progress.PARTLY


def test_a_control_that_was_retired_counts_no_more_since_that_day():
    retired = replace(shown(), retired_on=YESTERDAY)

    assert held(retired) == Held(Progress.NOT_STARTED, YESTERDAY)


@pytest.mark.parametrize(
    "matters",
    [
        (matter(),),
        (MatterFact("F-1", YESTERDAY, None, "finding:1", MatterKind.MINOR, YESTERDAY),),
        (MatterFact("F-1", YESTERDAY, None, "finding:1", MatterKind.MAJOR),),
    ],
)
def test_a_matter_against_the_requirement_makes_it_partly_since_it_was_opened(matters):
    assert held(shown(), matters=matters) == Held(Progress.PARTLY, YESTERDAY)


def test_a_matter_that_was_closed_implements_it_again_since_that_day():
    closed = matter(opened_on=date(2026, 6, 13), closed_on=YESTERDAY)

    assert held(shown(), matters=(closed,)) == Held(Progress.IMPLEMENTED, YESTERDAY)


def test_what_is_decided_and_what_is_set_by_hand_do_not_change_the_word():
    excluded = ApplicabilityFact(applicable=False, reason="Not ours.", decided_on=YESTERDAY)
    by_hand = OverrideFact(Status.CONFORMING, "Seen.", YESTERDAY, DAY, "override:1")

    assert held(implementation(), decision=excluded, override=by_hand) == held(implementation())


def checked(outcome, *, ran_on=YESTERDAY):
    check = CheckFact("It holds", outcome, ran_on, ran_on + timedelta(days=7), "check:1")
    return replace(shown(), checks=(check,))


def test_the_result_of_a_check_decides_the_word_and_not_the_day():
    failing = held(checked(Outcome.FAIL))

    assert failing == Held(Progress.PARTLY, None)
    assert held(checked(Outcome.PASS)) == held(shown())
    # Renewed daily, it changes nothing: the same facts are told alike on the next day.
    assert held(checked(Outcome.PASS, ran_on=DAY)) == held(checked(Outcome.PASS))


def test_one_memory_answers_for_many_requirements():
    days, run = Days(DAY), checked(Outcome.PASS)
    facts = RequirementFacts(
        "A.1",
        excludable=True,
        needs_decision=True,
        credits=(Credit("TF-1", Relation.EQUAL, 9, (run,)),),
    )

    first = days.held(facts)

    assert days.held(replace(facts, requirement="A.2")) == first
    assert days.state(run) is days.state(run)


def lasting(facts):
    """The facts with a record of its own for each implementation, and without results of checks."""
    numbers = iter(range(1000))

    def own(fact):
        return replace(fact, record=f"impl:{next(numbers)}", checks=())

    return replace(
        facts,
        needs_decision=False,
        decision=None,
        override=None,
        credits=tuple(
            replace(credit, implementations=tuple(map(own, credit.implementations)))
            for credit in facts.credits
        ),
    )


def word(facts, on):
    """The word by readiness alone, as the definitions have it."""
    run = [
        fact
        for credit in facts.credits
        for fact in credit.implementations
        if fact.started_on <= on and (fact.retired_on is None or fact.retired_on > on)
    ]
    if not run:
        return Progress.NOT_STARTED
    if all(fact.approved_on is None or fact.approved_on > on for fact in run):
        return Progress.PLANNED
    met = assess(facts, on).status in {Status.CONFORMING, Status.EFFECTIVE}
    return Progress.IMPLEMENTED if met else Progress.PARTLY


@settings(max_examples=60, deadline=None)
@given(known(credited(*Relation)))
def test_the_word_holds_on_each_day_since_and_not_on_the_day_before(drawn):
    facts = lasting(drawn)

    found = Days(DAY).held(facts)

    assert found.progress is word(facts, DAY)
    if found.since is None:
        first = min(
            (fact.started_on for c in facts.credits for fact in c.implementations), default=DAY
        )
        days = (first - timedelta(days=1), first, DAY)
        assert {word(facts, day) for day in days if day <= DAY} == {found.progress}
        return
    span = (DAY - found.since).days
    assert span >= 0
    assert {word(facts, DAY - timedelta(days=n)) for n in range(span + 1)} == {found.progress}
    assert word(facts, found.since - timedelta(days=1)) is not found.progress
