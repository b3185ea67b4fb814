"""What is expected is there only when the facts of each requirement say so."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readiness_facts import DAY, YESTERDAY, claim, credit, credited, facts, implementation, known

from twofold.domain.certification import (
    Basis,
    Judgement,
    Level,
    Missing,
    PredicateState,
    Sealed,
    evidence_fault,
    judge,
    statement_fault,
)
from twofold.domain.readiness import (
    ApplicabilityFact,
    Cause,
    ClaimFact,
    MatterFact,
    MatterKind,
    OverrideFact,
    Reason,
    Relation,
    RequirementFacts,
    Status,
    Tally,
    conclude,
    scope_state,
)

NO = ApplicabilityFact(applicable=False, reason="We do not do this.", decided_on=YESTERDAY)
EVIDENCED = (claim("report"),)


def basis(of: RequirementFacts) -> Basis:
    running = []
    for entry in of.credits:
        tally = Tally()
        for fact in entry.implementations:
            state = scope_state(fact, DAY)
            if state is not None:
                tally.add(state)
        running.append((replace(entry, implementations=()), tally))
    return Basis(conclude(of, running, DAY), running)


def judged(level: Level, *of: RequirementFacts) -> Judgement:
    return judge(level, [basis(entry) for entry in of])


def causes(found: Judgement) -> list[Cause]:
    return [lack.reason.cause for lack in found.missing]


def test_described_owned_and_approved_is_designed_and_not_yet_in_operation() -> None:
    only_described = facts(credit(implementation()))
    assert judged(Level.DESIGN, only_described).state is PredicateState.MET
    operating = judged(Level.OPERATION, only_described)
    assert operating.state is PredicateState.NOT_MET
    assert causes(operating) == [Cause.NO_EVIDENCE]


def test_evidence_that_was_accepted_is_operation() -> None:
    found = judged(Level.OPERATION, facts(credit(implementation(claims=EVIDENCED))))
    assert found == Judgement(PredicateState.MET, (), ("R",), ())


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"owner": ""}, Cause.NO_OWNER),
        ({"approved_on": None}, Cause.NOT_APPROVED),
        ({"review_due": YESTERDAY}, Cause.REVIEW_OVERDUE),
    ],
)
def test_fault_of_design_in_one_scope_is_named(changed: dict[str, object], cause: Cause) -> None:
    faulty = replace(implementation(scope="Other"), **changed)
    found = judged(Level.DESIGN, facts(credit(implementation(), faulty)))
    assert (found.state, causes(found)) == (PredicateState.NOT_MET, [cause])
    assert found.missing[0].reason.about == "Other"


def test_another_control_that_covers_it_wholly_without_fault_is_enough() -> None:
    faulty = credit(implementation(approved_on=None))
    sound = credit(implementation(control="TF-2"), control="TF-2")
    assert judged(Level.DESIGN, facts(faulty, sound)).state is PredicateState.MET


def test_control_that_covers_a_part_designs_nothing_and_the_one_that_would_is_named() -> None:
    part = credit(implementation(), relation=Relation.SUBSET, strength=5)
    best = credit(control="TF-9", strength=9)
    found = judged(Level.DESIGN, facts(part, credit(control="TF-8", strength=8), best))
    assert causes(found) == [Cause.NOT_IMPLEMENTED]
    assert found.missing[0].reason.about == "TF-9"


def test_without_any_control_that_would_cover_it_there_is_none() -> None:
    part = credit(implementation(), relation=Relation.INTERSECTS, strength=5)
    assert causes(judged(Level.DESIGN, facts(part))) == [Cause.NO_CONTROL]


@pytest.mark.parametrize("level", Level)
def test_what_nobody_decided_is_unknown_and_what_is_known_not_to_be_there_weighs_more(
    level: Level,
) -> None:
    undecided = facts(credit(implementation()), needs_decision=True)
    missing = facts(credit())
    assert judged(level, undecided).state is PredicateState.UNKNOWN
    both = judged(level, undecided, missing)
    assert both.state is PredicateState.NOT_MET
    assert [lack.unknown for lack in both.missing] == [True, False]


@pytest.mark.parametrize("level", Level)
def test_what_does_not_apply_is_left_out(level: Level) -> None:
    excluded = facts(credit(), decision=NO, excludable=True)
    there = facts(credit(implementation(claims=EVIDENCED)))
    assert judged(level, excluded).state is PredicateState.NOT_APPLICABLE
    assert judged(level, excluded, there) == Judgement(PredicateState.MET, (), ("R",), ("R",))


def test_open_major_finding_undoes_operation_and_leaves_the_design() -> None:
    major = MatterFact("Nothing was kept", YESTERDAY, None, "finding:1", MatterKind.MAJOR)
    of = facts(credit(implementation(claims=EVIDENCED, matters=(major,))))
    assert causes(judged(Level.OPERATION, of)) == [Cause.OPEN_MAJOR]
    assert judged(Level.DESIGN, of).state is PredicateState.MET


def test_status_that_was_set_by_hand_convinces_nobody() -> None:
    override = OverrideFact(Status.CONFORMING, "Trust us.", YESTERDAY, DAY, "override:1")
    found = judged(Level.OPERATION, replace(facts(credit(implementation())), override=override))
    assert (found.state, causes(found)) == (PredicateState.NOT_MET, [Cause.NO_EVIDENCE])


def test_predicate_rests_on_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        judge(Level.DESIGN, [])


NO_FIGURE = Missing("R", Reason(Cause.NO_EVIDENCE, "Acme", detail="figure"), unknown=False)
NO_REGISTER = Missing("R", Reason(Cause.NOT_KEPT, "R", detail="risk register"), unknown=True)


@pytest.mark.parametrize(
    ("besides", "state"),
    [
        ([NO_REGISTER], PredicateState.UNKNOWN),
        ([NO_FIGURE], PredicateState.NOT_MET),
        ([NO_REGISTER, NO_FIGURE], PredicateState.NOT_MET),
    ],
)
def test_what_a_predicate_names_besides_is_not_taken_for_there(
    besides: list[Missing], state: PredicateState
) -> None:
    sound = basis(facts(credit(implementation(claims=EVIDENCED))))
    assert judge(Level.DESIGN, [sound], besides) == Judgement(state, tuple(besides), (), ())


def test_what_is_named_besides_does_not_count_where_nothing_applies() -> None:
    excluded = basis(facts(credit(), decision=NO, excludable=True))
    found = judge(Level.DESIGN, [excluded], [NO_REGISTER])
    assert found == Judgement(PredicateState.NOT_APPLICABLE, (), (), ("R",))


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        ((), Cause.NO_EVIDENCE),
        ((claim("report", valid_until=YESTERDAY),), Cause.EVIDENCE_EXPIRED),
        ((claim("report", accepted_on=None),), Cause.EVIDENCE_NOT_ACCEPTED),
        (EVIDENCED, None),
    ],
)
def test_evidence_of_a_kind_is_there_once_it_is_accepted_and_valid(
    claims: tuple[ClaimFact, ...], cause: Cause | None
) -> None:
    nothing = implementation(scope="Other")
    ((_credit, tally),) = basis(facts(credit(nothing, implementation(claims=claims)))).running
    found = evidence_fault("report", [Tally(), tally], "Acme")
    assert (found and found.cause) == cause


def test_evidence_that_no_scope_is_asked_for_is_missing() -> None:
    ((_credit, tally),) = basis(facts(credit(implementation(claims=EVIDENCED)))).running
    found = evidence_fault("figure", [tally], "Acme")
    assert found == Reason(Cause.NO_EVIDENCE, "Acme", detail="figure")


def test_statement_is_there_while_it_says_what_is_decided() -> None:
    sealed = Sealed("statement:1", {"A.1": True, "A.2": False})
    assert statement_fault("ai", sealed, {"A.1": True, "A.2": False}) is None
    assert statement_fault("ai", None, {}) == Reason(Cause.NO_STATEMENT, "ai")
    for decided in ({"A.2": True}, {"A.2": None}, {"A.1": False, "A.2": True}):
        found = statement_fault("ai", sealed, decided)
        assert found is not None
        assert (found.cause, found.record) == (Cause.STATEMENT_OUTRUN, "statement:1")
    assert statement_fault("ai", sealed, {"A.3": True}) == Reason(
        Cause.STATEMENT_OUTRUN, "ai", "statement:1", "A.3"
    )


levels = st.sampled_from(Level)
ORDER = [PredicateState.NOT_MET, PredicateState.UNKNOWN, PredicateState.MET]


@given(levels, st.lists(known(credited(*Relation)), min_size=1, max_size=3))
@settings(max_examples=200)
def test_each_requirement_is_there_missing_or_excluded_and_never_two_of_it(
    level: Level, of: Sequence[RequirementFacts]
) -> None:
    found = judged(level, *of)
    assert len(found.missing) + len(found.met) + len(found.excluded) == len(of)
    assert (found.state is PredicateState.MET) == bool(found.met and not found.missing)


@given(known(credited(*Relation)), known(credited(*Relation)), levels)
def test_one_more_requirement_never_makes_met_of_what_is_not(
    first: RequirementFacts, second: RequirementFacts, level: Level
) -> None:
    one, both = judged(level, first).state, judged(level, first, second).state
    if one in ORDER and both in ORDER:
        assert ORDER.index(both) <= ORDER.index(one)


@given(known(credited(*Relation)))
def test_what_operates_is_designed_where_it_conforms_by_one_control(of: RequirementFacts) -> None:
    # Conforming allows no fault of design in any scope that runs.
    if judged(Level.OPERATION, of).state is PredicateState.MET:
        assert judged(Level.DESIGN, of).state is PredicateState.MET
