"""The answer of a measure: a value, or the reason why there is none.

Drift, performance, fairness and the registry of metrics return it; limits judge it.
"""

from dataclasses import dataclass
from enum import StrEnum


class RateKind(StrEnum):
    """Which rate of a group a fairness measure compares."""

    POSITIVE = "positive_rate"
    TRUE_POSITIVE = "true_positive_rate"
    FALSE_POSITIVE = "false_positive_rate"


@dataclass(frozen=True, slots=True)
class GroupRate:
    """A rate of one group, in [0, 1].

    `sample` is the number of events under the rate's denominator; the rate is None when it is 0. A
    group that is not `included` was too small to enter the measure.
    """

    group: str
    rate: float | None
    sample: int
    included: bool
    kind: RateKind


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with the number of events that it rests on.

    The value is None when it cannot be computed, and `reason` then says why in words. `error`
    bounds how far the value can be from that of the raw events, where counting in bins loses
    something. A measure that `is_count` counts the events: it means something even when there are
    none.
    """

    value: float | None
    sample: int
    reason: str = ""
    groups: tuple[GroupRate, ...] = ()
    error: float = 0.0
    is_count: bool = False


def share(part: int, whole: int, *, reason: str) -> Measure:
    """Return part of whole, or the reason when the whole is empty."""
    return Measure(part / whole, whole) if whole else Measure(None, 0, reason)
