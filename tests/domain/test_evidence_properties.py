"""Adding evidence never lowers a status and removing it never raises one, checks included.

Pieces of evidence are drawn; from the same ones come the claims that readiness reads and the
observations that the checks judge, so that both are asked together, as the product asks them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from readiness_facts import DAY, credit, credited, facts, implementation, known, twice

from twofold.domain.checks import OF_EVIDENCE, CheckKind, Observation, Outcome, Rule, evaluate
from twofold.domain.readiness import (
    CheckFact,
    ClaimFact,
    ImplementationFact,
    Readiness,
    Relation,
    RequirementFacts,
    Status,
    assess,
)

RUNGS = [Status.GAP, Status.PARTIAL, Status.CONFORMING, Status.EFFECTIVE]
NEEDS = ["a", "b"]
PERSONS = ["person:1", "person:2"]


@dataclass(frozen=True)
class Piece:
    """A claim, with who had a hand in it."""

    fact: ClaimFact
    author: str
    claimed_by: str
    accepted_by: str


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    """Any claim of the past weeks or of days ahead, waiting or accepted, even by its own author."""
    period_from = DAY + timedelta(days=draw(st.integers(-40, 3)))
    period_to = period_from + timedelta(days=draw(st.integers(0, 9)))
    valid_until = period_to + timedelta(days=draw(st.integers(0, 40)))
    claimed_on = DAY + timedelta(days=draw(st.integers(-40, 2)))
    accepted_on = draw(st.none() | st.integers(-5, 2).map(lambda days: DAY + timedelta(days=days)))
    fact = ClaimFact(
        need=draw(st.sampled_from(NEEDS)),
        period_from=period_from,
        period_to=period_to,
        valid_until=valid_until,
        claimed_on=claimed_on,
        accepted_on=accepted_on,
        record=draw(st.sampled_from(["c1", "c2", "c3"])),
    )
    return Piece(fact, *(draw(st.sampled_from(PERSONS)) for _part in range(3)))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule over evidence that can be written, or that was before some were refused."""
    of = draw(st.sampled_from(sorted(OF_EVIDENCE)))
    kind = draw(st.sampled_from(list(CheckKind)))
    parts: dict[str, Any] = {}
    if of == "evidence":
        parts["need"] = draw(st.sampled_from(NEEDS))
    else:
        where = {"state": draw(st.sampled_from(["accepted", "acc*", "*", "waiting"]))}
        parts["where"] = draw(st.sampled_from([(), tuple(where.items()), (("need", "a"),)]))
    if kind is CheckKind.FRESHNESS:
        parts["days"] = draw(st.integers(1, 40))
    if kind in {CheckKind.COUNT, CheckKind.THRESHOLD}:
        parts |= draw(st.sampled_from([{"at_least": 2}, {"at_most": 2}, {"at_most": 4}]))
    if kind is CheckKind.COUNT:
        parts |= draw(st.sampled_from([{}, {"days": 9}]))
    if kind is CheckKind.THRESHOLD:
        parts["measure"] = "age_days"
    if kind is CheckKind.APPROVAL:
        parts["by"] = "accepted_by"
    if kind is CheckKind.SEPARATION or (
        kind in {CheckKind.FRESHNESS, CheckKind.COUNT} and draw(st.booleans())
    ):
        parts |= {"first": draw(st.sampled_from(["author", "claimed_by"])), "second": "accepted_by"}
    return Rule(kind, of, **parts)


def seen(rule: Rule, given_pieces: Sequence[Piece]) -> list[Observation]:
    """What a rule looks at: all claims, or what was accepted of the evidence of its need."""
    made = [piece for piece in given_pieces if piece.fact.claimed_on <= DAY]
    if rule.of == "claims":
        return [_observed(piece, piece.fact.claimed_on) for piece in made]
    return [
        _observed(piece, min(piece.fact.period_to, DAY))
        for piece in made
        if piece.fact.need == rule.need and _accepted(piece) and piece.fact.period_from <= DAY
    ]


