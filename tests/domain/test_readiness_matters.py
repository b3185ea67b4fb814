"""Known cases of what is open: grades, overdue actions, and matters of a requirement itself."""

from datetime import date, timedelta

import pytest
from readiness_facts import DAY, claim, credit, facts, implementation, matter, override, twice

from twofold.domain.readiness import (
    ApplicabilityFact,
    Cause,
    ImplementationFact,
    MatterFact,
    MatterKind,
    Readiness,
    Reason,
    Relation,
    Status,
    assess,
)


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def causes(readiness: Readiness) -> list[Cause]:
    return [reason.cause for reason in readiness.reasons]


def run(*matters: MatterFact, scope: str = "Lending model") -> ImplementationFact:
    return implementation(claims=twice("report"), matters=matters, scope=scope)


@pytest.mark.parametrize(
    ("kind", "cause", "status", "score"),
    [
        (MatterKind.BREACH, Cause.OPEN_BREACH, Status.PARTIAL, 0.5),
        (MatterKind.MINOR, Cause.OPEN_MINOR, Status.PARTIAL, 0.5),
        (MatterKind.MAJOR, Cause.OPEN_MAJOR, Status.GAP, 0.0),
    ],
)
def test_the_grade_of_a_matter_decides_how_far_it_lowers(
    kind: MatterKind, cause: Cause, status: Status, score: float
) -> None:
    readiness = assess(facts(credit(run(matter("Late reports", kind=kind)))), DAY)
    assert (readiness.status, readiness.score) == (status, score)
    assert readiness.reasons[0] == Reason(
        cause, "Lending model", "breach:0", "Late reports", days(-1)
    )
    assert readiness.held_back_by == readiness.reasons[:1]


def test_two_matters_halve_no_further_than_one() -> None:
    both = run(matter(record="a"), matter(record="b", kind=MatterKind.MINOR))
    assert assess(facts(credit(both)), DAY).score == 0.5


def test_a_major_matter_in_one_of_two_scopes_of_a_covering_control_is_a_gap() -> None:
    given = credit(run(matter(kind=MatterKind.MAJOR)), run(scope="Search model"))
    readiness = assess(facts(given), DAY)
    assert (readiness.status, readiness.score) == (Status.GAP, 0.0)


def test_a_major_matter_of_a_control_that_covers_in_part_is_partial_and_earns_nothing_there() -> (
    None
):
    part = credit(
        run(matter(kind=MatterKind.MAJOR)), control="TF-2", relation=Relation.SUBSET, strength=5
    )
    alone = assess(facts(part), DAY)
    assert (alone.status, alone.score) == (Status.PARTIAL, 0.0)
    beside = assess(facts(part, credit(run())), DAY)
    assert (beside.status, beside.score) == (Status.PARTIAL, 0.9)
    assert beside.reasons[0].cause is Cause.OPEN_MAJOR


@pytest.mark.parametrize(
    ("due_on", "overdue"), [(None, False), (DAY, False), (days(1), False), (days(-1), True)]
)
def test_an_action_is_overdue_from_the_day_after_it_was_due(
    due_on: date | None,
    overdue: bool,  # noqa: FBT001 - of a parametrized test
) -> None:
    late = matter("Late reports", opened_on=days(-9), kind=MatterKind.MINOR, due_on=due_on)
    readiness = assess(facts(credit(run(late))), DAY)
    assert (Cause.ACTION_OVERDUE in causes(readiness)) is overdue
    if overdue:
        # It presses more than the matter that it belongs to.
        assert readiness.reasons[0] == Reason(
            Cause.ACTION_OVERDUE, "Lending model", "breach:0", "Late reports", due_on
        )
        assert readiness.reasons[1].cause is Cause.OPEN_MINOR


@pytest.mark.parametrize(("opened", "closed"), [(days(1), None), (days(-9), DAY)])
def test_what_is_not_open_is_not_overdue_either(opened: date, closed: date | None) -> None:
    done = matter(opened_on=opened, closed_on=closed, due_on=days(-3))
    assert assess(facts(credit(run(done))), DAY).status is Status.EFFECTIVE


def test_a_matter_of_the_requirement_itself_counts_whatever_control_serves_it() -> None:
    own = matter("No review was held", record="finding:1", kind=MatterKind.MINOR)
    readiness = assess(facts(credit(run()), matters=(own,)), DAY)
    # The control keeps its credit, and what is partial is capped.
    assert (readiness.status, readiness.score) == (Status.PARTIAL, 0.9)
    assert readiness.reasons[0] == Reason(
        Cause.OPEN_MINOR, "R", "finding:1", "No review was held", days(-1)
    )


