"""Evaluating monitors over windows whose data changed, and keeping breaches in step with them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isfinite

from twofold.domain import limits, metrics
from twofold.domain.measure import Measure
from twofold.domain.profile import Profile, to_json
from twofold.inventory.models import RiskTier
from twofold.ledger import actions as ledger
from twofold.monitoring.models import (
    Alert,
    Breach,
    Direction,
    Measurement,
    Monitor,
    Severity,
    Verdict,
)
from twofold.monitoring.windows import Window, window_of
from twofold.people.access import Actor
from twofold.telemetry import queries as telemetry
from twofold.telemetry.models import EventSchema

#: Silence is looked for in windows that closed within so many days: a worker may have been away.
LOOK_BACK = timedelta(days=31)
#: A window that still fills is measured again at most this often while its verdict stays the same.
SETTLE = timedelta(seconds=15)
_SETTLED = (Verdict.OK, Verdict.WARNING)
_SEVERITY = {
    RiskTier.HIGH: Severity.HIGH,
    RiskTier.LIMITED: Severity.MEDIUM,
    RiskTier.MINIMAL: Severity.LOW,
}


@dataclass
class Evaluation:
    """What one pass did: measurements written, breaches opened, and whether some were put off."""

    measured: list[Measurement] = field(default_factory=list)
    opened: list[Breach] = field(default_factory=list)
    put_off: bool = False


@dataclass(frozen=True)
class _Profiles:
    """The profiles of a window and its reference, with the digest of both."""

    window: Profile
    reference: Profile | None
    sha256: str


def evaluate_days(
    schema: EventSchema, days: Sequence[date], *, by: Actor, at: datetime
) -> Evaluation:
    """Measure every window of the system's monitors that holds one of the days."""
    evaluation = Evaluation()
    monitors = list(
        Monitor.objects.filter(system=schema.system).select_related("system__unit").order_by("name")
    )
    if not monitors:
        return evaluation
    reference = telemetry.reference_of(schema)
    profiles: dict[Window, _Profiles] = {}
    for monitor in monitors:
        for window in sorted({window_of(day, monitor.window_days) for day in days}):
            if window not in profiles:
                profiles[window] = _profiles(schema, window, reference)
            _evaluate(monitor, window, profiles[window], evaluation, by=by, at=at)
    return evaluation


def evaluate_silence(schema: EventSchema, *, by: Actor, at: datetime) -> Evaluation:
    """Judge the windows that have closed of each monitor that counts events, though none came."""
    evaluation = Evaluation()
    reference = telemetry.reference_of(schema)
    counting = Monitor.objects.filter(system=schema.system, metric="volume.events")
    for monitor in counting.select_related("system__unit").order_by("name"):
        for window in _unjudged(monitor, at.date()):
            profiles = _profiles(schema, window, reference)
            _evaluate(monitor, window, profiles, evaluation, by=by, at=at)
    return evaluation


def measure(monitor: Monitor, window: Profile, reference: Profile | None) -> Measure:
    """Return what a monitor's metric is over a window's profile.

    Where the events no longer have the monitor's field there is no value, and the reason says so.
    """
    try:
        return metrics.measure(monitor.metric, window, reference, monitor.field or None)
    except metrics.MetricError as refusal:
        return Measure(None, window.events, str(refusal))


def limit_of(monitor: Monitor) -> limits.Limit:
    """Return a monitor's limit as the domain judges by it."""
    return limits.Limit(
        warn=monitor.warn,
        breach=monitor.breach,
        direction=limits.Direction(monitor.direction),
        minimum_sample=monitor.minimum_sample,
    )


def _profiles(schema: EventSchema, window: Window, reference: Profile | None) -> _Profiles:
    profile = telemetry.system_profile(schema, window.start, window.end)
    digest = hashlib.sha256()
    for part in (profile, reference):
        digest.update(to_json(part).encode() if part else b"none")
    return _Profiles(profile, reference, digest.hexdigest())


def _unjudged(monitor: Monitor, today: date) -> list[Window]:
    """Return the monitor's closed windows of the last days that have no verdict yet."""
    window = _before(window_of(today, monitor.window_days))
    earliest = min(today - LOOK_BACK, window.start)
    rows = Measurement.objects.filter(monitor=monitor, window_start__gte=earliest)
    verdicts = dict(rows.values_list("window_start", "verdict"))
    found = []
    while window.start >= earliest:
        # A window that began before the monitor stood is no silence that it could have heard.
        silent = window.start not in verdicts and window.start > monitor.set_up_at.date()
        if silent or verdicts.get(window.start) == Verdict.INSUFFICIENT:
            found.append(window)
        window = _before(window)
    return found[::-1]


def _before(window: Window) -> Window:
    day = timedelta(days=1)
    return Window(window.start - (window.end - window.start) - day, window.start - day)


