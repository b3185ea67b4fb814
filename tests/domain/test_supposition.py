"""What is supposed to change changes, and nothing else does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readiness_facts import DAY, UNTIL, YESTERDAY, claim, credit, facts, implementation, matter
from readiness_facts import implementations as any_implementation

from twofold.domain.checks import CheckKind, Outcome, Rule
from twofold.domain.readiness import (
    Cause,
    CheckFact,
    Credit,
    ImplementationFact,
    MatterKind,
    Relation,
    RequirementFacts,
    Status,
    assess,
    scope_state,
)
from twofold.domain.supposition import (
    SOMEBODY,
    Change,
    Supposition,
    imagined,
    suppose,
    suppose_of,
)

WAITING = claim("report", accepted_on=None)


def status(fact: ImplementationFact) -> Status:
    return assess(facts(credit(fact)), DAY).status


def test_claim_that_expires_no_longer_counts() -> None:
    run = implementation(claims=(claim("report"),))
    after = suppose(run, Supposition(Change.EXPIRES, "claim:1"), DAY)
    assert status(run) is Status.CONFORMING
    assert status(after) is Status.PARTIAL
    assert after.claims[0].valid_until == YESTERDAY


def test_claim_that_is_accepted_counts() -> None:
    run = implementation(claims=(WAITING,))
    after = suppose(run, Supposition(Change.ACCEPTED, "claim:1"), DAY)
    assert (status(run), status(after)) == (Status.PARTIAL, Status.CONFORMING)
    assert suppose(after, Supposition(Change.ACCEPTED, "claim:1"), UNTIL) == after


def test_what_closes_is_not_open_any_more() -> None:
    run = implementation(claims=(claim("report"),), matters=(matter(),))
    after = suppose(run, Supposition(Change.CLOSES, "breach:0"), DAY)
    assert (status(run), status(after)) == (Status.PARTIAL, Status.CONFORMING)


def test_major_finding_that_is_raised_makes_a_gap() -> None:
    run = implementation(claims=(claim("report"),))
    after = suppose(run, Supposition(Change.RAISED, "impl:1", "Nothing was kept"), DAY)
    assert status(after) is Status.GAP
    assert after.matters[0].kind is MatterKind.MAJOR
    assert after.matters[0].title == "Nothing was kept"


def test_check_that_passes_stands_in_nobodys_way() -> None:
    checks = (CheckFact("Kept", Outcome.FAIL, YESTERDAY), CheckFact("Read", Outcome.ERROR, DAY))
    run = replace(implementation(claims=(claim("report"),)), checks=checks)
    after = suppose(run, Supposition(Change.PASSES, "impl:1", "Kept"), DAY)
    assert [check.outcome for check in after.checks] == [Outcome.PASS, Outcome.ERROR]


def test_description_that_is_approved_has_an_owner_too() -> None:
    run = implementation(owner="", approved_on=None, review_due=YESTERDAY)
    after = suppose(run, Supposition(Change.APPROVED, "impl:1"), DAY)
    assert (after.owner, after.approved_on, after.review_due) == (SOMEBODY, DAY, None)
    assert suppose(implementation(), Supposition(Change.APPROVED, "impl:1"), DAY).owner == "Ada"


def test_control_that_is_shown_conforms_and_is_not_yet_shown_to_work_over_time() -> None:
    after = suppose(
        implementation(approved_on=None, needs=("a", "b")), Supposition(Change.SHOWN, "impl:1"), DAY
    )
    assert status(after) is Status.CONFORMING


FRESH = Rule(CheckKind.FRESHNESS, "evidence", need="report", days=30)
TWICE = Rule(CheckKind.COUNT, "evidence", need="report", at_least=2)
REVIEWED = Rule(
    CheckKind.COUNT, "evidence", need="report", at_least=1, first="author", second="accepted_by"
)
CLAIMED = Rule(CheckKind.FRESHNESS, "claims", where=(("state", "accepted"),), days=3)
SIGNED = Rule(CheckKind.APPROVAL, "implementation", by="approved_by")
TOKENS = Rule(CheckKind.THRESHOLD, "tokens", measure="age_days", at_most=90)


@pytest.mark.parametrize("before", [Outcome.FAIL, Outcome.ERROR, None])
@pytest.mark.parametrize("rule", [FRESH, REVIEWED, CLAIMED])
def test_check_of_evidence_that_is_supposed_passes(rule: Rule, before: Outcome | None) -> None:
    run = checked(CheckFact("Kept", before, YESTERDAY, rule=rule))
    after = suppose(run, Supposition(Change.SHOWN, "impl:1"), DAY)
    assert (after.checks[0].outcome, after.checks[0].ran_on) == (Outcome.PASS, DAY)
    assert status(after) is Status.CONFORMING


def test_check_that_asks_for_more_evidence_than_is_supposed_stays_as_it_is() -> None:
    run = checked(CheckFact("Kept", Outcome.FAIL, YESTERDAY, rule=TWICE))
    assert suppose(run, Supposition(Change.SHOWN, "impl:1"), DAY).checks == run.checks
    with_one = replace(run, claims=(claim("report"), WAITING))
    after = suppose(with_one, Supposition(Change.SHOWN, "impl:1"), DAY)
    assert after.checks[0].outcome is Outcome.PASS


def test_what_was_found_of_the_description_is_no_result_once_it_is_supposed_approved() -> None:
    signed = CheckFact("Signed", Outcome.FAIL, YESTERDAY, record="check:1", rule=SIGNED)
    after = suppose(checked(signed), Supposition(Change.SHOWN, "impl:1"), DAY)
    assert after.checks == (CheckFact("Signed", None, rule=SIGNED),)
    passed = replace(signed, outcome=Outcome.PASS)
    shown = suppose(checked(passed), Supposition(Change.SHOWN, "impl:1"), DAY)
    assert shown.checks == (passed,)


def test_results_about_other_records_are_not_supposed_away() -> None:
    other = CheckFact("Young tokens", Outcome.FAIL, YESTERDAY, rule=TOKENS)
    after = suppose(checked(other), Supposition(Change.SHOWN, "impl:1"), DAY)
    assert after.checks == (other,)
    assert status(after) is Status.PARTIAL


def test_imagined_control_is_under_its_checks_and_those_without_evidence_have_no_result() -> None:
    shown = imagined(
        "TF-1",
        needs=("report",),
        checks=[("Kept", FRESH), ("Young tokens", TOKENS)],
        scope="Bank",
        on=DAY,
        shown=True,
    )
    assert [check.outcome for check in shown.checks] == [Outcome.PASS, None]
    causes = {reason.cause for reason in assess(facts(credit(shown)), DAY).reasons}
    assert Cause.CHECK_NOT_RUN in causes
    assert status(shown) is Status.CONFORMING


def checked(*checks: CheckFact) -> ImplementationFact:
    return replace(implementation(approved_on=None), checks=checks)


def test_control_that_is_imagined_is_approved_and_shown_only_where_asked() -> None:
    approved = imagined("TF-1", needs=("a",), checks=(), scope="Bank", on=DAY, shown=False)
    shown = imagined("TF-1", needs=("a",), checks=(), scope="Bank", on=DAY, shown=True)
    assert (status(approved), status(shown)) == (Status.PARTIAL, Status.CONFORMING)


def test_requirement_applies_is_raised_against_and_relieved() -> None:
    undecided = facts(credit(implementation(claims=(claim("report"),))), needs_decision=True)
    applies = suppose_of(undecided, Supposition(Change.APPLIES, "R"), DAY)
    raised = suppose_of(applies, Supposition(Change.RAISED, "R", "Nothing there"), DAY)
    closed = suppose_of(raised, Supposition(Change.CLOSES, "R"), DAY)
    found = [assess(entry, DAY) for entry in (undecided, applies, raised, closed)]
    assert [entry.status for entry in found] == [
        Status.UNKNOWN,
        Status.CONFORMING,
        Status.GAP,
        Status.CONFORMING,
    ]
    assert found[2].reasons[0].cause is Cause.OPEN_MAJOR


changes = st.sampled_from(Change)


@given(changes, any_implementation)
def test_what_is_about_another_record_changes_nothing(
    change: Change, run: ImplementationFact
) -> None:
    assert suppose(run, Supposition(change, "elsewhere"), DAY) == run
    of = facts(credit(run))
    assert suppose_of(of, Supposition(change, "elsewhere"), DAY) == of


def rungs(run: ImplementationFact) -> tuple[int, float]:
    found = assess(_wholly(run), DAY)
    order = [Status.GAP, Status.PARTIAL, Status.CONFORMING, Status.EFFECTIVE]
    return order.index(found.status), found.score or 0.0


def _wholly(run: ImplementationFact) -> RequirementFacts:
    return facts(Credit("TF-1", Relation.EQUAL, 10, (run,)))


@pytest.mark.parametrize("change", [Change.ACCEPTED, Change.CLOSES, Change.APPROVED, Change.SHOWN])
@given(any_implementation, st.sampled_from(["r1", "r2", "claim:1"]))
def test_what_mends_never_lowers_a_state(
    change: Change, run: ImplementationFact, about: str
) -> None:
    if scope_state(run, DAY) is not None:
        assert rungs(suppose(run, Supposition(change, about), DAY)) >= rungs(run)


@pytest.mark.parametrize("change", [Change.EXPIRES, Change.RAISED])
@given(any_implementation, st.sampled_from(["r1", "r2", "claim:1"]))
def test_what_harms_never_raises_a_state(
    change: Change, run: ImplementationFact, about: str
) -> None:
    if scope_state(run, DAY) is not None:
        assert rungs(suppose(run, Supposition(change, about), DAY)) <= rungs(run)
