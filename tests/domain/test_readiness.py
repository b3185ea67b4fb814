"""Known cases of every status, cause and step of the score."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from readiness_facts import DAY, claim, credit, facts, implementation, matter, twice

from twofold.domain.readiness import (
    ApplicabilityFact,
    Cause,
    ClaimFact,
    ImplementationFact,
    MatterKind,
    Readiness,
    Reason,
    Relation,
    Status,
    assess,
)


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def standing(implementation: ImplementationFact) -> Readiness:
    """Readiness of a requirement that one control covers, run in one scope."""
    return assess(facts(credit(implementation)), DAY)


def causes(readiness: Readiness) -> list[Cause]:
    return [reason.cause for reason in readiness.reasons]


def test_evidence_of_two_periods_is_effective_and_worth_everything() -> None:
    readiness = standing(implementation(claims=twice("report")))
    assert (readiness.status, readiness.score) == (Status.EFFECTIVE, 1.0)
    assert readiness.reasons == (
        Reason(Cause.EVIDENCED, "Lending model", "claim:2", "report", days(20)),
    )


def test_evidence_of_one_period_is_conforming_and_worth_everything() -> None:
    readiness = standing(implementation(claims=(claim("report"),)))
    assert (readiness.status, readiness.score) == (Status.CONFORMING, 1.0)
    assert causes(readiness) == [Cause.EVIDENCED_ONCE]


def test_one_need_met_once_keeps_the_other_from_being_effective() -> None:
    readiness = standing(
        implementation(needs=("report", "plan"), claims=(*twice("report"), claim("plan")))
    )
    assert readiness.status is Status.CONFORMING
    assert causes(readiness) == [Cause.EVIDENCED_ONCE, Cause.EVIDENCED]


@pytest.mark.parametrize(
    ("first_until", "second_from", "status"),
    [
        (days(-15), days(-20), Status.EFFECTIVE),
        (days(-15), days(-14), Status.EFFECTIVE),
        (days(-15), days(-13), Status.CONFORMING),
    ],
    ids=["still valid when the next begins", "next begins the day after", "lapsed for a day"],
)
def test_a_lapse_between_two_periods_is_not_operation_over_time(
    first_until: date, second_from: date, status: Status
) -> None:
    first = claim(
        "report", period_from=days(-40), period_to=days(-30), valid_until=first_until, record="a"
    )
    second = claim("report", period_from=second_from, period_to=days(-5))
    assert standing(implementation(claims=(first, second))).status is status


def test_two_claims_of_one_period_count_once() -> None:
    claims = (claim("report", record="a"), claim("report", record="b"))
    assert standing(implementation(claims=claims)).status is Status.CONFORMING


def test_a_period_that_begins_on_the_last_day_of_the_other_is_the_same_period() -> None:
    first = claim("report", period_from=days(-30), period_to=days(-10), record="a")
    second = claim("report", period_from=days(-10), period_to=days(-1), record="b")
    assert standing(implementation(claims=(first, second))).status is Status.CONFORMING


def test_a_decision_not_to_apply_excludes_a_control_and_says_why() -> None:
    decision = ApplicabilityFact(
        applicable=False, reason="No premises", decided_on=days(-3), record="decision:1"
    )
    readiness = assess(facts(credit(implementation()), decision=decision, excludable=True), DAY)
    assert (readiness.status, readiness.score) == (Status.NOT_APPLICABLE, None)
    assert readiness.reasons == (
        Reason(Cause.EXCLUDED, "R", "decision:1", "No premises", days(-3)),
    )


def test_a_decision_that_it_applies_lets_the_facts_speak() -> None:
    decision = ApplicabilityFact(applicable=True, reason="We train models", decided_on=DAY)
    readiness = assess(
        facts(
            credit(implementation(claims=twice("report"))),
            decision=decision,
            excludable=True,
            needs_decision=True,
        ),
        DAY,
    )
    assert readiness.status is Status.EFFECTIVE


def test_a_clause_cannot_be_excluded() -> None:
    decision = ApplicabilityFact(applicable=False, reason="We would rather not", decided_on=DAY)
    readiness = assess(facts(credit(implementation()), decision=decision), DAY)
    assert readiness.status is Status.PARTIAL


def test_a_needed_decision_that_is_missing_leaves_it_unknown() -> None:
    whole = credit(implementation(claims=twice("report")))
    readiness = assess(facts(whole, needs_decision=True), DAY)
    assert (readiness.status, readiness.score) == (Status.UNKNOWN, None)
    assert readiness.reasons == (Reason(Cause.NOT_DECIDED, "R"),)


def test_no_control_mapped_leaves_it_unknown() -> None:
    readiness = assess(facts(), DAY)
    assert (readiness.status, readiness.score) == (Status.UNKNOWN, None)
    assert readiness.reasons == (Reason(Cause.NO_CONTROL, "R"),)


def test_no_control_implemented_is_a_gap_that_names_each_control() -> None:
    readiness = assess(facts(credit(control="TF-2"), credit(control="TF-1")), DAY)
    assert (readiness.status, readiness.score) == (Status.GAP, 0.0)
    assert readiness.reasons == (
        Reason(Cause.NOT_IMPLEMENTED, "TF-1"),
        Reason(Cause.NOT_IMPLEMENTED, "TF-2"),
    )


def test_an_implementation_that_begins_tomorrow_is_none_today() -> None:
    later = implementation(started_on=days(1), claims=twice("report"))
    assert causes(standing(later)) == [Cause.NOT_IMPLEMENTED]


@pytest.mark.parametrize(
    ("faulty", "cause", "on"),
    [
        (implementation(claims=twice("report"), owner=""), Cause.NO_OWNER, None),
        (implementation(claims=twice("report"), approved_on=None), Cause.NOT_APPROVED, None),
        (implementation(claims=twice("report"), approved_on=days(1)), Cause.NOT_APPROVED, None),
        (
            implementation(claims=twice("report"), review_due=days(-1)),
            Cause.REVIEW_OVERDUE,
            days(-1),
        ),
    ],
    ids=["no owner", "not approved", "approved tomorrow", "review due yesterday"],
)
def test_a_fault_of_design_in_every_scope_is_a_gap_whatever_is_evidenced(
    faulty: ImplementationFact, cause: Cause, on: date | None
) -> None:
    readiness = standing(faulty)
    assert (readiness.status, readiness.score) == (Status.GAP, 0.0)
    assert readiness.reasons[0] == Reason(cause, "Lending model", "impl:1", "TF-1", on)


@pytest.mark.parametrize("review_due", [DAY, None])
def test_a_review_counts_until_its_last_day(review_due: date | None) -> None:
    kept = implementation(claims=twice("report"), review_due=review_due)
    assert standing(kept).status is Status.EFFECTIVE


def test_a_fault_of_design_in_one_of_two_scopes_is_partial_and_worth_half() -> None:
    sound = implementation(claims=twice("report"))
    faulty = implementation(claims=twice("report"), owner="", scope="Search model")
    readiness = assess(facts(credit(sound, faulty)), DAY)
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.5)
    assert causes(readiness)[0] is Cause.NO_OWNER


def test_a_need_without_a_claim_has_no_evidence() -> None:
    readiness = standing(implementation(needs=("report", "plan"), claims=twice("report")))
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.5)
    assert readiness.reasons[0] == Reason(Cause.NO_EVIDENCE, "Lending model", "impl:1", "plan")


@pytest.mark.parametrize(
    "unseen",
    [
        claim("report", claimed_on=days(1)),
        claim("report", period_from=days(1), period_to=days(2)),
    ],
    ids=["claimed tomorrow", "of a period that begins tomorrow"],
)
def test_a_claim_that_could_not_be_seen_yet_is_no_evidence(unseen: ClaimFact) -> None:
    assert causes(standing(implementation(claims=(unseen,)))) == [Cause.NO_EVIDENCE]


def test_an_implementation_that_asks_for_no_evidence_shows_nothing() -> None:
    readiness = standing(implementation(needs=()))
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.0)
    assert readiness.reasons == (Reason(Cause.NO_EVIDENCE, "Lending model", "impl:1", "TF-1"),)


def test_evidence_counts_on_its_last_day_and_expires_on_the_next() -> None:
    last = implementation(claims=(claim("report", valid_until=DAY),))
    assert standing(last).status is Status.CONFORMING
    readiness = assess(facts(credit(last)), days(1))
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.0)
    assert readiness.reasons == (
        Reason(Cause.EVIDENCE_EXPIRED, "Lending model", "claim:1", "report", DAY),
    )


@pytest.mark.parametrize("accepted_on", [None, days(1)], ids=["never", "tomorrow"])
def test_a_claim_that_nobody_accepted_by_then_shows_nothing(accepted_on: date | None) -> None:
    waiting = claim("report", accepted_on=accepted_on, record="waiting")
    readiness = standing(implementation(claims=(waiting,)))
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.0)
    assert readiness.reasons == (
        Reason(Cause.EVIDENCE_NOT_ACCEPTED, "Lending model", "waiting", "report"),
    )


def test_a_renewal_that_waits_for_acceptance_is_the_next_step_and_not_another_renewal() -> None:
    expired = claim("report", valid_until=days(-1))
    renewed = claim("report", accepted_on=None, record="renewed")
    readiness = standing(implementation(claims=(expired, renewed)))
    assert readiness.reasons == (
        Reason(Cause.EVIDENCE_NOT_ACCEPTED, "Lending model", "renewed", "report"),
    )


def test_accepting_what_has_expired_would_not_help_so_it_is_named_expired() -> None:
    stale = claim("report", valid_until=days(-1), accepted_on=None)
    assert causes(standing(implementation(claims=(stale,)))) == [Cause.EVIDENCE_EXPIRED]


def test_an_open_matter_makes_it_partial_and_halves_the_credit() -> None:
    open_one = matter(title="Drift", opened_on=days(-2), record="breach:1")
    readiness = standing(implementation(claims=twice("report"), matters=(open_one,)))
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.5)
    assert readiness.reasons[0] == Reason(
        Cause.OPEN_BREACH, "Lending model", "breach:1", "Drift", days(-2)
    )


def test_an_open_matter_is_named_before_what_is_missing_on_paper() -> None:
    readiness = standing(implementation(owner="", matters=(matter(),)))
    assert causes(readiness) == [Cause.OPEN_BREACH, Cause.NO_OWNER, Cause.NO_EVIDENCE]


@pytest.mark.parametrize(
    ("opened", "closed", "status"),
    [
        (days(1), None, Status.EFFECTIVE),
        (DAY, None, Status.PARTIAL),
        (days(-5), DAY, Status.EFFECTIVE),
        (days(-5), days(1), Status.PARTIAL),
    ],
    ids=["opens tomorrow", "opens today", "closed today", "closes tomorrow"],
)
def test_a_matter_is_open_from_its_day_to_the_day_before_it_closes(
    opened: date, closed: date | None, status: Status
) -> None:
    matters = (matter(opened_on=opened, closed_on=closed),)
    assert standing(implementation(claims=twice("report"), matters=matters)).status is status


@pytest.mark.parametrize("relation", [Relation.EQUAL, Relation.SUPERSET])
def test_strength_does_not_lessen_a_relation_that_covers_wholly(relation: Relation) -> None:
    whole = credit(implementation(claims=twice("report")), relation=relation, strength=7)
    assert assess(facts(whole), DAY).score == 1.0


@pytest.mark.parametrize("relation", [Relation.SUBSET, Relation.INTERSECTS])
def test_a_partial_relation_counts_by_its_strength_in_tenths(relation: Relation) -> None:
    part = credit(implementation(claims=twice("report")), relation=relation, strength=4)
    readiness = assess(facts(part), DAY)
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.4)
    assert readiness.reasons[0] == Reason(Cause.ONLY_PARTLY_COVERED, "TF-1")


@pytest.mark.parametrize("relation", [Relation.SUBSET, Relation.INTERSECTS])
def test_one_partial_relation_is_worth_no_more_than_half_however_strong(relation: Relation) -> None:
    part = credit(implementation(claims=twice("report")), relation=relation, strength=9)
    assert assess(facts(part), DAY).score == 0.5


def test_partial_credits_add_up_to_half_and_no_further() -> None:
    run = implementation(claims=twice("report"))
    parts = [
        credit(run, control=f"TF-{place}", relation=Relation.INTERSECTS, strength=strength)
        for place, strength in enumerate((1, 3, 3))
    ]
    assert assess(facts(*parts[:2]), DAY).score == 0.4
    readiness = assess(facts(*parts), DAY)
    assert readiness.score == 0.5
    # Of the two that share most, the first by name.
    assert readiness.reasons[0] == Reason(Cause.ONLY_PARTLY_COVERED, "TF-1")


def test_the_best_of_whole_credit_and_summed_partial_credits_is_the_score() -> None:
    quarter = credit(
        implementation(needs=("report", "plan", "log", "note"), claims=twice("report"))
    )
    run = implementation(claims=twice("report"), control="TF-2")
    strong = credit(run, control="TF-2", relation=Relation.SUBSET, strength=4)
    weak = replace(strong, strength=2)
    assert assess(facts(quarter, strong), DAY).score == 0.4
    assert assess(facts(quarter, weak), DAY).score == 0.25


def test_many_partial_controls_do_not_stand_in_for_a_covering_one_that_shows_nothing() -> None:
    minor = matter(kind=MatterKind.MINOR)
    whole = credit(implementation(matters=(minor,)))
    parts = [
        credit(
            implementation(control=f"TF-{place}", claims=twice("report")),
            control=f"TF-{place}",
            relation=Relation.INTERSECTS,
            strength=5,
        )
        for place in range(2, 6)
    ]
    readiness = assess(facts(whole, *parts), DAY)
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.5)
    assert causes(readiness)[0] is Cause.OPEN_MINOR


def test_what_a_partial_control_lacks_is_not_held_against_a_requirement_that_another_covers() -> (
    None
):
    whole = credit(implementation(claims=twice("report")))
    part = credit(
        implementation(control="TF-2", owner="", approved_on=None),
        control="TF-2",
        relation=Relation.INTERSECTS,
        strength=3,
    )
    readiness = assess(facts(whole, part), DAY)
    assert (readiness.status, readiness.score) == (Status.EFFECTIVE, 1.0)
    assert causes(readiness) == [Cause.EVIDENCED]


def test_what_is_open_against_a_partial_control_is_held_against_a_covered_requirement() -> None:
    whole = credit(implementation(claims=twice("report")))
    part = credit(
        implementation(control="TF-2", matters=(matter(),)),
        control="TF-2",
        relation=Relation.INTERSECTS,
        strength=3,
    )
    readiness = assess(facts(whole, part), DAY)
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.9)
    assert causes(readiness) == [Cause.OPEN_BREACH, Cause.EVIDENCED]


def test_what_a_partial_control_lacks_is_held_against_a_requirement_that_none_covers() -> None:
    part = credit(implementation(control="TF-2"), relation=Relation.INTERSECTS, strength=3)
    assert causes(assess(facts(part), DAY)) == [Cause.NO_EVIDENCE, Cause.ONLY_PARTLY_COVERED]


def test_a_covering_control_that_is_not_run_covers_nothing() -> None:
    whole = credit(control="TF-9")
    part = credit(implementation(claims=twice("report")), relation=Relation.SUBSET, strength=6)
    assert causes(assess(facts(whole, part), DAY)) == [
        Cause.ONLY_PARTLY_COVERED,
        Cause.EVIDENCED,
    ]


def test_within_a_cause_the_earliest_day_comes_first() -> None:
    claims = (
        claim("a", valid_until=days(-2), record="late"),
        claim("b", valid_until=days(-4), record="early"),
    )
    readiness = standing(implementation(needs=("a", "b"), claims=claims))
    assert [reason.record for reason in readiness.reasons] == ["early", "late"]


def test_a_ground_shared_by_two_credits_is_told_once() -> None:
    run = implementation()
    readiness = assess(facts(credit(run), credit(run, relation=Relation.SUBSET)), DAY)
    assert causes(readiness) == [Cause.NO_EVIDENCE]


def test_an_earlier_period_that_nobody_accepted_does_not_make_it_effective() -> None:
    earlier, current = twice("report")
    claims = (replace(earlier, accepted_on=None), current)
    assert standing(implementation(claims=claims)).status is Status.CONFORMING


def test_partial_credits_add_nothing_to_a_requirement_that_is_wholly_covered() -> None:
    run = implementation(claims=twice("report"))
    parts = [credit(run, control=name, relation=Relation.SUBSET, strength=9) for name in ("B", "C")]
    readiness = assess(facts(credit(run), *parts), DAY)
    assert (readiness.status, readiness.score) == (Status.EFFECTIVE, 1.0)


def test_equal_grounds_stand_in_one_order_however_they_are_given() -> None:
    alike = tuple(matter(opened_on=days(-1), record=name) for name in ("b", "a"))
    runs = (
        implementation(scope="North", claims=twice("report"), matters=alike),
        implementation(scope="East", claims=twice("report"), matters=alike[::-1]),
    )
    given = [credit(*runs), credit(*runs[::-1], control="TF-0")]
    reasons = assess(facts(*given), DAY).reasons
    assert reasons == assess(facts(*given[::-1]), DAY).reasons
    assert [(reason.about, reason.record) for reason in reasons[:4]] == [
        ("East", "a"),
        ("East", "b"),
        ("North", "a"),
        ("North", "b"),
    ]


def test_of_equal_claims_the_same_one_is_shown_however_they_are_given() -> None:
    claims = (claim("report", record="a"), claim("report", record="b"))
    for given in (claims, claims[::-1]):
        assert standing(implementation(claims=given)).reasons[0].record == "b"


def test_of_controls_equally_close_the_same_one_is_named_however_they_are_given() -> None:
    run = implementation(claims=twice("report"))
    given = [credit(run, control=name, relation=Relation.SUBSET, strength=4) for name in ("B", "A")]
    for parts in (given, given[::-1]):
        assert assess(facts(*parts), DAY).reasons[0].about == "A"


@pytest.mark.parametrize("applicable", [True, False])
def test_a_decision_of_tomorrow_is_none_today(*, applicable: bool) -> None:
    decision = ApplicabilityFact(applicable=applicable, reason="Later", decided_on=days(1))
    readiness = assess(facts(decision=decision, excludable=True, needs_decision=True), DAY)
    assert causes(readiness) == [Cause.NOT_DECIDED]