def _judged(monitor: Monitor, window: Window, result: Measure, today: date) -> tuple[str, str]:
    """Return the verdict on a measure and the reason for it."""
    verdict = limits.judge(result, limit_of(monitor))
    fills = result.is_count and not window.is_closed(today)
    if fills and monitor.direction == Direction.BELOW and verdict != limits.Verdict.OK:
        # Events are still to come, so that there are few of them yet says nothing.
        return Verdict.INSUFFICIENT.value, "The window is not over yet."
    return verdict.value, result.reason


def _evaluate(
    monitor: Monitor,
    window: Window,
    profiles: _Profiles,
    evaluation: Evaluation,
    *,
    by: Actor,
    at: datetime,
) -> None:
    result = measure(monitor, profiles.window, profiles.reference)
    verdict, reason = _judged(monitor, window, result, at.date())
    row = Measurement.objects.filter(monitor=monitor, window_start=window.start).first()
    if row and row.profile_sha256 == profiles.sha256 and row.verdict == verdict:
        return
    if (
        row
        and row.verdict == verdict
        and not window.is_closed(at.date())
        and at - row.measured_at < SETTLE
    ):
        evaluation.put_off = True
        return
    row = row or Measurement(
        monitor=monitor, window_start=window.start, window_end=window.end, sample=0
    )
    row.value = result.value if result.value is None or isfinite(result.value) else None
    row.sample = result.sample
    row.verdict = verdict
    row.reason = reason[:300]
    row.groups = json.dumps(
        [
            {
                "group": group.group,
                "kind": group.kind.value,
                "rate": group.rate,
                "sample": group.sample,
                "included": group.included,
            }
            for group in result.groups
        ]
    )
    row.profile_sha256 = profiles.sha256
    row.measured_at = at
    row.save()
    ledger.record(row, "measured", by=by.ledger_name, at=at)
    evaluation.measured.append(row)
    _follow(monitor, row, evaluation, by=by, at=at)


def _follow(
    monitor: Monitor, row: Measurement, evaluation: Evaluation, *, by: Actor, at: datetime
) -> None:
    """Open, extend, reopen or close the monitor's breach as the measurement says."""
    standing = Breach.objects.filter(monitor=monitor, closed_at=None).first()
    if row.verdict == Verdict.BREACH:
        if standing:
            _extend(standing, row, monitor, by=by, at=at)
        else:
            _begin(monitor, row, evaluation, by=by, at=at)
    elif standing and row.verdict in _SETTLED and row.window_start >= standing.last_window:
        _close(standing, row, by=by, at=at)


def _begin(
    monitor: Monitor, row: Measurement, evaluation: Evaluation, *, by: Actor, at: datetime
) -> None:
    """Open a breach, or reopen the one that told of this window; a past one is closed at once."""
    within_limits = (
        Measurement.objects.filter(
            monitor=monitor, window_start__gt=row.window_start, verdict__in=_SETTLED
        )
        .order_by("window_start")
        .first()
    )
    told = (
        Breach.objects.filter(
            monitor=monitor, first_window__lte=row.window_start, last_window__gte=row.window_start
        )
        .order_by("-opened_at", "pk")
        .first()
    )
    if told is None:
        opened = _open(monitor, row, by=by, at=at)
        evaluation.opened.append(opened)
        if within_limits:
            _close(opened, within_limits, by=by, at=at)
    elif within_limits is None:
        told.closed_at = None
        told.save(update_fields=["closed_at"])
        ledger.record(told, "reopened", by=by.ledger_name, at=at, body={"by": row.ledger_subject})


def _close(breach: Breach, row: Measurement, *, by: Actor, at: datetime) -> None:
    breach.closed_at = at
    breach.save(update_fields=["closed_at"])
    ledger.record(breach, "closed", by=by.ledger_name, at=at, body={"by": row.ledger_subject})


def _open(monitor: Monitor, row: Measurement, *, by: Actor, at: datetime) -> Breach:
    breach = Breach.objects.create(
        monitor=monitor,
        first_window=row.window_start,
        last_window=row.window_start,
        worst_value=row.value,
        opened_at=at,
    )
    ledger.record(breach, "opened", by=by.ledger_name, at=at, body={"by": row.ledger_subject})
    alert = Alert.objects.create(
        breach=breach, severity=_SEVERITY[RiskTier(monitor.system.risk_tier)], raised_at=at
    )
    ledger.record(alert, "raised", by=by.ledger_name, at=at)
    return breach


def _extend(breach: Breach, row: Measurement, monitor: Monitor, *, by: Actor, at: datetime) -> None:
    first = min(breach.first_window, row.window_start)
    last = max(breach.last_window, row.window_start)
    values = [value for value in (breach.worst_value, row.value) if value is not None]
    worse = max if monitor.direction == Direction.ABOVE else min
    worst = worse(values) if values else None
    if (first, last, worst) == (breach.first_window, breach.last_window, breach.worst_value):
        return
    breach.first_window, breach.last_window, breach.worst_value = first, last, worst
    breach.save(update_fields=["first_window", "last_window", "worst_value"])
    ledger.record(breach, "extended", by=by.ledger_name, at=at, body={"by": row.ledger_subject})
