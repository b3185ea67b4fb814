"""Performance of boolean predictions and of their scores, from the profile of a window.

Rates are of the events under their denominator and in [0, 1]; an event without a label enters only
the positive rate. Terms follow ISO/IEC TS 4213:2022. The registry of metrics offers these measures
by id.
"""

from collections.abc import Callable
from itertools import accumulate

from twofold.domain.measure import Measure, share
from twofold.domain.outcomes import SCORE_BINS, Confusion, ScoreTally
from twofold.domain.profile import Profile


def accuracy(window: Profile) -> Measure:
    """Return the share of labelled predictions that agree with their label."""
    return _rate(
        window,
        lambda c: c.true_positives + c.true_negatives,
        lambda c: c.labelled,
        reason="No prediction of the window has a label.",
    )


def precision(window: Profile) -> Measure:
    """Return the share of labelled positive predictions whose label is positive."""
    return _rate(
        window,
        lambda c: c.true_positives,
        lambda c: c.true_positives + c.false_positives,
        reason="No positive prediction of the window has a label.",
    )


def recall(window: Profile) -> Measure:
    """Return the share of positive labels that were predicted: the true positive rate."""
    return _rate(
        window,
        lambda c: c.true_positives,
        lambda c: c.actual_positive,
        reason="No prediction of the window has a positive label.",
    )


def false_positive_rate(window: Profile) -> Measure:
    """Return the share of negative labels that were predicted positive."""
    return _rate(
        window,
        lambda c: c.false_positives,
        lambda c: c.actual_negative,
        reason="No prediction of the window has a negative label.",
    )


def positive_rate(window: Profile) -> Measure:
    """Return the share of all predictions that are positive, labelled or not."""
    return _rate(
        window,
        lambda c: c.predicted_positive,
        lambda c: c.predictions,
        reason="The window has no predictions.",
    )


def brier(window: Profile) -> Measure:
    """Return the mean squared difference of score and label: 0 is perfect, 1 is certain and wrong.

    Exact, for it does not use the bins. Brier (1950).
    """
    scores, refusal = _scores(window)
    if scores is None:
        return refusal
    return Measure(scores.squared_error / scores.labelled, scores.labelled)


def auc(window: Profile) -> Measure:
    """Return the probability that a positive event has the higher score; a tie counts as half.

    Scores in one of the 100 bins count as tied, so `error`, half the share of such pairs, bounds
    the distance to the area under the curve of the raw scores. `sample` is the smaller of the two
    classes, which is what the precision of the value hangs on. Mann and Whitney (1947); Hanley and
    McNeil (1982).
    """
    scores, refusal = _scores(window)
    if scores is None:
        return refusal
    positives = [scores.positives.get(key, 0) for key in range(SCORE_BINS)]
    negatives = [scores.negatives.get(key, 0) for key in range(SCORE_BINS)]
    pairs = sum(positives) * sum(negatives)
    sample = min(sum(positives), sum(negatives))
    if not pairs:
        return Measure(None, sample, "The scores of the window have labels of one kind only.")
    tied = sum(p * n for p, n in zip(positives, negatives, strict=True))
    below = accumulate(negatives, initial=0)
    won = sum(p * n for p, n in zip(positives, below, strict=False))
    return Measure((2 * won + tied) / (2 * pairs), sample, error=tied / (2 * pairs))


def _rate(
    window: Profile,
    part: Callable[[Confusion], int],
    whole: Callable[[Confusion], int],
    *,
    reason: str,
) -> Measure:
    if window.outcomes is None:
        return Measure(None, 0, "The system sends no prediction of yes or no.")
    overall = window.outcomes.overall
    return share(part(overall), whole(overall), reason=reason)


def _scores(window: Profile) -> tuple[ScoreTally | None, Measure]:
    """Return the scores when they can be measured, else None; the second part then says why."""
    scores = window.scores
    if scores is None:
        return None, Measure(None, 0, "The system sends no score with a label of yes or no.")
    if scores.outside:
        sample = scores.labelled + scores.outside
        return None, Measure(None, sample, f"{scores.outside} scores lie outside 0 to 1.")
    if not scores.labelled:
        return None, Measure(None, 0, "No score of the window has a label.")
    return scores, Measure(None, 0)
