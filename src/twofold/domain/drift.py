"""Drift of one field: how far its distribution in a window lies from that in a reference.

Both distributions are tallies of profiles, so nothing here reads events. Missing values are left
out (the missing rate is a measure of its own). A number is compared by its logarithmic bins,
infinities at both ends; a category by value. Beyond the 500 values that a tally counts, only those
are compared one by one whose count is complete on both sides; the rest is one group.

The `sample` of each measure is the smaller of the two counts of present values; without a reference
it is the window's. The registry of metrics offers these measures by id.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twofold.domain import bins
from twofold.domain.measure import Measure
from twofold.domain.tally import CategoryTally, NumberTally

GROUPS: Final = 10

Tally: TypeAlias = NumberTally | CategoryTally
Shares: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

_INFINITY_KEY: Final = bins.LARGEST_KEY + 1


@dataclass(frozen=True, slots=True)
class _Pair:
    """The counts of both sides by the same keys or values; `keys` is None for a category."""

    reference: Shares
    window: Shares
    keys: Places | None
    sample: int


def psi(reference: Tally | None, window: Tally | None) -> Measure:
    """Return the population stability index: the sum of (w - r) ln(w / r) over groups, 0 or more.

    w and r are a group's shares of window and reference. The groups are those of the reference: for
    a number up to 10 of about equal mass, made of neighbouring bins (a gap between heavy bins can
    be a group of its own); for a category its values. What the reference has never seen (a number
    outside its range, a new value) is one group more. A group that is empty on one side counts as
    half an event there; one that is empty on both adds nothing. Siddiqi, Credit Risk Scorecards
    (2006): below 0.1 is little change, above 0.25 a great one.
    """
    pair = _pair(reference, window)
    if isinstance(pair, Measure):
        return pair
    places = _places_of_reference(pair)
    r, w = np.bincount(places, pair.reference), np.bincount(places, pair.window)
    used = (r > 0) | (w > 0)
    r_share = np.maximum(r[used], 0.5) / r.sum()
    w_share = np.maximum(w[used], 0.5) / w.sum()
    value = np.sum((w_share - r_share) * np.log(w_share / r_share))
    return Measure(float(value), pair.sample)


def jensen_shannon(reference: Tally | None, window: Tally | None) -> Measure:
    """Return the Jensen-Shannon distance to base 2: 0 for equal shares, 1 for nothing in common.

    It is the root of Lin's divergence (1991), and the same in both directions. A number is compared
    in up to 10 groups of neighbouring bins with about equal mass in the even mixture of both sides:
    bins as fine as those of the tally would measure the sampling noise instead. A category is
    compared value by value.
    """
    pair = _pair(reference, window)
    if isinstance(pair, Measure):
        return pair
    p, q = pair.reference / pair.reference.sum(), pair.window / pair.window.sum()
    if pair.keys is not None:
        places = _places_of_equal_mass(p + q)
        p, q = np.bincount(places, p), np.bincount(places, q)
    middle = (p + q) / 2
    divergence = (_divergence(p, middle) + _divergence(q, middle)) / 2
    return Measure(float(np.sqrt(np.clip(divergence, 0.0, 1.0))), pair.sample)


def kolmogorov_smirnov(reference: Tally | None, window: Tally | None) -> Measure:
    """Return the largest difference of the two cumulative distributions, in [0, 1].

    It is taken at the edges of the bins, where both are known exactly, so the statistic of the raw
    values is never smaller, and larger by at most `error`: what the two could differ by inside a
    bin that both have values in. Smirnov (1939).
    """
    pair = _pair(reference, window)
    if isinstance(pair, Measure):
        return pair
    if pair.keys is None:
        return Measure(None, pair.sample, "Categories have no order to compare.")
    f = np.cumsum(pair.reference) / pair.reference.sum()
    g = np.cumsum(pair.window) / pair.window.sum()
    value = float(np.max(np.abs(f - g)))
    f_before, g_before = np.concatenate(([0.0], f[:-1])), np.concatenate(([0.0], g[:-1]))
    is_wide = (pair.keys != bins.ZERO_KEY) & (np.abs(pair.keys) != _INFINITY_KEY)
    inside = np.maximum(f - g_before, g - f_before)[is_wide]
    return Measure(value, pair.sample, error=float(np.max(inside - value, initial=0.0)))


def _pair(reference: Tally | None, window: Tally | None) -> _Pair | Measure:
    """Return both sides by common keys, or the measure that says why they cannot be compared."""
    if window is None or not window.count:
        return Measure(None, 0, "The window has no value of this field.")
    if reference is None:
        return Measure(None, window.count, "There is no reference to compare with.")
    if not reference.count:
        return Measure(None, 0, "The reference has no value of this field.")
    sample = min(reference.count, window.count)
    if isinstance(reference, NumberTally) and isinstance(window, NumberTally):
        return _pair_of_numbers(reference, window, sample)
    if isinstance(reference, CategoryTally) and isinstance(window, CategoryTally):
        return _pair_of_categories(reference, window, sample)
    return Measure(None, sample, "The field is a number on one side and a category on the other.")


def _pair_of_numbers(reference: NumberTally, window: NumberTally, sample: int) -> _Pair:
    sides = [
        {-_INFINITY_KEY: tally.below, **tally.bins, _INFINITY_KEY: tally.above}
        for tally in (reference, window)
    ]
    keys = sorted({key for side in sides for key, count in side.items() if count})
    r, w = (np.array([side.get(key, 0) for key in keys], dtype=np.float64) for side in sides)
    return _Pair(r, w, np.array(keys, dtype=np.int64), sample)


def _pair_of_categories(reference: CategoryTally, window: CategoryTally, sample: int) -> _Pair:
    ends = [t.last_counted for t in (reference, window) if t.last_counted is not None]
    end = min(ends, default=None)
    values = sorted({*reference.values, *window.values})
    complete = [value for value in values if end is None or value <= end]
    r, w = (_counts_with_rest(tally, complete) for tally in (reference, window))
    return _Pair(r, w, None, sample)


def _counts_with_rest(tally: CategoryTally, complete: list[str]) -> Shares:
    counts = [tally.values.get(value, 0) for value in complete]
    return np.array([*counts, tally.count - sum(counts)], dtype=np.float64)


def _places_of_reference(pair: _Pair) -> Places:
    """Return the group of each key as the reference alone defines it."""
    if pair.keys is None:
        order = np.arange(len(pair.reference))
        return np.where(pair.reference > 0, order, len(order))
    reached = np.cumsum(pair.reference)
    is_outside = (pair.reference == 0) & ((reached == 0) | (reached == reached[-1]))
    return np.where(is_outside, GROUPS, _places_of_equal_mass(pair.reference))


def _places_of_equal_mass(mass: Shares) -> Places:
    """Return for each bin the tenth of the total in which the middle of its own mass lies.

    So at most 10 groups arise, and a bin with a fifth of the mass or more is always one of its own.
    """
    reached = np.cumsum(mass)
    middle = (reached - mass / 2) / reached[-1]
    places: Places = (GROUPS * middle).astype(np.int64)
    return np.minimum(places, GROUPS - 1)


def _divergence(shares: Shares, middle: Shares) -> float:
    """Return the Kullback-Leibler divergence to base 2, where an empty group adds nothing."""
    some = shares > 0
    return float(np.sum(shares[some] * np.log2(shares[some] / middle[some])))
