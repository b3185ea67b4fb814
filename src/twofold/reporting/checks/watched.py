"""AI systems in a scope, and how they are watched: monitors, alerts, breaches, telemetry."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db.models import Case, Count, OuterRef, Q, Subquery, Value, When

from twofold.domain.checks import LONGEST_DAYS, Observation
from twofold.inventory.models import AISystem
from twofold.monitoring.models import Alert, Breach, Measurement, Monitor, Verdict
from twofold.reporting.checks.gathered import (
    Asked,
    Finder,
    bounded,
    days_between,
    person,
    placed,
)
from twofold.reporting.checks.scopes import Place, of_systems
from twofold.reporting.rows import known_day
from twofold.telemetry.models import DayProfile

#: Verdicts of a monitor's newest window, as rules name them.
VERDICTS = {
    Verdict.OK: "within",
    Verdict.WARNING: "warning",
    Verdict.BREACH: "breach",
    Verdict.INSUFFICIENT: "too_few",
    Verdict.ERROR: "not_computed",
    None: "never",
}


def systems(asked: Asked) -> Finder:
    """Gather the AI systems, dated by their registration."""
    rows = AISystem.objects.filter(of_systems(asked.scopes)).annotate(count=Count("monitors"))
    found = rows.order_by("pk").values_list(
        "pk", "unit__path", "stage", "risk_tier", "role", "owner_id", "count", "registered_at"
    )
    return placed(
        (
            Place(path, key),
            Observation(
                f"inventory.aisystem:{key}",
                on=known_day(registered_at),
                labels={
                    "stage": stage,
                    "risk_tier": risk_tier,
                    "role": role,
                    "monitored": "yes" if count else "no",
                },
                measures={"monitors": count},
                actors={"owner": person(owner)},
            ),
        )
        for key, path, stage, risk_tier, role, owner, count, registered_at in bounded(
            found.iterator()
        )
    )


def monitors(asked: Asked) -> Finder:
    """Gather the monitors with what their newest window says, dated by its last day.

    A window that is not over yet and has too few events is not judged: the one before it counts.
    """
    filling = Q(verdict=Verdict.INSUFFICIENT, window_end__gte=asked.on)
    newest = (
        Measurement.objects.filter(monitor=OuterRef("pk"))
        .annotate(judged=Case(When(filling, then=Value(0)), default=Value(1)))
        .order_by("-judged", "-window_start")
    )
    rows = Monitor.objects.filter(of_systems(asked.scopes, "system")).annotate(
        newest_value=Subquery(newest.values("value")[:1]),
        newest_verdict=Subquery(newest.values("verdict")[:1]),
        newest_end=Subquery(newest.values("window_end")[:1]),
    )
    found = rows.order_by("pk").values_list(
        "pk",
        "system_id",
        "system__unit__path",
        "metric",
        "newest_value",
        "newest_verdict",
        "newest_end",
    )
    return placed(
        (
            Place(path, system),
            Observation(
                f"monitoring.monitor:{key}",
                # A window that is not over yet counts as of today.
                on=None if end is None else min(end, asked.on),
                labels={
                    "metric": metric,
                    "family": family_of(metric),
                    "verdict": VERDICTS[verdict],
                },
                measures={"value": value},
            ),
        )
        for key, system, path, metric, value, verdict, end in bounded(found.iterator())
    )


def alerts(asked: Asked) -> Finder:
    """Gather the alerts, dated by when they were raised; a waiting one has no answer to time."""
    rows = Alert.objects.filter(of_systems(asked.scopes, "breach__monitor__system"))
    found = rows.order_by("pk").values_list(
        "pk",
        "breach__monitor__system_id",
        "breach__monitor__system__unit__path",
        "breach__monitor__metric",
        "raised_at",
        "acknowledged_at",
        "acknowledged_by_id",
    )
    return placed(_alerts(asked, bounded(found.iterator())))


def _alerts(asked: Asked, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Place, Observation]]:
    for key, system, path, metric, raised_at, answered_at, answered_by in rows:
        raised = known_day(raised_at)
        answer = None if answered_at is None else days_between(raised, known_day(answered_at))
        yield (
            Place(path, system),
            Observation(
                f"monitoring.alert:{key}",
                on=raised,
                labels={
                    "state": "waiting" if answered_at is None else "acknowledged",
                    "family": family_of(metric),
                },
                measures={"age_days": days_between(raised, asked.on), "answer_days": answer},
                actors={"acknowledged_by": person(answered_by)},
            ),
        )


def breaches(asked: Asked) -> Finder:
    """Gather the breaches, dated by when they were found."""
    rows = Breach.objects.filter(of_systems(asked.scopes, "monitor__system"))
    found = rows.order_by("pk").values_list(
        "pk",
        "monitor__system_id",
        "monitor__system__unit__path",
        "monitor__metric",
        "opened_at",
        "closed_at",
    )
    return placed(
        (
            Place(path, system),
            Observation(
                f"monitoring.breach:{key}",
                on=known_day(opened_at),
                labels={
                    "state": "open" if closed_at is None else "closed",
                    "family": family_of(metric),
                },
                measures={"age_days": days_between(known_day(opened_at), asked.on)},
            ),
        )
        for key, system, path, metric, opened_at, closed_at in bounded(found.iterator())
    )


def telemetry(asked: Asked) -> Finder:
    """Gather the days on which events of an AI system were counted, whatever their schema.

    Days before the longest time that a rule can look back are left out.
    """
    first = asked.on - timedelta(days=LONGEST_DAYS)
    rows = DayProfile.objects.filter(
        of_systems(asked.scopes, "schema__system"), day__gt=first, day__lte=asked.on
    )
    found = rows.order_by("schema__system_id", "day", "pk").values_list(
        "schema__system_id",
        "schema__system__unit__path",
        "schema__system__code",
        "day",
        "events",
        "pk",
    )
    days = groupby(bounded(found.iterator()), key=lambda row: row[:4])
    return placed(
        (Place(path, system), _day_of_events(code, on, list(rows_of_day)))
        for (system, path, code, on), rows_of_day in days
    )


def _day_of_events(code: str, on: Any, rows: list[tuple[Any, ...]]) -> Observation:  # noqa: ANN401 - a column
    return Observation(
        f"telemetry.dayprofile:{rows[0][-1]}",
        on=on,
        labels={"system": code},
        measures={"events": sum(row[-2] for row in rows)},
    )


def family_of(metric: str) -> str:
    """Return the family of a metric, such as `drift`."""
    return metric.partition(".")[0]
