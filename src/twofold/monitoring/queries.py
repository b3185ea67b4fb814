"""Reading monitors, measurements, breaches and alerts."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, OuterRef, QuerySet, Subquery

from twofold.inventory.models import AISystem
from twofold.inventory.queries import systems_in_reach
from twofold.monitoring.models import Alert, Breach, Measurement, Monitor
from twofold.people.access import Actor


def monitors_of(system: AISystem) -> QuerySet[Monitor]:
    """Return a system's monitors by name."""
    return Monitor.objects.filter(system=system).order_by("name")


def measurements_of(system: AISystem) -> QuerySet[Measurement]:
    """Return all measurements of a system's monitors, oldest window first."""
    return (
        Measurement.objects.filter(monitor__system=system)
        .select_related("monitor")
        .order_by("monitor__name", "window_start")
    )


def newest_measurements(monitors: Iterable[Monitor]) -> dict[object, Measurement]:
    """Return the measurement of the newest window of each monitor, by monitor id."""
    newest = Measurement.objects.filter(monitor=OuterRef("monitor")).order_by("-window_start")
    rows = Measurement.objects.filter(
        monitor__in=list(monitors), window_start=Subquery(newest.values("window_start")[:1])
    )
    return {row.monitor_id: row for row in rows}


def breaches_of(systems: Iterable[AISystem]) -> QuerySet[Breach]:
    """Return the breaches of these systems, newest first."""
    return (
        Breach.objects.filter(monitor__system__in=systems)
        .select_related("monitor__system", "alert", "evidence")
        .order_by("-opened_at", "-first_window")
    )


def visible_alerts(by: Actor, *, at: datetime) -> QuerySet[Alert]:
    """Return the alerts in units that the actor may read: waiting ones first, then newest first."""
    return (
        Alert.objects.filter(breach__monitor__system__in=systems_in_reach(by, at=at))
        .select_related("breach__monitor__system__unit", "breach__evidence", "acknowledged_by")
        .order_by(F("acknowledged_at").asc(nulls_first=True), "-raised_at", "pk")
    )
