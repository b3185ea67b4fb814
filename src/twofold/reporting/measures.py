"""Measured values in words: figures in their unit, limits as sentences, rates of groups."""

import json
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.domain import metrics
from twofold.domain.measure import RateKind
from twofold.monitoring.models import Direction, Measurement, Monitor

_DECIMALS = {"share": 1, "events": 0}
_UNITS = {
    "share": "%",
    "events": gettext_lazy("events"),
    "index": gettext_lazy("index"),
    "distance": gettext_lazy("distance, 0 to 1"),
    "score": gettext_lazy("score, 0 to 1"),
}
_RATES = {
    RateKind.POSITIVE: gettext_lazy("Positive predictions"),
    RateKind.TRUE_POSITIVE: gettext_lazy("True positives"),
    RateKind.FALSE_POSITIVE: gettext_lazy("False positives"),
}


@dataclass(frozen=True)
class GroupView:
    """The rate of one group in the newest window.

    Attributes:
        rate: in words; blank where it could not be computed.
        included: whether the group was large enough to enter the measure.
    """

    group: str
    kind: str
    rate: str
    sample: int
    included: bool


def scale(value: float | None, monitor: Monitor) -> float | None:
    """Return a value of a monitor in the unit that pages show, rounded; shares in per cent."""
    if value is None:
        return None
    unit = metrics.METRICS[monitor.metric].unit
    return round(value * 100 if unit == "share" else value, _DECIMALS.get(unit, 3))


def figure(value: float | None, monitor: Monitor) -> str:
    """Return a value of a monitor as it is read, with its unit; blank for none."""
    shown = scale(value, monitor)
    return "" if shown is None else _number(shown, metrics.METRICS[monitor.metric].unit)


def unit_text(monitor: Monitor) -> str:
    """Return the unit of a monitor's values, for an axis."""
    return str(_UNITS[metrics.METRICS[monitor.metric].unit])


def breach_text(monitor: Monitor) -> str:
    """Return on which side of which value a monitor breaches."""
    words = {"limit": _limit(monitor.breach, monitor)}
    if monitor.direction == Direction.ABOVE:
        return _("breach above %(limit)s") % words
    return _("breach below %(limit)s") % words


def limit_text(monitor: Monitor) -> str:
    """Return when a monitor breaches and, if it does, when it warns."""
    breach = breach_text(monitor)
    if monitor.warn is None:
        return breach
    words = {"breach": breach, "limit": _limit(monitor.warn, monitor)}
    if monitor.direction == Direction.ABOVE:
        return _("%(breach)s, warning above %(limit)s") % words
    return _("%(breach)s, warning below %(limit)s") % words


def group_views(measurement: Measurement) -> list[GroupView]:
    """Return the rates of the groups that a fairness measurement compared, or left out."""
    return [
        GroupView(
            group=entry["group"],
            kind=str(_RATES[RateKind(entry["kind"])]),
            rate="" if entry["rate"] is None else _number(round(100 * entry["rate"], 1), "share"),
            sample=entry["sample"],
            included=entry["included"],
        )
        for entry in json.loads(measurement.groups)
    ]


def _limit(value: float, monitor: Monitor) -> str:
    """Return a limit, which somebody chose, with no more decimals than it was given."""
    unit = metrics.METRICS[monitor.metric].unit
    shown = value * 100 if unit == "share" else value
    return _number(shown, unit, decimals=len(f"{shown:.6g}".partition(".")[2]))


def _number(value: float, unit: str, decimals: int | None = None) -> str:
    places = _DECIMALS.get(unit, 3) if decimals is None else decimals
    written = number_format(value, places, use_l10n=True, force_grouping=True)
    return f"{written}\u00a0%" if unit == "share" else written
