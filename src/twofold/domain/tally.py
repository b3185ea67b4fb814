"""Additive tallies of one window: what a profile knows of a number field and of a category field.

Adding the tallies of two batches gives the tally of the joined batch, count for count. Only the
sums of floats are subject to rounding: each sum is rounded once per batch and once per merge.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import numpy as np
from msgspec import Meta

from twofold.domain import bins
from twofold.domain.columns import Coded, Numbers

DISTINCT_LIMIT: Final = 500

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Key = TypeVar("Key", int, str)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class NumberTally:
    """What is known of a number field.

    `count` is of the present values, infinite ones (`below`, `above`) among them; `bins` counts the
    finite ones by key of `twofold.domain.bins`. `total`, `squares` (the sum of squares), `minimum`
    and `maximum` are of the finite values: the sums are None once a float cannot hold them, the
    extremes are None without a finite value.
    """

    count: Count
    missing: Count
    below: Count
    above: Count
    total: float | None
    squares: float | None
    minimum: float | None
    maximum: float | None
    bins: Mapping[int, Positive]

    @classmethod
    def of(cls, values: Numbers) -> "NumberTally":
        """Return the tally of a column in which NaN is a missing value."""
        present = values[~np.isnan(values)]
        finite = np.sort(present[np.isfinite(present)])
        keys, counts = np.unique(bins.keys_of(finite), return_counts=True)
        with np.errstate(over="ignore"):
            squared = finite * finite
        return cls(
            count=len(present),
            missing=len(values) - len(present),
            below=int(np.count_nonzero(present == -np.inf)),
            above=int(np.count_nonzero(present == np.inf)),
            total=_sum(finite.tolist()),
            squares=_sum(squared.tolist()),
            minimum=float(finite[0]) if len(finite) else None,
            maximum=float(finite[-1]) if len(finite) else None,
            bins=dict(zip(keys.tolist(), counts.tolist(), strict=True)),
        )

    @classmethod
    def absent(cls, events: int) -> "NumberTally":
        """Return the tally of a field that none of the events carries."""
        return cls(0, events, 0, 0, 0.0, 0.0, None, None, {})

    @classmethod
    def merged(cls, tallies: Sequence["NumberTally"]) -> "NumberTally":
        """Return the sum of the tallies."""
        return cls(
            count=sum(tally.count for tally in tallies),
            missing=sum(tally.missing for tally in tallies),
            below=sum(tally.below for tally in tallies),
            above=sum(tally.above for tally in tallies),
            total=_sum_of_known(tally.total for tally in tallies),
            squares=_sum_of_known(tally.squares for tally in tallies),
            minimum=min((t.minimum for t in tallies if t.minimum is not None), default=None),
            maximum=max((t.maximum for t in tallies if t.maximum is not None), default=None),
            bins=added(tally.bins for tally in tallies),
        )

    def is_sound(self) -> bool:
        """Tell whether the counts agree with one another."""
        finite = sum(self.bins.values())
        has_range = self.minimum is not None and self.maximum is not None
        return (
            self.count == self.below + self.above + finite
            and has_range == bool(finite)
            and all(abs(key) <= bins.LARGEST_KEY for key in self.bins)
        )


@dataclass(frozen=True, slots=True)
class CategoryTally:
    """What is known of a category or boolean field.

    Counts stand for at most 500 values: the first ones in the order of their code points.
    `overflow` counts all events of later values. A value among the first 500 of a joined batch is
    among the first 500 of each part that has it, so its count is complete, and merging stays exact
    even beyond the limit; which values are kept says nothing about how frequent they are.
    """

    count: Count
    missing: Count
    overflow: Count
    values: Mapping[str, Positive]

    @classmethod
    def of(cls, column: Coded) -> "CategoryTally":
        """Return the tally of a coded column."""
        counts = np.bincount(column.codes + 1, minlength=len(column.texts) + 1).tolist()
        values = {text: n for text, n in zip(column.texts, counts[1:], strict=True) if n}
        return cls._limited(missing=counts[0], overflow=0, values=values)

    @classmethod
    def absent(cls, events: int) -> "CategoryTally":
        """Return the tally of a field that none of the events carries."""
        return cls(0, events, 0, {})

    @classmethod
    def merged(cls, tallies: Sequence["CategoryTally"]) -> "CategoryTally":
        """Return the sum of the tallies."""
        return cls._limited(
            missing=sum(tally.missing for tally in tallies),
            overflow=sum(tally.overflow for tally in tallies),
            values=added(tally.values for tally in tallies),
        )

    @property
    def last_counted(self) -> str | None:
        """The value up to which every count is complete; None when all are."""
        return max(self.values) if self.overflow else None

    @classmethod
    def _limited(cls, *, missing: int, overflow: int, values: Mapping[str, int]) -> "CategoryTally":
        count = sum(values.values()) + overflow
        kept = first_values(values)
        return cls(count, missing, count - sum(kept.values()), kept)

    def is_sound(self) -> bool:
        """Tell whether the counts agree with one another."""
        is_full = len(self.values) == DISTINCT_LIMIT
        return (
            self.count == sum(self.values.values()) + self.overflow
            and len(self.values) <= DISTINCT_LIMIT
            and (is_full or not self.overflow)
        )


def first_values(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the entries of the first 500 keys in the order of code points."""
    return {key: values[key] for key in sorted(values)[:DISTINCT_LIMIT]}


def added(parts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    """Add counts by key; the result is in the order of the keys."""
    total: dict[Key, int] = {}
    for part in parts:
        for key, count in part.items():
            total[key] = total.get(key, 0) + count
    return dict(sorted(total.items()))


def _sum(values: list[float]) -> float | None:
    """Return the sum, rounded once, or None when a float cannot hold it."""
    try:
        total = math.fsum(values)
    except OverflowError:
        return None
    return total if math.isfinite(total) else None


def _sum_of_known(values: Iterable[float | None]) -> float | None:
    known: list[float] = []
    for value in values:
        if value is None:
            return None
        known.append(value)
    return _sum(known)
