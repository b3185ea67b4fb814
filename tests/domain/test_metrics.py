import pytest
from domain.events import AMOUNT, SCHEMA, SCORE, of_column

from twofold.domain import drift, fairness, performance
from twofold.domain.limits import Direction, Limit, Verdict, judge
from twofold.domain.metrics import (
    METRICS,
    FieldKind,
    MetricError,
    fields_for,
    measure,
    metric,
)
from twofold.domain.profile import merge, profile_of

IDS = {
    "performance.accuracy",
    "performance.precision",
    "performance.recall",
    "performance.auc",
    "performance.brier",
    "performance.positive_rate",
    "drift.psi",
    "drift.jensen_shannon",
    "drift.kolmogorov_smirnov",
    "fairness.demographic_parity_ratio",
    "fairness.demographic_parity_difference",
    "fairness.equal_opportunity_difference",
    "fairness.equalised_odds_difference",
    "volume.events",
    "quality.missing_rate",
}


def batch(size, shift):
    turn = range(size)
    return profile_of(
        {
            "amount": [(i * 7 + shift) % 97 if i % 10 else None for i in turn],
            "channel": ["web" if (i + shift) % 3 else "shop" for i in turn],
            "gender": ["f" if i % 2 else "m" for i in turn],
            "disabled": [i % 5 == 0 for i in turn],
            "granted": [i % (2 + shift % 2) == 0 for i in turn],
            "score": [(i * 13 % 100) / 100 for i in turn],
            "repaid": [i * 3 % 7 < 4 for i in turn],
        },
        SCHEMA,
    )


WINDOW = batch(600, shift=41)
REFERENCE = batch(1000, shift=0)
SILENT = profile_of({}, SCHEMA)

PLAIN = {
    "performance.accuracy": performance.accuracy,
    "performance.precision": performance.precision,
    "performance.recall": performance.recall,
    "performance.auc": performance.auc,
    "performance.brier": performance.brier,
    "performance.positive_rate": performance.positive_rate,
}
AGAINST_REFERENCE = {
    "drift.psi": drift.psi,
    "drift.jensen_shannon": drift.jensen_shannon,
    "drift.kolmogorov_smirnov": drift.kolmogorov_smirnov,
}
BETWEEN_GROUPS = {
    "fairness.demographic_parity_ratio": fairness.demographic_parity_ratio,
    "fairness.demographic_parity_difference": fairness.demographic_parity_difference,
    "fairness.equal_opportunity_difference": fairness.equal_opportunity_difference,
    "fairness.equalised_odds_difference": fairness.equalised_odds_difference,
}


def test_every_metric_is_declared_once_and_described():
    assert set(METRICS) == IDS
    for metric_id, declared in METRICS.items():
        assert declared.id == metric_id
        assert metric(metric_id) is declared
        assert all([declared.title, declared.unit, declared.formula, declared.source])
    assert len({declared.title for declared in METRICS.values()}) == len(IDS)


@pytest.mark.parametrize("metric_id", sorted(IDS))
def test_every_metric_can_be_asked_of_every_field_that_fits(metric_id):
    needs = metric(metric_id).needs_field
    fields = fields_for(metric_id, WINDOW) or (None,)

    assert (fields == (None,)) == (needs is FieldKind.NONE)
    for field in fields:
        assert measure(metric_id, WINDOW, REFERENCE, field).value is not None
        assert measure(metric_id, SILENT, REFERENCE, field).sample == 0


@pytest.mark.parametrize("metric_id", PLAIN)
def test_performance_is_that_of_the_window(metric_id):
    assert measure(metric_id, WINDOW, REFERENCE) == PLAIN[metric_id](WINDOW)


@pytest.mark.parametrize("metric_id", AGAINST_REFERENCE)
def test_drift_is_measured_from_reference_to_window(metric_id):
    found = measure(metric_id, WINDOW, REFERENCE, "amount")

    tallies = REFERENCE.numbers["amount"], WINDOW.numbers["amount"]
    assert found == AGAINST_REFERENCE[metric_id](*tallies)
    assert found.value > 0


