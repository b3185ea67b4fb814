"""The registry of metrics: each measure of AI behaviour by id, with its unit, formula and source.

Monitors refer to a metric by id, pages and the API describe it from here, and `measure` computes it
from profiles. The registry stands above drift, performance and fairness and adds only what is too
small for a module: volume and missing values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from twofold.domain import drift, fairness, performance
from twofold.domain.measure import Measure, share
from twofold.domain.outcomes import Confusion
from twofold.domain.profile import Profile


class MetricError(ValueError):
    """A metric, or a field for it, that does not exist."""

    code = "metric"


class FieldKind(StrEnum):
    """Which fields a metric can be asked of."""

    NONE = "none"
    ANY = "any"
    NUMBER = "number"
    GROUP = "group"


class Better(StrEnum):
    """Which way a value improves; `range` when both too little and too much are bad."""

    LOWER = "lower"
    HIGHER = "higher"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is. `unit` is "share", "distance", "index", "score" or "events"."""

    id: str
    title: str
    unit: str
    needs_field: FieldKind
    better: Better
    formula: str
    source: str


_DECLARED: Final = (
    Metric(
        id="performance.accuracy",
        title="Accuracy",
        unit="share",
        needs_field=FieldKind.NONE,
        better=Better.HIGHER,
        formula="(true positives + true negatives) / labelled predictions",
        source="ISO/IEC TS 4213:2022",
    ),
    Metric(
        id="performance.precision",
        title="Precision",
        unit="share",
        needs_field=FieldKind.NONE,
        better=Better.HIGHER,
        formula="true positives / (true positives + false positives)",
        source="ISO/IEC TS 4213:2022",
    ),
    Metric(
        id="performance.recall",
        title="Recall",
        unit="share",
        needs_field=FieldKind.NONE,
        better=Better.HIGHER,
        formula="true positives / (true positives + false negatives)",
        source="ISO/IEC TS 4213:2022",
    ),
    Metric(
        id="performance.auc",
        title="Area under the ROC curve",
        unit="score",
        needs_field=FieldKind.NONE,
        better=Better.HIGHER,
        formula="share of positive-negative pairs that the score ranks rightly, ties as half",
        source="Hanley and McNeil (1982); Mann and Whitney (1947)",
    ),
    Metric(
        id="performance.brier",
        title="Brier score",
        unit="score",
        needs_field=FieldKind.NONE,
        better=Better.LOWER,
        formula="mean of (score - label) squared",
        source="Brier (1950)",
    ),
    Metric(
        id="performance.positive_rate",
        title="Positive predictions",
        unit="share",
        needs_field=FieldKind.NONE,
        better=Better.RANGE,
        formula="positive predictions / predictions",
        source="Barocas, Hardt and Narayanan (2023), ch. 3",
    ),
    Metric(
        id="drift.psi",
        title="Population stability index",
        unit="index",
        needs_field=FieldKind.ANY,
        better=Better.LOWER,
        formula="sum over groups of (w - r) ln(w / r), w and r the shares of window and reference",
        source="Siddiqi (2006)",
    ),
    Metric(
        id="drift.jensen_shannon",
        title="Jensen-Shannon distance",
        unit="distance",
        needs_field=FieldKind.ANY,
        better=Better.LOWER,
        formula="square root of (KL(r, m) + KL(w, m)) / 2 to base 2, where m = (r + w) / 2",
        source="Lin (1991)",
    ),
    Metric(
        id="drift.kolmogorov_smirnov",
        title="Kolmogorov-Smirnov statistic",
        unit="distance",
        needs_field=FieldKind.NUMBER,
        better=Better.LOWER,
        formula="largest difference of the cumulative distributions of window and reference",
        source="Smirnov (1939)",
    ),
    Metric(
        id="fairness.demographic_parity_ratio",
        title="Demographic parity ratio",
        unit="share",
        needs_field=FieldKind.GROUP,
        better=Better.HIGHER,
        formula="smallest / largest positive rate of the groups",
        source="29 CFR 1607.4 D; Barocas, Hardt and Narayanan (2023), ch. 3",
    ),
    Metric(
        id="fairness.demographic_parity_difference",
        title="Demographic parity difference",
        unit="share",
        needs_field=FieldKind.GROUP,
        better=Better.LOWER,
        formula="largest - smallest positive rate of the groups",
        source="Barocas, Hardt and Narayanan (2023), ch. 3",
    ),
    Metric(
        id="fairness.equal_opportunity_difference",
        title="Equal opportunity difference",
        unit="share",
        needs_field=FieldKind.GROUP,
        better=Better.LOWER,
        formula="largest - smallest true positive rate of the groups",
        source="Hardt, Price and Srebro (2016)",
    ),
    Metric(
        id="fairness.equalised_odds_difference",
        title="Equalised odds difference",
        unit="share",
        needs_field=FieldKind.GROUP,
        better=Better.LOWER,
        formula="larger of the differences of true and of false positive rates of the groups",
        source="Hardt, Price and Srebro (2016)",
    ),
    Metric(
        id="volume.events",
        title="Events",
        unit="events",
        needs_field=FieldKind.NONE,
        better=Better.RANGE,
        formula="number of events in the window",
        source="ISO/IEC 42001:2023 9.1",
    ),
    Metric(
        id="quality.missing_rate",
        title="Missing values",
        unit="share",
        needs_field=FieldKind.ANY,
        better=Better.LOWER,
        formula="events without a value of the field / events",
        source="ISO/IEC 5259-2:2024",
    ),
)

