"""How much of a second standard the work for a first one serves: examples and properties."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.overlap import (
    Asked,
    Overlap,
    Wording,
    overlap,
    served_by,
    worded,
)
from twofold.domain.readiness import PARTIAL_RELATIONS_CAP, Credit, Relation

CONTROLS = [f"C-{number}" for number in range(6)]
WHOLE = (Relation.EQUAL, Relation.SUPERSET)
PARTS = (Relation.SUBSET, Relation.INTERSECTS)

relations = st.sampled_from(Relation)
strengths = st.integers(1, 10)
shares = st.fractions(0, 1, max_denominator=12)
worth = st.dictionaries(st.sampled_from(CONTROLS), shares)
credit_lists = st.lists(
    st.builds(Credit, st.sampled_from(CONTROLS), relations, strengths),
    max_size=5,
    unique_by=lambda credit: credit.control,
)


@st.composite
def asked(draw: st.DrawFn, minimum: int = 0) -> list[Asked]:
    """Some requirements with the controls that are credited to them."""
    found = draw(st.lists(credit_lists, min_size=minimum, max_size=4))
    return [Asked(f"R-{place}", tuple(given)) for place, given in enumerate(found)]


def one(*credits_given: Credit) -> list[Asked]:
    return [Asked("R", credits_given)]


def shares_of(found: Overlap) -> list[tuple[Fraction, Fraction]]:
    return [(entry.potential, entry.shown) for entry in found.served]


def no_lower(more: Overlap, less: Overlap) -> bool:
    """Whether every figure of one is at least that of the other."""
    pairs = zip(shares_of(more), shares_of(less), strict=True)
    return all(
        upper >= lower for now, then in pairs for upper, lower in zip(now, then, strict=True)
    ) and (more.shown or 0) >= (less.shown or 0)


def test_a_control_that_covers_both_wholly_pays_for_all_of_the_second() -> None:
    both = one(Credit("C", Relation.EQUAL, 10))
    found = overlap(both, both, {"C": Fraction(1, 3)})
    assert shares_of(found) == [(1, Fraction(1, 3))]
    assert found.shown == Fraction(1, 3)
    assert found.controls == found.served[0].by == found.served[0].closing == ("C",)


def test_a_control_that_only_touches_the_first_is_no_work_for_it() -> None:
    touches = one(Credit("C", Relation.INTERSECTS, 9))
    found = overlap(touches, one(Credit("C", Relation.EQUAL, 10)), {"C": Fraction(1)})
    assert found.controls == ()
    assert shares_of(found) == [(0, 0)]
    assert found.served[0].closing == ("C",)


def test_partial_credits_add_up_by_strength_and_stay_below_all() -> None:
    controls = ("C", "D")
    second = one(Credit("C", Relation.SUBSET, 2), Credit("D", Relation.INTERSECTS, 2))
    assert served_by(controls, second, {}).served[0].potential == Fraction(4, 10)
    strong = one(Credit("C", Relation.SUBSET, 9), Credit("D", Relation.INTERSECTS, 9))
    assert served_by(controls, strong, {}).served[0].potential == PARTIAL_RELATIONS_CAP
    half = served_by(controls, second, {"C": Fraction(1, 2)})
    assert half.shown == Fraction(1, 10)


def test_the_figure_is_the_mean_over_the_requirements() -> None:
    first = one(Credit("C", Relation.EQUAL, 10))
    second = [
        Asked("all", (Credit("C", Relation.SUPERSET, 8),)),
        Asked("half", (Credit("C", Relation.INTERSECTS, 5),)),
        Asked("nothing", (Credit("D", Relation.EQUAL, 9),)),
        Asked("without", ()),
    ]
    found = overlap(first, second, {"C": Fraction(1)})
    assert found.shown == Fraction(3, 8)


def test_what_lies_furthest_beyond_the_first_remains_first_and_names_what_closes_it() -> None:
    first = one(Credit("C", Relation.EQUAL, 10), Credit("D", Relation.EQUAL, 10))
    second = [
        Asked("shown", (Credit("C", Relation.EQUAL, 9),)),
        Asked("to be run", (Credit("E", Relation.EQUAL, 9), Credit("D", Relation.EQUAL, 9))),
        Asked("half", (Credit("C", Relation.SUBSET, 5), Credit("E", Relation.EQUAL, 9))),
        Asked("beyond", ()),
    ]
    found = overlap(first, second, {"C": Fraction(1)})
    assert [entry.requirement for entry in found.remaining] == ["beyond", "half", "to be run"]
    assert [entry.closing for entry in found.remaining] == [(), ("E",), ("D", "E")]


def test_without_a_requirement_that_applies_there_is_no_figure() -> None:
    found = overlap(one(Credit("C", Relation.EQUAL, 10)), [], {})
    assert (found.shown, found.remaining) == (None, ())
    nothing = worded([], [Wording("R", Relation.EQUAL, 10)])
    assert (nothing.least, nothing.most) == (None, None)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], 0),
        ([Wording("R", Relation.INTERSECTS, 4)], Fraction(4, 10)),
        ([Wording("R", Relation.INTERSECTS, 3), Wording("R", Relation.SUBSET, 4)], Fraction(4, 10)),
        ([Wording("R", Relation.INTERSECTS, 10)], PARTIAL_RELATIONS_CAP),
        ([Wording("R", Relation.SUPERSET, 2)], 1),
        ([Wording("another", Relation.EQUAL, 10)], 0),
    ],
)
def test_by_the_wording_the_strongest_pair_alone_counts(
    pairs: list[Wording], expected: Fraction
) -> None:
    assert worded(["R"], pairs).shares == {"R": expected}


def test_the_range_runs_from_the_whole_alone_to_the_parts_as_well() -> None:
    found = worded(
        ["whole", "part", "more of it", "nothing"],
        [
            Wording("whole", Relation.SUPERSET, 6),
            Wording("part", Relation.INTERSECTS, 3),
            Wording("more of it", Relation.SUBSET, 9),
        ],
    )
    assert (found.wholly, found.partly, found.not_at_all) == (1, 2, 1)
    assert (found.least, found.most) == (Fraction(1, 4), Fraction(9, 20))


@given(asked(), asked(), worth)
def test_figures_lie_between_nothing_and_all(
    first: list[Asked], second: list[Asked], shown: dict[str, Fraction]
) -> None:
    found = overlap(first, second, shown)
    for potential, now in shares_of(found):
        assert 0 <= now <= potential <= 1
    assert 0 <= (found.shown or 0) <= 1
    assert (found.shown is None) == (not second)


@given(asked(), asked(), worth)
def test_partial_credit_never_becomes_full(
    first: list[Asked], second: list[Asked], shown: dict[str, Fraction]
) -> None:
    partial = [
        Asked(
            entry.requirement,
            tuple(credit for credit in entry.credits if credit.relation in PARTS),
        )
        for entry in second
    ]
    found = overlap(first, partial, shown)
    assert all(entry.potential <= PARTIAL_RELATIONS_CAP for entry in found.served)
    assert {entry.requirement for entry in found.remaining} == {
        entry.requirement for entry in partial
    }


@given(asked(), asked(), worth, st.data())
def test_showing_more_of_a_control_never_lowers(
    first: list[Asked], second: list[Asked], shown: dict[str, Fraction], data: st.DataObject
) -> None:
    control = data.draw(st.sampled_from(CONTROLS))
    raised = {**shown, control: data.draw(st.fractions(shown.get(control, Fraction(0)), 1))}
    assert no_lower(overlap(first, second, raised), overlap(first, second, shown))


@given(asked(), asked(minimum=1), worth, st.data())
def test_a_stronger_credit_never_lowers(
    first: list[Asked], second: list[Asked], shown: dict[str, Fraction], data: st.DataObject
) -> None:
    raised = [
        replace(
            entry,
            credits=tuple(
                replace(credit, strength=data.draw(st.integers(credit.strength, 10)))
                for credit in entry.credits
            ),
        )
        for entry in second
    ]
    assert no_lower(overlap(first, raised, shown), overlap(first, second, shown))


@given(asked(minimum=1), asked(minimum=1), worth, shares, st.data())
def test_adding_a_control_never_lowers(
    first: list[Asked],
    second: list[Asked],
    shown: dict[str, Fraction],
    credit: Fraction,
    data: st.DataObject,
) -> None:
    def with_one_more(given_before: list[Asked]) -> list[Asked]:
        return [
            replace(entry, credits=(*entry.credits, made))
            if (made := data.draw(st.none() | added)) is not None
            else entry
            for entry in given_before
        ]

    added = st.builds(Credit, st.just("C-new"), relations, strengths)
    more = overlap(with_one_more(first), with_one_more(second), {**shown, "C-new": credit})
    assert no_lower(more, overlap(first, second, shown))


@given(asked(), asked(), worth)
def test_only_what_is_not_fully_shown_remains(
    first: list[Asked], second: list[Asked], shown: dict[str, Fraction]
) -> None:
    found = overlap(first, second, shown)
    remaining = {entry.requirement for entry in found.remaining}
    assert remaining == {entry.requirement for entry in found.served if entry.shown < 1}
    places = [(entry.potential, entry.shown) for entry in found.remaining]
    assert places == sorted(places)


@given(st.lists(st.builds(Wording, st.sampled_from(["R", "S"]), relations, strengths)))
def test_the_wording_serves_all_only_by_pairs_that_cover_wholly(pairs: list[Wording]) -> None:
    found = worded(["R", "S"], pairs)
    assert found.least is not None
    assert found.most is not None
    assert 0 <= found.least <= found.most <= 1
    wholly = {pair.requirement for pair in pairs if pair.relation in WHOLE}
    assert {key for key, share in found.shares.items() if share == 1} == wholly
    assert all(share <= PARTIAL_RELATIONS_CAP for share in found.shares.values() if share < 1)
