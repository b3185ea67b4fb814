"""Additive tallies of outcomes: predictions against labels by group, and scores by label.

They stand beside the tallies of fields in a profile; performance and fairness are computed from
them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from operator import le
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twofold.domain.columns import Coded, Numbers
from twofold.domain.tally import DISTINCT_LIMIT, Count, Positive, added, first_values

SCORE_BINS: Final = 100


@dataclass(frozen=True, slots=True)
class Confusion:
    """Boolean predictions against boolean labels, and predictions whose label is not known yet."""

    true_positives: Count = 0
    false_positives: Count = 0
    true_negatives: Count = 0
    false_negatives: Count = 0
    unlabelled_positives: Count = 0
    unlabelled_negatives: Count = 0

    @classmethod
    def merged(cls, parts: Iterable["Confusion"]) -> "Confusion":
        """Return the sum of the parts."""
        return cls(*map(sum, zip(*map(astuple, parts), strict=True)))

    @property
    def predicted_positive(self) -> int:
        """The positive predictions, labelled or not."""
        return self.true_positives + self.false_positives + self.unlabelled_positives

    @property
    def predictions(self) -> int:
        """All predictions, labelled or not."""
        return self.labelled + self.unlabelled_positives + self.unlabelled_negatives

    @property
    def actual_positive(self) -> int:
        """The predictions whose label is positive."""
        return self.true_positives + self.false_negatives

    @property
    def actual_negative(self) -> int:
        """The predictions whose label is negative."""
        return self.false_positives + self.true_negatives

    @property
    def labelled(self) -> int:
        """The predictions whose label is known."""
        return self.actual_positive + self.actual_negative


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Confusion overall, and by value of every field that forms groups.

    Of each field the first 500 values are kept, as in `CategoryTally`. An event without a
    prediction is in none of the counts; one without a value of the field is in no group of it.
    """

    overall: Confusion
    groups: Mapping[str, Mapping[str, Confusion]]

    @classmethod
    def of(cls, prediction: Coded, label: Coded | None, groups: Mapping[str, Coded]) -> "Outcomes":
        """Return the outcomes of predictions; without labels every one of them is unlabelled."""
        labels = np.full_like(prediction.codes, -1) if label is None else label.codes
        cells = np.where(prediction.codes < 0, -1, prediction.codes * 3 + labels + 1)
        overall = Coded(("",), np.zeros_like(cells))
        return cls(
            overall=_confusions(overall, cells).get("", Confusion()),
            groups={name: first_values(_confusions(c, cells)) for name, c in groups.items()},
        )

    @classmethod
    def merged(cls, parts: Sequence["Outcomes"]) -> "Outcomes":
        """Return the sum of the parts."""
        collected: dict[str, dict[str, list[Confusion]]] = {}
        for part in parts:
            for name, group in part.groups.items():
                values = collected.setdefault(name, {})
                for value, confusion in group.items():
                    values.setdefault(value, []).append(confusion)
        return cls(
            overall=Confusion.merged(part.overall for part in parts),
            groups={
                name: first_values({v: Confusion.merged(found) for v, found in values.items()})
                for name, values in collected.items()
            },
        )

    def is_sound(self) -> bool:
        """Tell whether no group field counts more outcomes than there are."""
        overall = astuple(self.overall)
        return all(
            len(groups) <= DISTINCT_LIMIT
            and all(map(le, astuple(Confusion.merged([Confusion(), *groups.values()])), overall))
            for groups in self.groups.values()
        )


@dataclass(frozen=True, slots=True)
class ScoreTally:
    """Scores by label in 100 equal bins of [0, 1], and what the Brier score needs.

    Bin i holds the scores from i/100 up to, not including, (i + 1)/100; the last one holds 1 too.
    `squared_error` sums (score - label) squared; `outside` counts labelled scores that are no
    probability and stand in no bin.
    """

    positives: Mapping[int, Positive]
    negatives: Mapping[int, Positive]
    outside: Count
    squared_error: float

    @classmethod
    def of(cls, scores: Numbers, label: Coded) -> "ScoreTally":
        """Return the tally of the events that have both a score and a label."""
        labelled = ~np.isnan(scores) & (label.codes >= 0)
        inside = labelled & (scores >= 0.0) & (scores <= 1.0)
        score, outcome = scores[inside], label.codes[inside]
        bin_of = np.minimum((score * SCORE_BINS).astype(np.int64), SCORE_BINS - 1)
        return cls(
            positives=_sparse(np.bincount(bin_of[outcome == 1])),
            negatives=_sparse(np.bincount(bin_of[outcome == 0])),
            outside=int(np.count_nonzero(labelled & ~inside)),
            squared_error=math.fsum(((score - outcome) ** 2).tolist()),
        )

    @classmethod
    def merged(cls, parts: Sequence["ScoreTally"]) -> "ScoreTally":
        """Return the sum of the parts."""
        return cls(
            positives=added(part.positives for part in parts),
            negatives=added(part.negatives for part in parts),
            outside=sum(part.outside for part in parts),
            squared_error=math.fsum(part.squared_error for part in parts),
        )

    @property
    def labelled(self) -> int:
        """The scores in [0, 1] that have a label."""
        return sum(self.positives.values()) + sum(self.negatives.values())

    def is_sound(self) -> bool:
        """Tell whether every bin exists and so many scores can have the squared error."""
        return (
            all(0 <= key < SCORE_BINS for key in (*self.positives, *self.negatives))
            and 0.0 <= self.squared_error <= self.labelled
        )


def _confusions(groups: Coded, cells: NDArray[np.int64]) -> dict[str, Confusion]:
    """Count the cells (prediction * 3 + label + 1, or -1) of each group that has any."""
    counted = (cells >= 0) & (groups.codes >= 0)
    flat = np.bincount(groups.codes[counted] * 6 + cells[counted], minlength=6 * len(groups.texts))
    table = flat.reshape(-1, 6).tolist()
    return {
        text: Confusion(
            true_positives=row[5],
            false_positives=row[4],
            true_negatives=row[1],
            false_negatives=row[2],
            unlabelled_positives=row[3],
            unlabelled_negatives=row[0],
        )
        for text, row in zip(groups.texts, table, strict=True)
        if any(row)
    }


def _sparse(counts: NDArray[np.int64]) -> dict[int, int]:
    return {key: int(counts[key]) for key in np.flatnonzero(counts).tolist()}
