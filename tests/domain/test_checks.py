"""Checks: known answers of every kind and outcome, and rules that are refused."""

import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from twofold.domain.checks import (
    CheckKind,
    CheckResult,
    Observation,
    Outcome,
    Rule,
    RuleError,
    evaluate,
    monotony_fault,
    require_monotone,
)

DAY = date(2026, 6, 15)
FRESH = Rule(CheckKind.FRESHNESS, "evidence", need="report", days=30)
COUNTED = Rule(CheckKind.COUNT, "findings", at_least=1, at_most=2)
RECENT = replace(COUNTED, days=7)
LIMITED = Rule(CheckKind.THRESHOLD, "alerts", measure="age_days", at_most=5)
APPROVED = Rule(CheckKind.APPROVAL, "implementation", by="approved_by")
SEPARATE = Rule(CheckKind.SEPARATION, "findings", first="raised_by", second="closed_by")


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def seen(record: str = "r:1", *, on: date | None = DAY, **values: Any) -> Observation:
    """An observation whose measure, actors or labels are given by their names."""
    measures = {name: value for name, value in values.items() if name.endswith(("_days", "_left"))}
    actors = {name: value for name, value in values.items() if name.endswith("_by")}
    labels = {name: value for name, value in values.items() if name in {"state", "family"}}
    assert len(values) == len(measures) + len(actors) + len(labels)
    return Observation(record, on, labels, measures, actors)


@pytest.mark.parametrize(
    ("age", "outcome"), [(0, Outcome.PASS), (30, Outcome.PASS), (31, Outcome.FAIL)]
)
def test_the_newest_record_may_be_as_old_as_the_rule_says(age: int, outcome: Outcome) -> None:
    result = evaluate(FRESH, [seen("old", on=days(-90)), seen("new", on=days(-age))], on=DAY)
    against = () if outcome is Outcome.PASS else ("new",)
    assert result == CheckResult(outcome, 2, age, against)


def test_nothing_is_fresh_where_there_is_nothing() -> None:
    assert evaluate(FRESH, [], on=DAY) == CheckResult(Outcome.FAIL, 0)


def test_what_has_no_day_or_lies_ahead_is_not_fresh() -> None:
    given = [seen("undated", on=None), seen("ahead", on=days(1))]
    assert evaluate(FRESH, given, on=DAY) == CheckResult(Outcome.FAIL, 0)


@pytest.mark.parametrize(
    ("number", "outcome", "named"),
    [
        (0, Outcome.FAIL, ()),
        (1, Outcome.PASS, ()),
        (2, Outcome.PASS, ()),
        (3, Outcome.FAIL, ("r:0", "r:1", "r:2")),
    ],
)
def test_a_count_lies_within_its_bounds_and_of_too_few_nothing_is_named(
    number: int, outcome: Outcome, named: tuple[str, ...]
) -> None:
    given = [seen(f"r:{place}") for place in reversed(range(number))]
    assert evaluate(COUNTED, given, on=DAY) == CheckResult(outcome, number, number, named)


def test_a_count_of_the_last_days_leaves_out_what_is_older_undated_or_ahead() -> None:
    given = [
        seen("first day", on=days(-6)),
        seen("today", on=DAY),
        seen("day before the first", on=days(-7)),
        seen("tomorrow", on=days(1)),
        seen("undated", on=None),
    ]
    assert evaluate(RECENT, given, on=DAY) == CheckResult(Outcome.PASS, 2, 2)


def test_a_count_without_lower_bound_holds_of_nothing() -> None:
    none = Rule(CheckKind.COUNT, "breaches", at_most=0)
    assert evaluate(none, [], on=DAY) == CheckResult(Outcome.PASS, 0, 0)


def test_a_threshold_holds_when_every_record_keeps_it() -> None:
    given = [seen("a", age_days=5), seen("b", age_days=0)]
    assert evaluate(LIMITED, given, on=DAY) == CheckResult(Outcome.PASS, 2)


