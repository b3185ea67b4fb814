"""What holds of checks whatever the rule and whatever was observed."""

import math
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.checks import (
    LONGEST_DAYS,
    POPULATIONS,
    CheckKind,
    Observation,
    Outcome,
    Rule,
    evaluate,
    monotony_fault,
)

DAY = date(2026, 6, 15)
#: What must hold of each record, and so says nothing where there is none.
OF_EACH = [CheckKind.THRESHOLD, CheckKind.APPROVAL, CheckKind.SEPARATION]


def days(number: int) -> date:
    return DAY + timedelta(days=number)


names = st.sampled_from(["", "person:1", "person:2"])
numbers = st.none() | st.floats() | st.integers(-3, 3)


@st.composite
def observations(draw: st.DrawFn, of: str) -> Observation:
    """Any record of a population, parts of it missing."""
    population = POPULATIONS[of]

    def some(parts: frozenset[str], values: st.SearchStrategy[Any]) -> dict[str, Any]:
        drawn: dict[str, Any] = draw(
            st.dictionaries(st.sampled_from(sorted(parts)), values) if parts else st.just({})
        )
        return drawn

    return Observation(
        record=draw(st.sampled_from(["r:1", "r:2", "r:3"])),
        on=draw(st.none() | st.integers(-5, 5).map(days)),
        labels=some(population.labels, st.sampled_from(["a", "ab", "b"])),
        measures=some(population.measures, numbers),
        actors=some(population.actors, names),
    )


@st.composite
def bounds(draw: st.DrawFn) -> dict[str, float]:
    """A lower bound, an upper one, or both in their order."""
    finite = st.integers(-3, 3) | st.floats(-3, 3)
    low, high = sorted(draw(st.tuples(finite, finite)))
    both = {"at_least": low, "at_most": high}
    chosen = draw(st.sampled_from([["at_least"], ["at_most"], ["at_least", "at_most"]]))
    return {name: both[name] for name in chosen}


@st.composite
def rules(draw: st.DrawFn, *kinds: CheckKind) -> Rule:
    """Any rule of these kinds that can be written."""
    kind = draw(st.sampled_from(kinds or tuple(CheckKind)))
    able = [
        name
        for name, population in POPULATIONS.items()
        if (kind is not CheckKind.THRESHOLD or population.measures)
        and (kind is not CheckKind.APPROVAL or population.actors)
        and (kind is not CheckKind.SEPARATION or len(population.actors) > 1)
    ]
    of = draw(st.sampled_from(able))
    population = POPULATIONS[of]
    parts: dict[str, Any] = {"need": "report"} if of == "evidence" else {}
    if population.labels:
        label = st.sampled_from(sorted(population.labels))
        values = st.sampled_from(["a", "a*", "b", "*"])
        parts["where"] = tuple(draw(st.dictionaries(label, values, max_size=1)).items())
    if kind is CheckKind.FRESHNESS or (kind is CheckKind.COUNT and draw(st.booleans())):
        parts["days"] = draw(st.integers(1, 6) | st.just(LONGEST_DAYS))
    if kind in {CheckKind.COUNT, CheckKind.THRESHOLD}:
        parts |= draw(bounds())
    if kind is CheckKind.THRESHOLD:
        parts["measure"] = draw(st.sampled_from(sorted(population.measures)))
    actors = draw(st.permutations(sorted(population.actors)))
    if kind is CheckKind.APPROVAL:
        parts["by"] = actors[0]
    may = kind in {CheckKind.FRESHNESS, CheckKind.COUNT} and len(actors) > 1
    if kind is CheckKind.SEPARATION or (may and draw(st.booleans())):
        parts["first"], parts["second"] = actors[:2]
    return Rule(kind, of, **parts)


@st.composite
def looked_at(draw: st.DrawFn, *kinds: CheckKind) -> tuple[Rule, list[Observation]]:
    """A rule and records of its population."""
    rule = draw(rules(*kinds))
    return rule, draw(st.lists(observations(rule.of), max_size=5))


