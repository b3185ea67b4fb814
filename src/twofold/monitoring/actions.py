"""Setting monitors up, evaluating them, acknowledging alerts, filing reports."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from twofold.domain import limits, metrics
from twofold.domain.profile import ProfileError, profile_of
from twofold.inventory.models import AISystem
from twofold.ledger import actions as ledger
from twofold.monitoring import evaluation, filing
from twofold.monitoring.models import Alert, Breach, Measurement, Monitor, MonitoringReport
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.telemetry import actions as telemetry_actions
from twofold.telemetry import queries as telemetry
from twofold.telemetry.events import codec_of
from twofold.telemetry.models import DirtyDay, EventSchema

_AFTER_FAILURE = timedelta(minutes=5)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MonitorSettings:
    """What a monitor measures and when it breaches; see `Monitor`."""

    metric: str
    field: str
    window_days: int
    limit: limits.Limit


@transaction.atomic
def set_up(
    system: AISystem, *, name: str, settings: MonitorSettings, by: Actor, at: datetime
) -> Monitor:
    """Set a monitor up; it is evaluated over the days that are known already at the next pass.

    Raises:
        AccessDenied: the actor may not configure the system's monitors.
        InvalidInput: the name is taken or missing, the metric unknown, or the field unfit.
    """
    access.require(
        by, Permission.CONFIGURE_MONITOR, unit=system.unit, at=at, subject=system.ledger_subject
    )
    name = name.strip()
    if not 1 <= len(name) <= 120 or "\0" in name:
        raise InvalidInput(_("Give a name of 1 to 120 characters."), field="name")
    # Whoever sets up the same at once waits here.
    AISystem.objects.select_for_update(no_key=True).get(pk=system.pk)
    if Monitor.objects.filter(system=system, name=name).exists():
        raise InvalidInput(_("The system has a monitor of this name."), field="name")
    if not 1 <= settings.window_days <= 366:
        raise InvalidInput(_("A window has 1 to 366 days."), field="window_days")
    schema = telemetry.current_schema(system)
    _check_metric(settings, schema)
    limit = settings.limit
    monitor = Monitor.objects.create(
        system=system,
        name=name,
        metric=settings.metric,
        field=settings.field,
        window_days=settings.window_days,
        direction=limit.direction.value,
        warn=limit.warn,
        breach=limit.breach,
        minimum_sample=limit.minimum_sample,
        set_up_by_id=by.person_id,
        set_up_at=at,
    )
    ledger.record(monitor, "set_up", by=by.ledger_name, at=at)
    telemetry_actions.look_again(schema, by=by, at=at)
    return monitor


@transaction.atomic
def evaluate(*, by: Actor, at: datetime, limit: int = 400) -> list[Breach]:
    """Evaluate monitors over the days whose profiles changed; called by the worker.

    A system whose profiles cannot be read is logged and put off, and the others are evaluated.

    Returns:
        The breaches that were opened; each has its alert and its evidence.
    """
    # Locked, so that a day that changes meanwhile is marked again after this pass.
    days = list(
        telemetry.dirty_days(at=at).select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    opened: list[Breach] = []
    days.sort(key=lambda day: str(day.schema_id))
    for _key, group in groupby(days, key=lambda day: day.schema_id):
        of_schema = list(group)
        try:
            with transaction.atomic():
                opened += _evaluate(of_schema, by=by, at=at)
        except ProfileError:
            _log.exception("%s cannot be monitored: a profile is damaged", of_schema[0].schema)
            again_at = at + _AFTER_FAILURE
            telemetry_actions.days_looked_at(of_schema, again_at=again_at, by=by, at=at)
    return opened


@transaction.atomic
def close_windows(*, by: Actor, at: datetime) -> list[MonitoringReport]:
    """Notice silence and file what is due since a day ended; called by the worker once a day."""
    filed = []
    schemas = telemetry.newest_schemas(AISystem.objects.filter(monitors__isnull=False))
    for schema in EventSchema.objects.filter(
        pk__in=[schema.pk for schema in schemas.values()]
    ).select_related("system__unit"):
        result = evaluation.evaluate_silence(schema, by=by, at=at)
        filed += _file(schema.system, result, by=by, at=at)
    return filed


@transaction.atomic
def acknowledge(alert: Alert, *, note: str, by: Actor, at: datetime) -> Alert:
    """Say that somebody has looked at an alert, and what was found.

    Raises:
        AccessDenied: the actor may not acknowledge alerts of the system, or is no person.
        InvalidInput: nothing is said, or too much.
        Conflict: somebody has acknowledged it already.
    """
    row = (
        Alert.objects.select_for_update(of=("self",))
        .select_related("breach__monitor__system__unit")
        .get(pk=alert.pk)
    )
    system = row.breach.monitor.system
    access.require(
        by, Permission.ACKNOWLEDGE_ALERT, unit=system.unit, at=at, subject=system.ledger_subject
    )
    if by.person_id is None:
        raise AccessDenied(_("A person must look at an alert."))
    if not note.strip() or len(note) > 500 or "\0" in note:
        raise InvalidInput(_("Say in 1 to 500 characters what was found."), field="note")
    if row.acknowledged_at is not None:
        raise Conflict(_("This alert is acknowledged already."))
    row.acknowledged_by_id = by.person_id
    row.acknowledged_at = at
    row.note = note.strip()
    row.save(update_fields=["acknowledged_by", "acknowledged_at", "note"])
    ledger.record(row, "acknowledged", by=by.ledger_name, at=at)
    return row


def _evaluate(days: Sequence[DirtyDay], *, by: Actor, at: datetime) -> list[Breach]:
    """Evaluate the changed days of one schema and return the breaches that were opened."""
    schema = days[0].schema
    result = evaluation.evaluate_days(schema, [day.day for day in days], by=by, at=at)
    _file(schema.system, result, by=by, at=at)
    again_at = at + evaluation.SETTLE if result.put_off else None
    telemetry_actions.days_looked_at(days, again_at=again_at, by=by, at=at)
    return result.opened


def _file(
    system: AISystem, result: evaluation.Evaluation, *, by: Actor, at: datetime
) -> list[MonitoringReport]:
    """File the records of opened breaches and the reports of closed windows."""
    for breach in result.opened:
        filing.file_breach(breach, by=by, at=at)
    return [
        filing.file_report(system, kind, rows, by=by, at=at) for kind, rows in _unfiled(system, at)
    ]


def _unfiled(system: AISystem, at: datetime) -> list[tuple[str, Sequence[Measurement]]]:
    """Return the closed windows with measurements newer than their report, by kind."""
    filed = MonitoringReport.objects.filter(
        system=system,
        window_start=OuterRef("window_start"),
        window_end=OuterRef("window_end"),
        filed_at__gte=OuterRef("measured_at"),
    )
    # Windows of a single day are watched and not reported: a year of them would bury what counts.
    rows = (
        Measurement.objects.filter(
            ~Exists(filed),
            monitor__system=system,
            window_end__lt=at.date(),
            window_end__gt=F("window_start"),
        )
        .values_list("window_start", "window_end", "monitor__metric")
        .distinct()
    )
    due = {
        (start, end, filing.FAIRNESS if metric.startswith("fairness.") else filing.MONITORING)
        for start, end, metric in rows
    }
    return [(kind, _measurements(system, start, end, kind)) for start, end, kind in sorted(due)]


def _measurements(system: AISystem, start: date, end: date, kind: str) -> list[Measurement]:
    rows = Measurement.objects.filter(
        monitor__system=system, window_start=start, window_end=end
    ).select_related("monitor")
    return [row for row in rows.order_by("monitor__name") if filing.kind_of(row.monitor) == kind]


def _check_metric(settings: MonitorSettings, schema: EventSchema) -> None:
    """Refuse a metric that the schema's events cannot give, by measuring no events at all."""
    silent = profile_of({}, codec_of(schema).fields)
    try:
        metrics.measure(settings.metric, silent, field=settings.field or None)
    except metrics.MetricError as refusal:
        place = "field" if settings.metric in metrics.METRICS else "metric"
        raise InvalidInput(str(refusal), field=place) from refusal
