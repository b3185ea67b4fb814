import json

import pytest

from twofold.monitoring.models import Measurement, Monitor
from twofold.reporting.measures import figure, group_views, limit_text, scale, unit_text


def monitor(
    metric: str = "drift.psi",
    *,
    direction: str = "above",
    breach: float = 0.25,
    warn: float | None = None,
) -> Monitor:
    return Monitor(metric=metric, direction=direction, warn=warn, breach=breach)


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        ("drift.psi", 0.2512, "0.251"),
        ("performance.accuracy", 0.8125, "81.2\u00a0%"),
        ("volume.events", 6563.0, "6,563"),
        ("performance.brier", None, ""),
    ],
)
def test_values_are_read_in_the_unit_of_their_metric(
    metric: str, value: float | None, shown: str
) -> None:
    assert figure(value, monitor(metric)) == shown


def test_unknown_value_is_never_drawn_as_zero() -> None:
    assert scale(None, monitor()) is None


def test_axis_of_a_share_is_in_per_cent() -> None:
    assert (unit_text(monitor("performance.recall")), unit_text(monitor())) == ("%", "index")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (monitor(), "breach above 0.25"),
        (monitor(warn=0.1), "breach above 0.25, warning above 0.1"),
        (
            monitor("performance.accuracy", direction="below", breach=0.8, warn=0.855),
            "breach below 80\u00a0%, warning below 85.5\u00a0%",
        ),
        (monitor("volume.events", direction="below", breach=3100), "breach below 3,100"),
    ],
)
def test_limits_are_said_with_the_decimals_that_were_chosen(given: Monitor, sentence: str) -> None:
    assert limit_text(given) == sentence


def test_group_without_a_rate_has_none_to_show() -> None:
    measurement = Measurement(
        groups=json.dumps(
            [
                {
                    "group": "f",
                    "kind": "positive_rate",
                    "rate": 0.4567,
                    "sample": 40,
                    "included": True,
                },
                {
                    "group": "x",
                    "kind": "true_positive_rate",
                    "rate": None,
                    "sample": 0,
                    "included": False,
                },
            ]
        )
    )
    large, empty = group_views(measurement)
    assert (large.kind, large.rate, large.included) == ("Positive predictions", "45.7\u00a0%", True)
    assert (empty.kind, empty.rate, empty.included) == ("True positives", "", False)