def test_a_matter_that_lies_ahead_hides_nothing_of_the_same_record_today() -> None:
    ahead = matter(record="finding:1", opened_on=days(1))
    today = run(matter(record="finding:0", opened_on=days(-3)), matter(record="finding:1"))
    assert assess(facts(credit(today), matters=(ahead,)), DAY) == assess(facts(credit(today)), DAY)


def test_a_major_matter_of_the_requirement_itself_is_a_gap() -> None:
    own = matter(kind=MatterKind.MAJOR)
    readiness = assess(facts(credit(run()), matters=(own,)), DAY)
    assert (readiness.status, readiness.score) == (Status.GAP, 0.0)


def test_a_closed_matter_of_the_requirement_counts_for_nothing() -> None:
    own = matter(kind=MatterKind.MAJOR, opened_on=days(-9), closed_on=days(-1))
    assert assess(facts(credit(run()), matters=(own,)), DAY).status is Status.EFFECTIVE


def test_an_overdue_matter_of_the_requirement_is_told_beside_what_leaves_it_unknown() -> None:
    own = matter(opened_on=days(-9), due_on=days(-2))
    undecided = assess(facts(credit(run()), needs_decision=True, matters=(own,)), DAY)
    assert causes(undecided) == [Cause.NOT_DECIDED, Cause.OPEN_BREACH, Cause.ACTION_OVERDUE]
    uncontrolled = assess(facts(matters=(own,)), DAY)
    assert causes(uncontrolled) == [Cause.NO_CONTROL, Cause.OPEN_BREACH, Cause.ACTION_OVERDUE]
    unrun = assess(facts(credit(), matters=(own,)), DAY)
    assert causes(unrun) == [Cause.NOT_IMPLEMENTED, Cause.OPEN_BREACH, Cause.ACTION_OVERDUE]
    assert [undecided.score, uncontrolled.score, unrun.score] == [None, None, 0.0]


def test_what_is_excluded_has_no_open_matter() -> None:
    decision = ApplicabilityFact(applicable=False, reason="No premises", decided_on=days(-3))
    own = matter(kind=MatterKind.MAJOR)
    readiness = assess(
        facts(credit(run()), decision=decision, excludable=True, matters=(own,)), DAY
    )
    assert causes(readiness) == [Cause.EXCLUDED]


@pytest.mark.parametrize(
    ("approved", "expires", "status"),
    [
        (days(-1), days(9), Status.CONFORMING),
        (DAY, DAY, Status.CONFORMING),
        (days(-9), days(-1), Status.PARTIAL),
        (days(1), days(9), Status.PARTIAL),
        (None, days(9), Status.PARTIAL),
    ],
    ids=["in force", "of one day", "expired", "approved tomorrow", "not approved"],
)
def test_an_override_counts_from_its_approval_to_its_last_day(
    approved: date | None, expires: date, status: Status
) -> None:
    by_hand = override(approved_on=approved, expires_on=expires)
    readiness = assess(facts(credit(implementation()), override=by_hand), DAY)
    assert (readiness.status, readiness.computed) == (status, Status.PARTIAL)
    assert readiness.overridden is (status is Status.CONFORMING)


def test_an_override_says_so_first_and_the_facts_keep_speaking() -> None:
    half = implementation(needs=("report", "plan"), claims=(claim("report"),))
    readiness = assess(facts(credit(half), override=override(Status.EFFECTIVE)), DAY)
    assert readiness.reasons[0] == Reason(
        Cause.OVERRIDDEN, "R", "override:1", "Seen by the auditor", date(2026, 12, 31)
    )
    assert causes(readiness)[1:] == [Cause.NO_EVIDENCE, Cause.EVIDENCED_ONCE]
    assert (readiness.score, readiness.computed) == (0.5, Status.PARTIAL)


def test_an_override_may_say_what_the_facts_say_and_is_shown_as_one() -> None:
    readiness = assess(facts(credit(run()), override=override(Status.EFFECTIVE)), DAY)
    assert readiness.status is readiness.computed is Status.EFFECTIVE
    assert readiness.overridden


def test_an_override_of_what_is_unknown_gives_it_a_status_and_no_score() -> None:
    readiness = assess(facts(override=override(Status.PARTIAL)), DAY)
    assert (readiness.status, readiness.score) == (Status.PARTIAL, None)
    assert causes(readiness) == [Cause.OVERRIDDEN, Cause.NO_CONTROL]
