"""Thresholds and validation figures of a fitted model."""

import pytest

from twofold_demo.fitting import judge, threshold_for


def test_the_threshold_lets_as_many_rows_pass_as_have_a_true_label():
    scores = [0.1, 0.9, 0.4, 0.7, 0.3]

    threshold = threshold_for(scores, [True, False, False, True, False])

    assert [score >= threshold for score in scores] == [False, True, False, True, False]


def test_a_model_is_judged_by_known_answers():
    found = judge([0.9, 0.6, 0.4, 0.1], [True, False, True, False], threshold=0.5, how="by hand")

    assert found.rows == 4
    assert found.positive_share == 0.5
    assert found.accuracy == 0.5
    # Of the four pairs of a true and a false row, three are ranked rightly.
    assert found.auc == pytest.approx(0.75)
    assert found.brier == pytest.approx((0.1**2 + 0.6**2 + 0.6**2 + 0.1**2) / 4)


def test_rows_of_one_label_alone_are_refused():
    with pytest.raises(ValueError, match="auc"):
        judge([0.9, 0.8], [True, True], threshold=0.5, how="by hand")