def test_a_threshold_that_one_record_breaks_names_it_and_the_measure_furthest_off() -> None:
    given = [seen("c", age_days=9), seen("b", age_days=6), seen("a", age_days=5)]
    assert evaluate(LIMITED, given, on=DAY) == CheckResult(Outcome.FAIL, 3, 9, ("b", "c"))


def test_the_measure_furthest_off_is_told_from_both_bounds() -> None:
    between = Rule(CheckKind.THRESHOLD, "monitors", measure="value", at_least=10, at_most=20)
    low = Observation("low", measures={"value": 4})
    high = Observation("high", measures={"value": 25})
    assert evaluate(between, [high, low], on=DAY).value == 4
    lowest = replace(between, at_most=None)
    assert evaluate(lowest, [high, low], on=DAY) == CheckResult(Outcome.FAIL, 2, 4, ("low",))


@pytest.mark.parametrize("unknown", [{}, {"age_days": None}, {"age_days": math.nan}])
def test_a_measure_that_could_not_be_computed_is_an_error_and_no_fail(
    unknown: dict[str, float | None],
) -> None:
    given = [seen("known", age_days=1), seen("unknown", **unknown)]
    assert evaluate(LIMITED, given, on=DAY) == CheckResult(Outcome.ERROR, 2, None, ("unknown",))


def test_a_record_that_breaks_the_rule_for_certain_fails_it_beside_an_unknown_one() -> None:
    given = [seen("unknown", age_days=None), seen("late", age_days=6)]
    assert evaluate(LIMITED, given, on=DAY) == CheckResult(Outcome.FAIL, 2, 6, ("late",))


def test_a_threshold_holds_where_the_filter_chooses_none_of_the_records() -> None:
    waiting = replace(LIMITED, where=(("state", "waiting"),))
    given = [seen("answered", state="acknowledged", age_days=90)]
    assert evaluate(waiting, given, on=DAY) == CheckResult(Outcome.PASS, 0)


@pytest.mark.parametrize("rule", [APPROVED, SEPARATE])
def test_the_other_kinds_have_nothing_to_say_where_the_filter_chooses_none(rule: Rule) -> None:
    waiting = replace(rule, where=(("state", "approved"),))
    given = [seen("other", state="awaiting", approved_by="a", raised_by="a", closed_by="a")]
    assert evaluate(waiting, given, on=DAY) == CheckResult(Outcome.NOT_RUN, 0)


def test_an_approval_names_what_nobody_approved() -> None:
    given = [seen("a", approved_by="person:1"), seen("b", approved_by=""), seen("c")]
    assert evaluate(APPROVED, given, on=DAY) == CheckResult(Outcome.FAIL, 3, 2, ("b", "c"))
    assert evaluate(APPROVED, given[:1], on=DAY) == CheckResult(Outcome.PASS, 1, 0)


def test_a_separation_names_what_one_person_did_twice() -> None:
    apart = seen("a", raised_by="person:1", closed_by="person:2")
    alone = seen("b", raised_by="person:1", closed_by="person:1")
    assert evaluate(SEPARATE, [apart], on=DAY) == CheckResult(Outcome.PASS, 1, 0)
    assert evaluate(SEPARATE, [alone, apart], on=DAY) == CheckResult(Outcome.FAIL, 2, 1, ("b",))


def test_a_separation_says_nothing_of_what_a_second_person_has_yet_to_do() -> None:
    half = [seen("a", raised_by="person:1"), seen("b", raised_by="", closed_by="")]
    assert evaluate(SEPARATE, half, on=DAY) == CheckResult(Outcome.NOT_RUN, 0)


