"""Group fairness of boolean predictions: differences between the values of one protected field.

A group enters a comparison with at least `minimum` events under the denominator of the rate that is
compared: all its predictions for the positive rate, its positive or negative labels for the true
and false positive rates. Smaller groups are told, marked as not included, and neither enter nor set
the reference; events of unknown group are in none. The definitions are those of Barocas, Hardt and
Narayanan, Fairness and Machine Learning (2023), ch. 3, and of fairlearn.

The `sample` of each measure is that of the smallest group that entered. With fewer than two groups
left there is no value, and the sample is that of the second largest group, 0 without one: what
stood in the way.
"""

from collections.abc import Mapping
from typing import Final

from twofold.domain.measure import GroupRate, Measure, RateKind
from twofold.domain.outcomes import Confusion

SMALLEST_GROUP: Final = 30

Groups = Mapping[str, Confusion]


def demographic_parity_difference(groups: Groups, *, minimum: int = SMALLEST_GROUP) -> Measure:
    """Return the largest less the smallest positive rate, in [0, 1]; 0 is parity."""
    return _difference(_rates(groups, RateKind.POSITIVE, minimum))


def demographic_parity_ratio(groups: Groups, *, minimum: int = SMALLEST_GROUP) -> Measure:
    """Return the smallest over the largest positive rate, in [0, 1]; 1 is parity.

    The four-fifths rule of 29 CFR 1607.4 D asks for at least 0.8. Without any positive prediction
    there is no ratio.
    """
    rates = _rates(groups, RateKind.POSITIVE, minimum)
    refusal = _refusal(rates)
    if refusal:
        return refusal
    values, sample = _included(rates)
    if not max(values):
        return Measure(None, sample, "No group has a positive prediction.", rates)
    return Measure(min(values) / max(values), sample, groups=rates)


def equal_opportunity_difference(groups: Groups, *, minimum: int = SMALLEST_GROUP) -> Measure:
    """Return the largest less the smallest true positive rate, in [0, 1]; 0 is equal opportunity.

    Hardt, Price and Srebro (2016).
    """
    return _difference(_rates(groups, RateKind.TRUE_POSITIVE, minimum))


def equalised_odds_difference(groups: Groups, *, minimum: int = SMALLEST_GROUP) -> Measure:
    """Return the larger of the differences of true and of false positive rates, in [0, 1].

    There is a value only where both differences have one; 0 is equalised odds. Hardt, Price and
    Srebro (2016).
    """
    parts = [
        _difference(_rates(groups, kind, minimum))
        for kind in (RateKind.TRUE_POSITIVE, RateKind.FALSE_POSITIVE)
    ]
    rates = tuple(rate for part in parts for rate in part.groups)
    sample = min(part.sample for part in parts)
    values = [part.value for part in parts if part.value is not None]
    if len(values) < len(parts):
        return Measure(None, sample, next(p.reason for p in parts if p.value is None), rates)
    return Measure(max(values), sample, groups=rates)


def _rates(groups: Groups, kind: RateKind, minimum: int) -> tuple[GroupRate, ...]:
    return tuple(_rate(name, groups[name], kind, minimum) for name in sorted(groups))


def _rate(name: str, group: Confusion, kind: RateKind, minimum: int) -> GroupRate:
    part, whole = {
        RateKind.POSITIVE: (group.predicted_positive, group.predictions),
        RateKind.TRUE_POSITIVE: (group.true_positives, group.actual_positive),
        RateKind.FALSE_POSITIVE: (group.false_positives, group.actual_negative),
    }[kind]
    included = whole >= max(minimum, 1)
    return GroupRate(name, part / whole if whole else None, whole, included, kind)


def _difference(rates: tuple[GroupRate, ...]) -> Measure:
    refusal = _refusal(rates)
    if refusal:
        return refusal
    values, sample = _included(rates)
    return Measure(max(values) - min(values), sample, groups=rates)


def _refusal(rates: tuple[GroupRate, ...]) -> Measure | None:
    """Return the measure without a value that fewer than two included groups give, or None."""
    if sum(rate.included for rate in rates) >= 2:
        return None
    largest = sorted((rate.sample for rate in rates), reverse=True)
    sample = largest[1] if len(largest) > 1 else 0
    return Measure(None, sample, "Fewer than two groups are large enough to compare.", rates)


def _included(rates: tuple[GroupRate, ...]) -> tuple[list[float], int]:
    """Return the rates of the groups that enter, and the smallest sample among them."""
    entering = [rate for rate in rates if rate.included]
    values = [rate.rate for rate in entering if rate.rate is not None]
    return values, min(rate.sample for rate in entering)