def _accepted(piece: Piece) -> bool:
    return piece.fact.accepted_on is not None and piece.fact.accepted_on <= DAY


def _observed(piece: Piece, on: date) -> Observation:
    accepted = _accepted(piece)
    return Observation(
        piece.fact.record,
        on=on,
        labels={"need": piece.fact.need, "state": "accepted" if accepted else "waiting"},
        measures={"age_days": (DAY - on).days},
        actors={
            "author": piece.author,
            "claimed_by": piece.claimed_by,
            "accepted_by": piece.accepted_by if accepted else "",
        },
    )


def judged(of: RequirementFacts, given_pieces: Sequence[Piece], asked: Sequence[Rule]) -> Readiness:
    """The requirement when its first implementation has these pieces and is under these rules."""
    first, *others = of.credits
    run, *elsewhere = first.implementations
    filled: ImplementationFact = replace(
        run,
        claims=tuple(piece.fact for piece in given_pieces),
        checks=tuple(
            CheckFact(str(place), evaluate(rule, seen(rule, given_pieces), on=DAY).outcome, DAY)
            for place, rule in enumerate(asked)
        ),
    )
    changed = replace(first, implementations=(filled, *elsewhere))
    return assess(replace(of, credits=(changed, *others)), DAY)


def no_lower(upper: Readiness, lower: Readiness) -> bool:
    if upper.score is None or lower.score is None:
        return (upper.computed, upper.score) == (lower.computed, lower.score)
    rungs = RUNGS.index(upper.computed) >= RUNGS.index(lower.computed)
    return rungs and upper.score >= lower.score


#: Half of them stand or fall by their evidence and their checks alone.
run_somewhere = st.sampled_from(NEEDS).map(
    lambda need: facts(credit(implementation(needs=(need,))))
) | known(credited(*Relation).filter(lambda drawn: bool(drawn.implementations)), minimum=1)
SHOWN = [
    Piece(replace(fact, record=f"{need}{place}"), PERSONS[0], *PERSONS)
    for need in NEEDS
    for place, fact in enumerate(twice(need))
]
some_pieces = st.lists(pieces(), max_size=4) | st.lists(pieces(), max_size=2).map(
    lambda drawn: [*SHOWN, *drawn]
)
some_rules = rules().map(lambda rule: [rule]) | st.lists(rules(), min_size=1, max_size=3)


@settings(deadline=None, max_examples=400)
@given(run_somewhere, some_pieces, pieces(), some_rules)
def test_a_piece_more_never_lowers_and_its_removal_never_raises_under_any_checks(
    of: RequirementFacts, kept: list[Piece], piece: Piece, asked: list[Rule]
) -> None:
    assert no_lower(judged(of, [*kept, piece], asked), judged(of, kept, asked))


@settings(deadline=None, max_examples=400)
@given(run_somewhere, some_pieces, pieces(), some_rules)
def test_an_acceptance_never_lowers_and_taking_it_back_never_raises_under_any_checks(
    of: RequirementFacts, kept: list[Piece], piece: Piece, asked: list[Rule]
) -> None:
    waiting = replace(piece, fact=replace(piece.fact, accepted_on=None))
    accepted = replace(piece, fact=replace(piece.fact, accepted_on=DAY))
    assert no_lower(judged(of, [*kept, accepted], asked), judged(of, [*kept, waiting], asked))


@given(rules(), some_pieces, pieces())
def test_what_a_check_found_of_evidence_stays_when_more_is_there(
    rule: Rule, kept: list[Piece], piece: Piece
) -> None:
    """A check goes from fail to pass by evidence that is added, and never any other way."""
    before = evaluate(rule, seen(rule, kept), on=DAY).outcome
    after = evaluate(rule, seen(rule, [*kept, piece]), on=DAY).outcome
    assert before is after or (before, after) == (Outcome.FAIL, Outcome.PASS)
