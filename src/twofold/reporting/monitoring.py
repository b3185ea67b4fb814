"""Monitoring in pages: charts of measurements, distributions, group rates, consequences."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from twofold.catalog.load import catalog
from twofold.domain import metrics
from twofold.domain.readiness import assess
from twofold.inventory.models import AISystem
from twofold.monitoring.filing import kind_of
from twofold.monitoring.models import Breach, Measurement, Monitor, Verdict
from twofold.monitoring.queries import breaches_of, measurements_of, monitors_of
from twofold.people.access import Actor
from twofold.people.errors import NotFound
from twofold.reporting.distribution import distribution_chart
from twofold.reporting.facts import gather
from twofold.reporting.posture import RequirementState
from twofold.telemetry.models import EventSchema
from twofold.telemetry.queries import current_schema, events_by_day, last_day

_WORST = (Verdict.BREACH, Verdict.ERROR, Verdict.WARNING, Verdict.INSUFFICIENT, Verdict.OK)
VOLUME_DAYS = 84


@dataclass(frozen=True)
class FleetRow:
    """A system in the register's list with the state of its monitoring.

    Attributes:
        verdict: the worst verdict of the monitors' newest windows; blank without monitors.
    """

    system: AISystem
    monitors: int
    verdict: str
    open_breaches: int


@dataclass(frozen=True)
class MonitorView:
    """A monitor with its newest measurement, its chart, and the rates of groups if it has any."""

    monitor: Monitor
    metric: metrics.Metric
    newest: Measurement | None
    chart: dict[str, Any]
    groups: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class SystemMonitoring:
    """All that the page of a system shows of its monitoring."""

    schema: EventSchema | None
    monitors: Sequence[MonitorView]
    breaches: Sequence[Breach]
    volume: dict[str, Any]
    fields: Sequence[str]
    field: str
    distribution: dict[str, Any] | None
    events: int


def fleet(systems: Iterable[AISystem]) -> list[FleetRow]:
    """Return the rows of the register's list; three queries, however many systems there are."""
    rows = list(systems)
    newest: dict[object, Measurement] = {}
    of_system: dict[object, set[object]] = {}
    for monitor in Monitor.objects.filter(system__in=rows):
        of_system.setdefault(monitor.system_id, set()).add(monitor.pk)
    measurements = Measurement.objects.filter(monitor__system__in=rows).order_by("window_start")
    for measurement in measurements.only("monitor_id", "verdict", "window_start"):
        newest[measurement.monitor_id] = measurement
    opened: dict[object, int] = {}
    for breach in breaches_of(rows).filter(closed_at=None):
        opened[breach.monitor.system_id] = opened.get(breach.monitor.system_id, 0) + 1
    return [
        FleetRow(
            system,
            len(of_system.get(system.pk, ())),
            _worst(newest[key].verdict for key in of_system.get(system.pk, ()) if key in newest),
            opened.get(system.pk, 0),
        )
        for system in rows
    ]


def system_monitoring(system: AISystem, *, field: str = "") -> SystemMonitoring:
    """Return the monitoring of a system.

    Args:
        field: the field whose distribution is shown; blank or unknown: the first.
    """
    try:
        schema = current_schema(system)
    except NotFound:
        return SystemMonitoring(None, (), (), {}, (), "", None, 0)
    rows: dict[object, list[Measurement]] = {}
    for measurement in measurements_of(system):
        rows.setdefault(measurement.monitor_id, []).append(measurement)
    names = [entry["name"] for entry in schema.fields]
    shown = field if field in names else names[0]
    last = last_day(schema)
    counts = events_by_day(schema, last - timedelta(days=VOLUME_DAYS - 1), last) if last else {}
    return SystemMonitoring(
        schema=schema,
        monitors=[_monitor(monitor, rows.get(monitor.pk, [])) for monitor in monitors_of(system)],
        breaches=list(breaches_of([system])[:20]),
        volume=_volume(counts),
        fields=names,
        field=shown,
        distribution=distribution_chart(schema, shown, last) if last else None,
        events=sum(counts.values()),
    )


def monitor_chart(monitor: Monitor) -> dict[str, Any]:
    """Return the chart of a monitor's measurements with its limits and breaches."""
    rows = Measurement.objects.filter(monitor=monitor).order_by("window_start")
    return _chart(monitor, list(rows))


def breach_consequences(breach: Breach, by: Actor, *, at: datetime) -> list[RequirementState]:
    """Return the requirements that reports of the breached monitor are credited to."""
    kind = kind_of(breach.monitor)
    facts = gather(by, at=at)
    asking = [c for c in catalog().controls if any(need.kind == kind for need in c.evidence)]
    running = [control for control in asking if facts.implementations.get(control.id)]
    ids = dict.fromkeys(credit.requirement for control in running for credit in control.credits)
    return [
        RequirementState(
            catalog().requirements[key], assess(facts.of(catalog().requirements[key]), at.date())
        )
        for key in ids
    ]


def _worst(verdicts: Iterable[str]) -> str:
    found = set(verdicts)
    return next((verdict.value for verdict in _WORST if verdict in found), "")


def _monitor(monitor: Monitor, rows: Sequence[Measurement]) -> MonitorView:
    newest = rows[-1] if rows else None
    return MonitorView(
        monitor=monitor,
        metric=metrics.METRICS[monitor.metric],
        newest=newest,
        chart=_chart(monitor, rows),
        groups=json.loads(newest.groups) if newest else (),
    )


def _chart(monitor: Monitor, rows: Sequence[Measurement]) -> dict[str, Any]:
    limits = [{"label": _("Breach"), "value": monitor.breach}]
    if monitor.warn is not None:
        limits.append({"label": _("Warning"), "value": monitor.warn})
    return {
        "kind": "line",
        "unit": metrics.METRICS[monitor.metric].unit,
        "columns": [_("Window from"), _("Value")],
        "rows": [[_day(row.window_start), _shown(row)] for row in rows],
        "limits": limits,
        "breaches": [n for n, row in enumerate(rows) if row.verdict == Verdict.BREACH],
    }


def _shown(row: Measurement) -> float | None:
    """Return a value that may be drawn: never one that rests on too few events."""
    if row.value is None or row.verdict == Verdict.INSUFFICIENT:
        return None
    return round(row.value, 6)


def _volume(counts: dict[date, int]) -> dict[str, Any]:
    if not counts:
        return {"kind": "bar", "columns": [_("Day"), _("Events")], "rows": []}
    first, last = min(counts), max(counts)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        "kind": "bar",
        "unit": _("events"),
        "columns": [_("Day"), _("Events")],
        "rows": [[_day(day), counts.get(day, 0)] for day in days],
    }


def _day(day: date) -> str:
    return date_format(day, "j M Y")
