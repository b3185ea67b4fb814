"""Collections: what evidence is fetched by itself, planned by the owners of the systems."""

from datetime import datetime, timedelta

from twofold.cli.collecting import COLLECTOR
from twofold.evidence import collections
from twofold.evidence.collections import Plan
from twofold.evidence.models import CollectionRun, EvidenceCollection
from twofold.monitoring.models import Monitor
from twofold.reporting.collecting import places_of_installation, plan_collection, run_collection
from twofold.reporting.collecting.running import Due
from twofold_demo.clock import now
from twofold_demo.governance import PLACES
from twofold_demo.stage import Stage

Source = EvidenceCollection.Source
_DELAY, _MORTGAGE = PLACES
_MONDAYS, _FIRST_OF_MONTH = "0 6 * * 1", "30 5 1 * *"
#: The schedules are due within this time at least once.
_PAST = timedelta(days=32)


def collect(stage: Stage) -> list[CollectionRun]:
    """Have two collections planned and run; return the runs.

    Neither is due before its next Monday or first of the month. The run that the schedule had last
    before it was planned is caught up on, by what the worker calls when it was away.
    """
    planned = [
        _plan(stage, _DELAY, _of_monitor(stage), at=now()),
        _plan(stage, _MORTGAGE, _of_checks(stage), at=now()),
    ]
    return [_run(row, at=now()) for row in planned]


def _of_monitor(stage: Stage) -> Plan:
    system = stage.systems[_DELAY]
    monitor = Monitor.objects.get(system=system, metric="drift.psi", field="wind_mph")
    return Plan(
        title=f"Measurements: {monitor.name}",
        kind="drift-report",
        about=system.ledger_subject,
        source=Source.MONITOR,
        locator=monitor.ledger_subject,
        schedule=_MONDAYS,
        period_days=92,
        valid_days=31,
    )


def _of_checks(stage: Stage) -> Plan:
    system = stage.systems[_MORTGAGE]
    return Plan(
        title=f"Results of checks: logging of {system.name}",
        kind="log-integrity-check",
        about=system.ledger_subject,
        source=Source.CHECKS,
        locator=stage.implementations["TF-LOG-01", _MORTGAGE].ledger_subject,
        schedule=_FIRST_OF_MONTH,
        period_days=1,
        valid_days=31,
    )


def _plan(stage: Stage, code: str, plan: Plan, *, at: datetime) -> EvidenceCollection:
    unit, owner = PLACES[code]
    return plan_collection(
        stage.organisation.units[unit],
        plan,
        places_of_installation(),
        by=stage.organisation.actor(owner),
        at=at,
    )


def _run(row: EvidenceCollection, *, at: datetime) -> CollectionRun:
    due_at = collections.newest_due(row.schedule, after=at - _PAST, until=at)
    if due_at is None:
        raise ValueError(f"{row.schedule} was not due within {_PAST.days} days.")
    return run_collection(Due(row, due_at), places_of_installation(), by=COLLECTOR, at=at)