METRICS: Final[Mapping[str, Metric]] = MappingProxyType({m.id: m for m in _DECLARED})


@dataclass(frozen=True, slots=True)
class _Question:
    window: Profile
    reference: Profile | None
    field: str
    minimum: int


def metric(metric_id: str) -> Metric:
    """Return the metric of this id.

    Raises:
        MetricError: there is none.
    """
    if metric_id not in METRICS:
        raise MetricError(f"There is no metric `{metric_id}`.")
    return METRICS[metric_id]


def fields_for(metric_id: str, profile: Profile) -> tuple[str, ...]:
    """Return the fields of the profile that the metric can be asked of; none if it needs none.

    Raises:
        MetricError: there is no such metric.
    """
    fitting: dict[FieldKind, set[str]] = {
        FieldKind.NONE: set(),
        FieldKind.ANY: {*profile.numbers, *profile.categories},
        FieldKind.NUMBER: set(profile.numbers),
        FieldKind.GROUP: set() if profile.outcomes is None else set(profile.outcomes.groups),
    }
    return tuple(sorted(fitting[metric(metric_id).needs_field]))


def measure(
    metric_id: str,
    window: Profile,
    reference: Profile | None = None,
    field: str | None = None,
    *,
    minimum: int = fairness.SMALLEST_GROUP,
) -> Measure:
    """Return the metric of a window.

    Args:
        metric_id: one of `METRICS`.
        window: what is measured.
        reference: what drift is measured against; no other metric looks at it.
        field: the field that drift, fairness or the missing rate is asked of. It may be known to
            the reference alone.
        minimum: the smallest group that enters a fairness measure.

    Raises:
        MetricError: no such metric; a field that is unknown, not of the kind that the metric needs,
            wanting or not wanted.
    """
    kind = metric(metric_id).needs_field
    if (field is None) != (kind is FieldKind.NONE):
        wanted = "needs a field" if field is None else "takes no field"
        raise MetricError(f"`{metric_id}` {wanted}.")
    known = [profile for profile in (window, reference) if profile is not None]
    if field is not None and not any(field in fields_for(metric_id, p) for p in known):
        raise MetricError(f"`{metric_id}` finds no field `{field}` of the kind that it needs.")
    return _COMPUTED[metric_id](_Question(window, reference, field or "", minimum))


Computation: TypeAlias = Callable[[_Question], Measure]


def _of_window(measured: Callable[[Profile], Measure]) -> Computation:
    return lambda question: measured(question.window)


def _against_reference(
    measured: Callable[[drift.Tally | None, drift.Tally | None], Measure],
) -> Computation:
    def computed(question: _Question) -> Measure:
        window = _tally(question.window, question.field)
        if question.reference is None:
            return measured(None, window)
        return measured(_tally(question.reference, question.field), window)

    return computed


def _between_groups(measured: Callable[..., Measure]) -> Computation:
    def computed(question: _Question) -> Measure:
        outcomes = question.window.outcomes
        groups: Mapping[str, Confusion] = {}
        if outcomes is not None:
            groups = outcomes.groups.get(question.field, {})
        return measured(groups, minimum=question.minimum)

    return computed


def _events(question: _Question) -> Measure:
    events = question.window.events
    return Measure(float(events), events, is_count=True)


def _missing_rate(question: _Question) -> Measure:
    events = question.window.events
    tally = _tally(question.window, question.field)
    missing = events if tally is None else tally.missing
    return share(missing, events, reason="The window has no events.")


def _tally(profile: Profile, field: str) -> drift.Tally | None:
    return profile.numbers.get(field) or profile.categories.get(field)


_COMPUTED: Final[Mapping[str, Computation]] = {
    "performance.accuracy": _of_window(performance.accuracy),
    "performance.precision": _of_window(performance.precision),
    "performance.recall": _of_window(performance.recall),
    "performance.auc": _of_window(performance.auc),
    "performance.brier": _of_window(performance.brier),
    "performance.positive_rate": _of_window(performance.positive_rate),
    "drift.psi": _against_reference(drift.psi),
    "drift.jensen_shannon": _against_reference(drift.jensen_shannon),
    "drift.kolmogorov_smirnov": _against_reference(drift.kolmogorov_smirnov),
    "fairness.demographic_parity_ratio": _between_groups(fairness.demographic_parity_ratio),
    "fairness.demographic_parity_difference": _between_groups(
        fairness.demographic_parity_difference
    ),
    "fairness.equal_opportunity_difference": _between_groups(fairness.equal_opportunity_difference),
    "fairness.equalised_odds_difference": _between_groups(fairness.equalised_odds_difference),
    "volume.events": _events,
    "quality.missing_rate": _missing_rate,
}
