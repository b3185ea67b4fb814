import math

import pytest
from domain.events import PROPERTY
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.limits import Direction, Limit, LimitError, Verdict, judge
from twofold.domain.measure import Measure

PSI = Limit(warn=0.1, breach=0.25, direction=Direction.ABOVE)
FOUR_FIFTHS = Limit(warn=0.9, breach=0.8, direction=Direction.BELOW)
NOT_SILENT = Limit(warn=None, breach=1, direction=Direction.BELOW)

values = st.one_of(st.none(), st.floats())


@pytest.mark.parametrize(
    ("limit", "value", "verdict"),
    [
        (PSI, 0.05, Verdict.OK),
        (PSI, 0.1, Verdict.OK),
        (PSI, 0.11, Verdict.WARNING),
        (PSI, 0.25, Verdict.WARNING),
        (PSI, 0.26, Verdict.BREACH),
        (FOUR_FIFTHS, 0.95, Verdict.OK),
        (FOUR_FIFTHS, 0.9, Verdict.OK),
        (FOUR_FIFTHS, 0.85, Verdict.WARNING),
        (FOUR_FIFTHS, 0.8, Verdict.WARNING),
        (FOUR_FIFTHS, 0.79, Verdict.BREACH),
        (NOT_SILENT, 1.0, Verdict.OK),
        (NOT_SILENT, 0.5, Verdict.BREACH),
    ],
)
def test_a_value_breaches_once_it_is_past_its_limit(limit, value, verdict):
    assert judge(Measure(value, 30), limit) is verdict


@PROPERTY
@given(values, st.integers(0, 29), st.sampled_from([PSI, FOUR_FIFTHS, NOT_SILENT]))
def test_below_30_events_no_verdict_of_good_or_bad_is_given(value, sample, limit):
    assert judge(Measure(value, sample), limit) is Verdict.INSUFFICIENT


def test_a_limit_may_ask_for_a_larger_sample():
    limit = Limit(warn=None, breach=0.5, direction=Direction.ABOVE, minimum_sample=200)

    assert judge(Measure(0.9, 199), limit) is Verdict.INSUFFICIENT
    assert judge(Measure(0.9, 200), limit) is Verdict.BREACH


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_enough_events_without_a_value_are_an_error(value):
    assert judge(Measure(value, 30, "Why."), PSI) is Verdict.ERROR


def test_a_silent_system_breaches():
    assert judge(Measure(0.0, 0, is_count=True), NOT_SILENT) is Verdict.BREACH
    assert judge(Measure(1.0, 1, is_count=True), NOT_SILENT) is Verdict.OK
    assert judge(Measure(None, 0, is_count=True), NOT_SILENT) is Verdict.ERROR


@pytest.mark.parametrize("minimum", [29, 0, -1])
def test_a_minimum_sample_below_30_is_refused(minimum):
    with pytest.raises(LimitError, match="at least 30 events"):
        Limit(warn=None, breach=1, direction=Direction.ABOVE, minimum_sample=minimum)


@pytest.mark.parametrize(
    ("warn", "direction"),
    [
        (0.5, Direction.ABOVE),
        (0.6, Direction.ABOVE),
        (0.5, Direction.BELOW),
        (0.4, Direction.BELOW),
    ],
)
def test_a_warning_past_the_limit_is_refused(warn, direction):
    with pytest.raises(LimitError, match=f"breached {direction.value} 0.5 must warn before it"):
        Limit(warn=warn, breach=0.5, direction=direction)


@pytest.mark.parametrize(("warn", "breach"), [(None, math.nan), (math.nan, 1.0), (0.0, math.inf)])
def test_a_limit_is_a_finite_number(warn, breach):
    with pytest.raises(LimitError, match="finite"):
        Limit(warn=warn, breach=breach, direction=Direction.ABOVE)


@PROPERTY
@given(st.floats(-10, 10), st.floats(-10, 10))
def test_a_worse_value_never_earns_a_better_verdict(one, other):
    order = [Verdict.OK, Verdict.WARNING, Verdict.BREACH]
    better, worse = sorted([one, other])

    def rank(value):
        return order.index(judge(Measure(value, 100), PSI))

    assert rank(better) <= rank(worse)