def test_drift_of_a_category():
    found = measure("drift.psi", WINDOW, REFERENCE, "channel")

    assert found == drift.psi(REFERENCE.categories["channel"], WINDOW.categories["channel"])


def test_drift_without_a_reference_has_no_value():
    found = measure("drift.psi", WINDOW, None, "amount")

    assert (found.value, found.reason) == (None, "There is no reference to compare with.")


@pytest.mark.parametrize("metric_id", BETWEEN_GROUPS)
def test_fairness_is_that_of_the_groups_of_the_field(metric_id):
    groups = WINDOW.outcomes.groups["gender"]

    found = measure(metric_id, WINDOW, None, "gender")

    assert found == BETWEEN_GROUPS[metric_id](groups)
    assert len(found.groups) >= 2


def test_the_smallest_group_can_be_set():
    found = measure("fairness.demographic_parity_ratio", WINDOW, None, "gender", minimum=301)

    assert (found.value, found.sample) == (None, 300)


def test_volume_counts_events_even_when_there_are_none():
    not_silent = Limit(warn=None, breach=1, direction=Direction.BELOW)

    assert measure("volume.events", WINDOW).value == 600.0
    assert judge(measure("volume.events", WINDOW), not_silent) is Verdict.OK
    assert judge(measure("volume.events", SILENT), not_silent) is Verdict.BREACH
    assert judge(measure("volume.events", merge([])), not_silent) is Verdict.BREACH


def test_missing_rate_is_a_share_of_all_events():
    assert measure("quality.missing_rate", WINDOW, None, "amount").value == pytest.approx(0.1)
    assert measure("quality.missing_rate", WINDOW, None, "gender").value == 0.0
    assert measure("quality.missing_rate", WINDOW, None, "amount").sample == 600


def test_missing_rate_of_no_events_has_no_value():
    found = measure("quality.missing_rate", SILENT, None, "amount")

    assert (found.value, found.sample, found.reason) == (None, 0, "The window has no events.")


def test_a_field_that_only_the_reference_knows_is_missing_in_the_window():
    window = of_column([0.5] * 40, SCORE)

    assert measure("quality.missing_rate", window, REFERENCE, "amount").value == 1.0
    assert measure("drift.psi", window, REFERENCE, "amount").value is None
    found = measure("fairness.demographic_parity_ratio", window, REFERENCE, "gender")
    assert (found.value, found.sample) == (None, 0)
    found = measure("fairness.demographic_parity_ratio", SILENT, REFERENCE, "gender")
    assert (found.value, found.sample) == (None, 0)


def test_a_field_that_only_the_window_knows_has_nothing_to_drift_from():
    reference = of_column([0.5] * 40, SCORE)

    found = measure("drift.psi", of_column([1.0] * 40, AMOUNT), reference, "amount")

    assert found.reason == "There is no reference to compare with."


@pytest.mark.parametrize("metric_id", ["", "drift", "drift.PSI", "drift.psi "])
def test_an_unknown_metric_is_refused(metric_id):
    for ask in (metric, lambda m: fields_for(m, WINDOW), lambda m: measure(m, WINDOW)):
        with pytest.raises(MetricError, match="There is no metric"):
            ask(metric_id)


@pytest.mark.parametrize(
    ("metric_id", "field", "message"),
    [
        ("drift.psi", "income", "no field `income`"),
        ("drift.psi", None, "needs a field"),
        ("drift.psi", "", "no field ``"),
        ("drift.kolmogorov_smirnov", "gender", "no field `gender` of the kind"),
        ("fairness.demographic_parity_ratio", "amount", "no field `amount` of the kind"),
        ("fairness.demographic_parity_ratio", "granted", "no field `granted` of the kind"),
        ("quality.missing_rate", "income", "no field `income`"),
        ("volume.events", "amount", "takes no field"),
        ("performance.accuracy", "", "takes no field"),
    ],
)
def test_a_field_that_does_not_fit_the_metric_is_refused(metric_id, field, message):
    with pytest.raises(MetricError, match=message):
        measure(metric_id, WINDOW, REFERENCE, field)


def test_groups_need_a_prediction_of_yes_or_no():
    assert fields_for("fairness.demographic_parity_ratio", of_column([1.0], AMOUNT)) == ()
