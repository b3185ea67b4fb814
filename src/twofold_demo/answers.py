"""What people answer to an alert: looked at, found, decided."""

from datetime import datetime

from twofold.monitoring import actions
from twofold.monitoring.models import Alert, Measurement
from twofold_demo.governance import PLACES
from twofold_demo.stage import Stage

CODE = "delay-forecast"


def acknowledge_drift(stage: Stage, *, at: datetime) -> int:
    """Have the owner answer the first drift alert of the delay forecast; return how many."""
    alert = (
        Alert.objects.filter(
            breach__monitor__system=stage.systems[CODE], breach__monitor__metric="drift.psi"
        )
        .select_related("breach__monitor")
        .order_by("raised_at", "breach__monitor__name")
        .first()
    )
    if alert is None:
        return 0
    owner = stage.organisation.actor(PLACES[CODE][1])
    actions.acknowledge(alert, note=_note(stage, alert), by=owner, at=at)
    return 1


def _note(stage: Stage, alert: Alert) -> str:
    """Say what was found; every figure is read from the record."""
    breach = alert.breach
    missing = (
        Measurement.objects.filter(
            monitor__system=stage.systems[CODE], monitor__metric="quality.missing_rate"
        )
        .order_by("window_start")
        .last()
    )
    feed = (
        f"The weather feed is in order: {missing.value:.1%} of values missing."
        if missing and missing.value is not None
        else "The weather feed could not be measured."
    )
    return (
        f"{breach.monitor.name} in the week of {breach.first_window}: index "
        f"{breach.worst_value or 0:.2f} at worst against a limit of {breach.monitor.breach:g}. "
        f"{feed} A real change: the model learned January to April and now meets summer weather. "
        "Decided: keep the notices, watch accuracy, fit again on a whole year."
    )