def measured(rule: Rule, entry: Observation) -> bool:
    """Whether the measure that the rule is about could be computed."""
    value = entry.measures.get(rule.measure)
    return value is not None and not math.isnan(value)


@given(looked_at())
def test_an_error_is_never_a_fail(drawn: tuple[Rule, list[Observation]]) -> None:
    """What could not be computed fails nothing: without it the answer would be the same."""
    rule, given_records = drawn
    result = evaluate(rule, given_records, on=DAY)
    certain = [entry for entry in given_records if not rule.measure or measured(rule, entry)]
    if result.outcome is Outcome.FAIL:
        assert evaluate(rule, certain, on=DAY).outcome is Outcome.FAIL
    if result.outcome is Outcome.ERROR:
        assert rule.kind is CheckKind.THRESHOLD
        assert evaluate(rule, certain, on=DAY).outcome in {Outcome.PASS, Outcome.NOT_RUN}


@given(rules())
def test_no_records_are_never_a_pass_of_what_must_hold_of_each(rule: Rule) -> None:
    outcome = evaluate(rule, [], on=DAY).outcome
    if rule.kind in OF_EACH or monotony_fault(rule):
        assert outcome is Outcome.NOT_RUN
    elif rule.kind is CheckKind.FRESHNESS:
        assert outcome is Outcome.FAIL
    else:
        low = -math.inf if rule.at_least is None else rule.at_least
        high = math.inf if rule.at_most is None else rule.at_most
        assert (outcome is Outcome.PASS) is (low <= 0 <= high)


@given(looked_at())
def test_what_passes_has_nothing_that_speaks_against_it(
    drawn: tuple[Rule, list[Observation]],
) -> None:
    rule, given_records = drawn
    result = evaluate(rule, given_records, on=DAY)
    assert result.looked_at <= len(given_records)
    assert set(result.records) <= {entry.record for entry in given_records}
    assert result.value is None or not math.isnan(result.value)
    if result.outcome in {Outcome.PASS, Outcome.NOT_RUN}:
        assert result.records == ()
    if result.outcome is Outcome.NOT_RUN:
        assert (result.looked_at, result.value) == (0, None)


@given(looked_at(), st.integers(0, 2**32))
def test_the_order_of_records_does_not_matter(
    drawn: tuple[Rule, list[Observation]], seed: int
) -> None:
    rule, given_records = drawn
    mixed = Random(seed).sample(given_records, len(given_records))
    before, after = (evaluate(rule, entries, on=DAY) for entries in (given_records, mixed))
    # Of measures equally far off, on either side of the bounds, any may be told.
    if rule.kind is CheckKind.THRESHOLD:
        before, after = replace(before, value=None), replace(after, value=None)
    assert before == after


@given(looked_at(*OF_EACH), st.data())
def test_a_record_more_never_mends_what_must_hold_of_each(
    drawn: tuple[Rule, list[Observation]], data: st.DataObject
) -> None:
    rule, given_records = drawn
    before = evaluate(rule, given_records, on=DAY).outcome
    more = [*given_records, data.draw(observations(rule.of))]
    if before is Outcome.FAIL:
        assert evaluate(rule, more, on=DAY).outcome is Outcome.FAIL
    if before is Outcome.ERROR:
        assert evaluate(rule, more, on=DAY).outcome in {Outcome.ERROR, Outcome.FAIL}


@given(looked_at(CheckKind.FRESHNESS), st.integers(0, 20))
def test_nothing_becomes_fresh_by_waiting(
    drawn: tuple[Rule, list[Observation]], later: int
) -> None:
    rule, given_records = drawn
    past = [entry for entry in given_records if entry.on is None or entry.on <= DAY]
    if evaluate(rule, past, on=DAY).outcome is Outcome.FAIL:
        assert evaluate(rule, past, on=days(later)).outcome is Outcome.FAIL
