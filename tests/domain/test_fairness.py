import pytest
from domain.events import PROPERTY
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.fairness import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalised_odds_difference,
)
from twofold.domain.measure import RateKind
from twofold.domain.outcomes import Confusion

MEASURES = [
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalised_odds_difference,
]

groups_of_outcomes = st.dictionaries(
    st.sampled_from("abcd"), st.builds(Confusion, *[st.integers(0, 40)] * 6), max_size=4
)

# The example of the Uniform Guidelines' questions and answers: 48 of 80 and 12 of 40 are hired.
HIRED = {
    "white": Confusion(unlabelled_positives=48, unlabelled_negatives=32),
    "black": Confusion(unlabelled_positives=12, unlabelled_negatives=28),
}

# True positive rates 30/40, 20/40; false positive rates 5/50, 20/50.
LABELLED = {
    "a": Confusion(true_positives=30, false_negatives=10, false_positives=5, true_negatives=45),
    "b": Confusion(true_positives=20, false_negatives=20, false_positives=20, true_negatives=30),
}


def test_ratio_and_difference_of_the_four_fifths_example():
    ratio = demographic_parity_ratio(HIRED)
    difference = demographic_parity_difference(HIRED)

    assert ratio.value == pytest.approx(0.5)
    assert difference.value == pytest.approx(0.3)
    assert (ratio.sample, difference.sample) == (40, 40)


def test_groups_are_told_with_their_rates():
    found = demographic_parity_ratio(HIRED | {"other": Confusion(unlabelled_positives=3)})

    told = [(g.group, g.rate, g.sample, g.included, g.kind) for g in found.groups]
    assert told == [
        ("black", 0.3, 40, True, RateKind.POSITIVE),
        ("other", 1.0, 3, False, RateKind.POSITIVE),
        ("white", 0.6, 80, True, RateKind.POSITIVE),
    ]
    assert found.value == pytest.approx(0.5)


def test_labelled_predictions_enter_the_positive_rate_too():
    assert demographic_parity_difference(LABELLED).value == pytest.approx(40 / 90 - 35 / 90)


def test_equal_opportunity_compares_true_positive_rates():
    found = equal_opportunity_difference(LABELLED)

    assert found.value == pytest.approx(0.25)
    assert found.sample == 40
    assert {g.kind for g in found.groups} == {RateKind.TRUE_POSITIVE}


def test_equalised_odds_takes_the_larger_difference():
    found = equalised_odds_difference(LABELLED)

    assert found.value == pytest.approx(0.3)
    assert found.sample == 40
    assert [(g.kind, g.rate) for g in found.groups] == [
        (RateKind.TRUE_POSITIVE, 0.75),
        (RateKind.TRUE_POSITIVE, 0.5),
        (RateKind.FALSE_POSITIVE, 0.1),
        (RateKind.FALSE_POSITIVE, 0.4),
    ]


def test_a_group_of_30_enters_and_one_of_29_does_not():
    def found(size):
        return demographic_parity_difference(HIRED | {"c": Confusion(unlabelled_positives=size)})

    assert found(29).value == pytest.approx(0.3)
    assert found(30).value == pytest.approx(0.7)
    assert (found(29).sample, found(30).sample) == (40, 30)


def test_a_rate_under_a_label_counts_the_events_with_that_label():
    few_positives = {
        "a": LABELLED["a"],
        "b": Confusion(true_positives=9, false_negatives=20, true_negatives=500),
    }

    found = equal_opportunity_difference(few_positives)

    assert (found.value, found.sample) == (None, 29)
    assert found.reason == "Fewer than two groups are large enough to compare."
    assert [g.included for g in found.groups] == [True, False]
    assert demographic_parity_difference(few_positives).value is not None


@pytest.mark.parametrize("lacking", ["true positives", "false positives"])
def test_equalised_odds_needs_both_differences(lacking):
    few = {
        "true positives": Confusion(true_positives=5, false_positives=20, true_negatives=30),
        "false positives": Confusion(true_positives=40, false_negatives=9, false_positives=5),
    }[lacking]

    found = equalised_odds_difference({"a": LABELLED["a"], "b": few})

    assert (found.value, found.sample) == (None, 5)
    assert found.reason == "Fewer than two groups are large enough to compare."
    assert len(found.groups) == 4


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("groups", "sample"), [({}, 0), ({"a": LABELLED["a"]}, 0)])
def test_one_group_has_nothing_to_be_compared_with(measure, groups, sample):
    found = measure(groups)

    assert (found.value, found.sample) == (None, sample)
    assert found.reason == "Fewer than two groups are large enough to compare."


def test_without_any_positive_prediction_there_is_no_ratio():
    nobody = Confusion(unlabelled_negatives=50)

    found = demographic_parity_ratio({"a": nobody, "b": nobody})

    assert (found.value, found.sample) == (None, 50)
    assert found.reason == "No group has a positive prediction."
    assert demographic_parity_difference({"a": nobody, "b": nobody}).value == 0.0


def test_a_group_without_events_never_enters():
    found = demographic_parity_difference({**HIRED, "none": Confusion()}, minimum=0)

    assert found.value == pytest.approx(0.3)
    assert [(g.rate, g.included) for g in found.groups if g.group == "none"] == [(None, False)]


def rates_by_definition(groups, minimum):
    """Positive, true positive and false positive rates of the groups that are large enough."""
    positive, true_positive, false_positive = [], [], []
    for c in groups.values():
        chosen = c.true_positives + c.false_positives + c.unlabelled_positives
        everyone = chosen + c.true_negatives + c.false_negatives + c.unlabelled_negatives
        good, bad = c.true_positives + c.false_negatives, c.false_positives + c.true_negatives
        positive += [chosen / everyone] if everyone >= minimum else []
        true_positive += [c.true_positives / good] if good >= minimum else []
        false_positive += [c.false_positives / bad] if bad >= minimum else []
    return positive, true_positive, false_positive


@PROPERTY
@given(groups_of_outcomes, st.integers(1, 60))
def test_measures_agree_with_their_definitions(groups, minimum):
    positive, good, bad = rates_by_definition(groups, minimum)

    def gap(rates):
        return max(rates) - min(rates) if len(rates) > 1 else None

    ratio = min(positive) / max(positive) if len(positive) > 1 and max(positive) else None
    odds = None if None in (gap(good), gap(bad)) else max(gap(good), gap(bad))
    expected = [gap(positive), ratio, gap(good), odds]
    for measure, value in zip(MEASURES, expected, strict=True):
        found = measure(groups, minimum=minimum)
        assert found.value == (None if value is None else pytest.approx(value))
        assert (found.value is None) == bool(found.reason)


@PROPERTY
@given(groups_of_outcomes)
def test_without_two_large_groups_the_sample_is_below_the_minimum(groups):
    for measure in MEASURES:
        found = measure(groups)
        if found.reason.startswith("Fewer"):
            assert found.sample < 30
        else:
            assert found.sample >= 30
