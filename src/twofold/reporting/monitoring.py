"""Monitoring in pages: what monitors say, charts of measurements, group rates, consequences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from twofold.controls.queries import library
from twofold.domain import metrics
from twofold.inventory.models import AISystem
from twofold.monitoring.filing import kind_of
from twofold.monitoring.models import Alert, Breach, Measurement, Monitor, Verdict
from twofold.monitoring.queries import (
    breaches_of,
    measurements_of,
    monitors_of,
    newest_measurements,
    visible_alerts,
)
from twofold.people.access import Actor
from twofold.people.errors import NotFound
from twofold.reporting.distribution import distribution_chart
from twofold.reporting.measures import (
    GroupView,
    breach_text,
    figure,
    group_views,
    limit_text,
    scale,
    unit_text,
)
from twofold.reporting.posture import RequirementState
from twofold.reporting.standing import standing
from twofold.telemetry.models import EventSchema
from twofold.telemetry.queries import current_schema, damaged_batches, events_by_day, last_day

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
    """A monitor with its newest measurement, its chart, and the rates of groups if it has any.

    Attributes:
        value: the newest value in words; blank where there is none to be shown.
        limit: when it breaches and when it warns, in words.
        filling: whether the newest window is not over yet.
        note: what has to be said under the chart; blank where it speaks for itself.
    """

    monitor: Monitor
    metric: metrics.Metric
    newest: Measurement | None
    value: str
    limit: str
    filling: bool
    note: str
    chart: dict[str, Any]
    groups: Sequence[GroupView]


@dataclass(frozen=True)
class BreachView:
    """A breach with its worst value and its limit in words."""

    breach: Breach
    worst: str
    limit: str


@dataclass(frozen=True)
class AlertView(BreachView):
    """An alert with its breach."""

    alert: Alert


@dataclass(frozen=True)
class SystemMonitoring:
    """All that the page of a system shows of its monitoring.

    Attributes:
        damaged: accepted events whose bytes are not there, and which no measurement counts.
    """

    schema: EventSchema | None
    monitors: Sequence[MonitorView]
    breaches: Sequence[BreachView]
    volume: dict[str, Any]
    fields: Sequence[str]
    field: str
    distribution: dict[str, Any] | None
    events: int
    damaged: int = 0


def fleet(systems: Iterable[AISystem]) -> list[FleetRow]:
    """Return the rows of the register's list; three queries, however many systems there are."""
    rows = list(systems)
    monitors = list(Monitor.objects.filter(system__in=rows))
    of_system: dict[object, set[object]] = {}
    for monitor in monitors:
        of_system.setdefault(monitor.system_id, set()).add(monitor.pk)
    newest = newest_measurements(monitors)
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


def system_monitoring(system: AISystem, *, on: date, field: str = "") -> SystemMonitoring:
    """Return the monitoring of a system as it stands on a day.

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
        monitors=[
            _monitor(monitor, rows.get(monitor.pk, []), on) for monitor in monitors_of(system)
        ],
        breaches=[
            BreachView(breach, _worst_value(breach), breach_text(breach.monitor))
            for breach in breaches_of([system])[:20]
        ],
        volume=_volume(counts),
        fields=names,
        field=shown,
        distribution=distribution_chart(schema, shown, last) if last else None,
        events=sum(counts.values()),
        damaged=sum(batch.events for batch in damaged_batches([system]) if not batch.profiled),
    )


def monitor_chart(monitor: Monitor) -> dict[str, Any]:
    """Return the chart of a monitor's measurements with its limits and breaches."""
    rows = Measurement.objects.filter(monitor=monitor).order_by("window_start")
    return _chart(monitor, list(rows))


def inbox(by: Actor, *, at: datetime) -> QuerySet[Alert]:
    """Return the alerts that the actor may read: waiting ones first, among them open breaches."""
    return visible_alerts(by, at=at).order_by(
        F("acknowledged_at").asc(nulls_first=True),
        F("breach__closed_at").desc(nulls_first=True),
        "-raised_at",
        "pk",
    )


def alert_views(alerts: Iterable[Alert]) -> list[AlertView]:
    """Return alerts with what they are about in words; they come loaded with their breach."""
    return [
        AlertView(
            breach=alert.breach,
            worst=_worst_value(alert.breach),
            limit=breach_text(alert.breach.monitor),
            alert=alert,
        )
        for alert in alerts
    ]


def breach_consequences(breach: Breach, by: Actor, *, at: datetime) -> list[RequirementState]:
    """Return the requirements that reports of the breached monitor are credited to."""
    kind = kind_of(breach.monitor)
    found = standing(by, at=at)
    asking = [c for c in library().controls if any(need.kind == kind for need in c.evidence)]
    running = [control for control in asking if found.implementations(control.id)]
    ids = dict.fromkeys(credit.requirement for control in running for credit in control.credits)
    return [
        RequirementState(library().requirements[key], found.readiness[key])
        for key in ids
        if key in found.readiness
    ]


def _worst(verdicts: Iterable[str]) -> str:
    found = set(verdicts)
    return next((verdict.value for verdict in _WORST if verdict in found), "")


def _worst_value(breach: Breach) -> str:
    return figure(breach.worst_value, breach.monitor)


def _monitor(monitor: Monitor, rows: Sequence[Measurement], on: date) -> MonitorView:
    newest = rows[-1] if rows else None
    return MonitorView(
        monitor=monitor,
        metric=metrics.METRICS[monitor.metric],
        newest=newest,
        value=figure(_shown(newest), monitor) if newest else "",
        limit=limit_text(monitor),
        filling=newest is not None and newest.window_end >= on,
        note=_note(rows),
        chart=_chart(monitor, rows),
        groups=group_views(newest) if newest else (),
    )


def _note(rows: Sequence[Measurement]) -> str:
    if rows and all(_shown(row) is None for row in rows):
        return _("No window has had enough events to be judged.")
    return ""


def _chart(monitor: Monitor, rows: Sequence[Measurement]) -> dict[str, Any]:
    limits = [
        {"label": _("Breach"), "value": scale(monitor.breach, monitor), "verdict": "breach"},
    ]
    if monitor.warn is not None:
        warning = scale(monitor.warn, monitor)
        limits.append({"label": _("Warning"), "value": warning, "verdict": "warning"})
    return {
        "kind": "line",
        "unit": unit_text(monitor),
        "columns": [_("Window from"), monitor.name],
        "rows": [[_day(row.window_start), scale(_shown(row), monitor)] for row in rows],
        "limits": limits,
        "breaches": [n for n, row in enumerate(rows) if row.verdict == Verdict.BREACH],
    }


def _shown(row: Measurement) -> float | None:
    """Return a value that may be shown: never one that rests on too few events."""
    return None if row.verdict == Verdict.INSUFFICIENT else row.value


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
