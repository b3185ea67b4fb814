import pytest
from domain.events import GRANTED, PROPERTY, REPAID, SCORE
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain import performance
from twofold.domain.profile import profile_of

decisions = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)
scored = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def window_of(predictions, labels):
    return profile_of({"granted": predictions, "repaid": labels}, [GRANTED, REPAID])


def scored_window(scores, labels):
    return profile_of({"score": scores, "repaid": labels}, [SCORE, REPAID])


# 4 true and 1 false positives, 2 true and 3 false negatives, 2 positives without a label.
DECIDED = window_of(
    [True] * 5 + [False] * 5 + [True] * 2,
    [True] * 4 + [False] + [False] * 2 + [True] * 3 + [None] * 2,
)


@pytest.mark.parametrize(
    ("measure", "value", "sample"),
    [
        (performance.accuracy, 6 / 10, 10),
        (performance.precision, 4 / 5, 5),
        (performance.recall, 4 / 7, 7),
        (performance.false_positive_rate, 1 / 3, 3),
        (performance.positive_rate, 7 / 12, 12),
    ],
)
def test_rates_of_a_known_table(measure, value, sample):
    found = measure(DECIDED)

    assert found.value == pytest.approx(value)
    assert (found.sample, found.reason) == (sample, "")


@PROPERTY
@given(decisions)
def test_rates_agree_with_counting_event_by_event(rows):
    window = window_of(*zip(*rows, strict=True))

    def share(part, whole):
        return sum(map(part, filter(whole, rows))), sum(map(whole, rows))

    expected = {
        performance.accuracy: share(lambda r: r[0] == r[1], lambda _: True),
        performance.precision: share(lambda r: r[1], lambda r: r[0]),
        performance.recall: share(lambda r: r[0], lambda r: r[1]),
        performance.false_positive_rate: share(lambda r: r[0], lambda r: not r[1]),
        performance.positive_rate: share(lambda r: r[0], lambda _: True),
    }
    for measure, (part, whole) in expected.items():
        found = measure(window)
        assert found.sample == whole
        assert found.value == (pytest.approx(part / whole) if whole else None)
        assert bool(found.reason) is not bool(whole)


@pytest.mark.parametrize(
    ("measure", "window", "reason"),
    [
        (
            performance.accuracy,
            window_of([True], [None]),
            "No prediction of the window has a label.",
        ),
        (performance.precision, window_of([False], [True]), "No positive prediction"),
        (performance.recall, window_of([True], [False]), "has a positive label"),
        (performance.false_positive_rate, window_of([True], [True]), "has a negative label"),
        (performance.positive_rate, window_of([None], [True]), "The window has no predictions."),
    ],
)
def test_an_empty_denominator_gives_a_reason_and_no_value(measure, window, reason):
    found = measure(window)

    assert (found.value, found.sample) == (None, 0)
    assert reason in found.reason


@pytest.mark.parametrize(
    "measure",
    [
        performance.accuracy,
        performance.precision,
        performance.recall,
        performance.false_positive_rate,
        performance.positive_rate,
    ],
)
def test_without_a_boolean_prediction_there_is_no_rate(measure):
    found = measure(scored_window([0.5], [True]))

    assert (found.value, found.sample) == (None, 0)
    assert found.reason == "The system sends no prediction of yes or no."


def test_brier_score_of_four_forecasts():
    found = performance.brier(scored_window([0.1, 0.9, 0.8, 0.3], [False, True, True, False]))

    assert found.value == pytest.approx((0.01 + 0.01 + 0.04 + 0.09) / 4)
    assert (found.sample, found.error) == (4, 0.0)


def test_area_under_the_curve_of_four_scores():
    found = performance.auc(scored_window([0.1, 0.4, 0.35, 0.8], [False, False, True, True]))

    assert found.value == 0.75
    assert (found.sample, found.error) == (2, 0.0)


def test_a_tie_counts_as_half():
    found = performance.auc(scored_window([0.5, 0.5], [False, True]))

    assert (found.value, found.error) == (0.5, 0.5)


@PROPERTY
@given(scored)
def test_area_agrees_with_counting_pairs_within_its_error(rows):
    found = performance.auc(scored_window(*zip(*rows, strict=True)))
    positives = [score for score, label in rows if label]
    negatives = [score for score, label in rows if not label]
    won = [(p > n) + (p == n) / 2 for p in positives for n in negatives]

    assert found.sample == min(len(positives), len(negatives))
    if won:
        assert abs(found.value - sum(won) / len(won)) <= found.error + 1e-12
    else:
        assert found.value is None
        assert found.reason == "The scores of the window have labels of one kind only."


@PROPERTY
@given(scored)
def test_brier_score_agrees_with_its_definition(rows):
    found = performance.brier(scored_window(*zip(*rows, strict=True)))

    assert found.value == pytest.approx(sum((s - y) ** 2 for s, y in rows) / len(rows))


@pytest.mark.parametrize("measure", [performance.auc, performance.brier])
@pytest.mark.parametrize(
    ("window", "sample", "reason"),
    [
        (window_of([True], [True]), 0, "The system sends no score with a label of yes or no."),
        (scored_window([0.5, None], [None, True]), 0, "No score of the window has a label."),
        (scored_window([0.5, 1.5], [True, False]), 2, "1 scores lie outside 0 to 1."),
    ],
)
def test_without_usable_scores_there_is_a_reason(measure, window, sample, reason):
    found = measure(window)

    assert (found.value, found.sample, found.reason) == (None, sample, reason)