def test_a_filter_chooses_by_the_whole_label_or_by_its_beginning() -> None:
    given = [seen("a", family="drift"), seen("b", family="driftwood"), seen("c")]
    exact = Rule(CheckKind.COUNT, "alerts", where=(("family", "drift"),), at_most=0)
    assert evaluate(exact, given, on=DAY).records == ("a",)
    prefix = replace(exact, where=(("family", "drift*"),))
    assert evaluate(prefix, given, on=DAY).records == ("a", "b")
    anything = replace(exact, where=(("family", "*"),))
    assert evaluate(anything, given, on=DAY).looked_at == 3
    both = replace(exact, where=(("family", "drift*"), ("state", "waiting")))
    assert evaluate(both, given, on=DAY).looked_at == 0


def test_at_most_twenty_records_are_named() -> None:
    given = [seen(f"r:{number:02}") for number in range(30)]
    result = evaluate(COUNTED, given, on=DAY)
    assert (result.looked_at, len(result.records)) == (30, 20)
    assert result.records[0] == "r:00"


@pytest.mark.parametrize(
    ("kind", "parts", "field", "reason"),
    [
        ("count", {"of": "people", "at_most": 1}, "of", "of must be one of evidence, claims"),
        ("count", {"of": "evidence", "at_most": 1}, "need", "need belongs to the population"),
        ("count", {"of": "claims", "need": "x", "at_most": 1}, "need", "need belongs to the"),
        (
            "count",
            {"of": "tokens", "where": (("colour", "red"),), "at_most": 1},
            "where",
            "tokens has no 'colour'; it has state",
        ),
        (
            "count",
            {"of": "checkpoints", "where": (("state", "x"),), "at_most": 1},
            "where",
            "checkpoints has no 'state'; it has none",
        ),
        ("freshness", {"of": "claims"}, "days", "a rule of freshness needs days"),
        ("freshness", {"of": "claims", "days": 0}, "days", "days must be from 1 to 1100"),
        ("freshness", {"of": "claims", "days": -1}, "days", "days must be from 1 to 1100"),
        ("count", {"of": "claims", "at_most": 1, "days": 1101}, "days", "days must be from 1 to"),
        ("freshness", {"of": "claims", "days": 1, "at_most": 1}, "at_most", "a rule of freshness"),
        ("count", {"of": "claims"}, "at_least", "a rule of count needs at_least or at_most"),
        ("count", {"of": "claims", "at_most": math.inf}, "at_most", "at_most must be a finite"),
        ("count", {"of": "claims", "at_least": math.nan}, "at_least", "at_least must be a finite"),
        (
            "count",
            {"of": "claims", "at_least": 2, "at_most": 1},
            "at_most",
            "at_most must not be below at_least",
        ),
        ("count", {"of": "claims", "at_most": 1, "measure": "age_days"}, "measure", "a rule of"),
        ("threshold", {"of": "alerts", "at_most": 1}, "measure", "a rule of threshold needs"),
        ("threshold", {"of": "alerts", "measure": "age_days"}, "at_least", "a rule of threshold"),
        ("threshold", {"of": "alerts", "measure": "age_days", "days": 1}, "days", "a rule of"),
        (
            "threshold",
            {"of": "alerts", "measure": "value", "at_most": 1},
            "measure",
            "alerts has no 'value'; it has age_days, answer_days",
        ),
        ("approval", {"of": "claims"}, "by", "a rule of approval needs by"),
        ("approval", {"of": "claims", "by": "approved_by"}, "by", "claims has no 'approved_by'"),
        ("approval", {"of": "claims", "by": "author", "first": "author"}, "first", "a rule of"),
        ("count", {"of": "claims", "at_least": 1, "first": "author"}, "second", "first needs sec"),
        ("freshness", {"of": "claims", "days": 1, "second": "author"}, "first", "second needs f"),
        ("separation", {"of": "claims", "second": "author"}, "first", "a rule of separation needs"),
        ("separation", {"of": "claims", "first": "author"}, "second", "a rule of separation needs"),
        (
            "separation",
            {"of": "claims", "first": "author", "second": "owner"},
            "second",
            "claims has no 'owner'; it has accepted_by, author, claimed_by",
        ),
        (
            "separation",
            {"of": "claims", "first": "author", "second": "author"},
            "second",
            "first and second must be two different actors",
        ),
    ],
)
def test_a_rule_that_could_not_be_evaluated_is_refused_with_the_field(
    kind: str, parts: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(RuleError) as caught:
        Rule(CheckKind(kind), **parts)
    assert caught.value.field == field
    assert str(caught.value).startswith(reason)
    assert caught.value.code == "rule"


def test_bounds_that_are_zero_or_equal_are_bounds() -> None:
    assert Rule(CheckKind.COUNT, "claims", at_least=0).at_least == 0
    exactly = Rule(CheckKind.COUNT, "alerts", at_least=2, at_most=2)
    assert evaluate(exactly, [seen("a"), seen("b")], on=DAY).outcome is Outcome.PASS


TWO = {"first": "claimed_by", "second": "accepted_by"}


def test_what_one_person_did_twice_is_neither_counted_nor_fresh() -> None:
    apart = seen("a", on=days(-3), claimed_by="person:1", accepted_by="person:2")
    alone = seen("b", claimed_by="person:1", accepted_by="person:1")
    half = seen("c", claimed_by="person:1")
    counted = Rule(CheckKind.COUNT, "claims", at_least=1, **TWO)
    newest = Rule(CheckKind.FRESHNESS, "claims", days=2, **TWO)

    assert evaluate(counted, [alone, half], on=DAY) == CheckResult(Outcome.FAIL, 0, 0)
    assert evaluate(counted, [alone, half, apart], on=DAY) == CheckResult(Outcome.PASS, 1, 1)
    assert evaluate(newest, [alone, half, apart], on=DAY) == CheckResult(Outcome.FAIL, 1, 3, ("a",))


@pytest.mark.parametrize("of", ["evidence", "claims"])
@pytest.mark.parametrize(
    ("kind", "parts", "field"),
    [
        ("threshold", {"measure": "age_days", "at_most": 30}, "kind"),
        ("threshold", {"measure": "age_days", "at_least": 0}, "kind"),
        ("approval", {"by": "accepted_by"}, "kind"),
        ("separation", TWO, "kind"),
        ("count", {"at_most": 5}, "at_most"),
        ("count", {"at_least": 1, "at_most": 5}, "at_most"),
    ],
)
def test_a_rule_that_more_evidence_could_break_is_named_and_says_nothing(
    of: str, kind: str, parts: dict[str, Any], field: str
) -> None:
    rule = Rule(CheckKind(kind), of, need="report" if of == "evidence" else "", **parts)
    with pytest.raises(RuleError) as caught:
        require_monotone(rule)
    assert caught.value.field == field
    assert of in str(caught.value)
    old = seen("a", on=days(-99), age_days=99, claimed_by="p", accepted_by="p")
    assert evaluate(rule, [old] * 9, on=DAY) == CheckResult(Outcome.NOT_RUN, 0)


@pytest.mark.parametrize("state", ["waiting", "w*", "rejected"])
def test_a_filter_that_a_claim_leaves_when_it_is_accepted_is_named(state: str) -> None:
    rule = Rule(CheckKind.COUNT, "claims", at_least=1, where=(("state", state),))
    with pytest.raises(RuleError, match="where must take in the state 'accepted'") as caught:
        require_monotone(rule)
    assert caught.value.field == "where"


@pytest.mark.parametrize(
    "rule",
    [
        FRESH,
        SEPARATE,
        LIMITED,
        COUNTED,
        Rule(CheckKind.COUNT, "claims", at_least=1, where=(("state", "acc*"), ("need", "x"))),
        Rule(CheckKind.COUNT, "claims", at_least=1, where=(("state", "accepted"),), **TWO),
    ],
)
def test_a_rule_that_more_evidence_cannot_break_is_left_alone(rule: Rule) -> None:
    assert monotony_fault(rule) is None
    require_monotone(rule)
