"""Filing what monitors saw as evidence, and claiming it for the controls that ask for it.

A report is a document of its own: monitors with limits, measurements, the sealed files and profiles
they rest on, and the breaches of the window. It is credited through the implementations of the
system to requirements of every framework.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from twofold.controls import actions as controls
from twofold.controls.models import Implementation
from twofold.controls.queries import library
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.inventory.models import AISystem
from twofold.ledger import actions as ledger
from twofold.monitoring.models import Breach, Measurement, Monitor, MonitoringReport
from twofold.people.access import Actor
from twofold.telemetry.models import SealedFile

MONITORING = "monitoring-report"
FAIRNESS = "fairness-report"
#: A report still counts this many days after the window that should follow it.
GRACE_DAYS = 4
_TITLES = {MONITORING: "Monitoring report", FAIRNESS: "Fairness report"}


def kind_of(monitor: Monitor) -> str:
    """Return the evidence kind that a monitor's measurements belong to."""
    return FAIRNESS if monitor.metric.startswith("fairness.") else MONITORING


def file_breach(breach: Breach, *, by: Actor, at: datetime) -> EvidenceVersion:
    """File the record of a breach as evidence that monitoring detects, and return it."""
    monitor = breach.monitor
    rows = Measurement.objects.filter(
        monitor=monitor, window_start__range=(breach.first_window, breach.last_window)
    ).select_related("monitor")
    measurements = list(rows.order_by("window_start"))
    content = _content(
        {
            "document": "Record of a breach",
            "system": _system(monitor.system),
            "alert": {"raised_at": at.astimezone(UTC).isoformat()},
            "measurements": [_measurement(row) for row in measurements],
        },
        file_name=f"breach-{monitor.system.code}-{breach.first_window}.json",
        first=breach.first_window,
        last=max(row.window_end for row in measurements),
        valid_days=365,
    )
    title = f"Breach: {monitor.name} ({monitor.system.name})"[:200]
    version = _add(monitor.system, "breach-record", title, content, by=by, at=at)
    breach.evidence = version
    breach.save(update_fields=["evidence"])
    ledger.record(breach, "evidenced", by=by.ledger_name, at=at)
    return version


def file_report(
    system: AISystem, kind: str, measurements: Sequence[Measurement], *, by: Actor, at: datetime
) -> MonitoringReport:
    """File the measurements of one closed window and claim them where a control asks for the kind.

    Filing the window again adds a version: late events changed what was measured.
    """
    first, last = measurements[0].window_start, measurements[0].window_end
    content = _content(
        {
            "document": _TITLES[kind],
            "system": _system(system),
            "window": {"from": str(first), "to": str(last)},
            "measurements": [_measurement(row) for row in measurements],
            "breaches": _breaches(system, first, last),
            "sealed_files": _sealed(system, first, last),
        },
        file_name=f"{kind}-{system.code}-{first}.json",
        first=first,
        last=last,
        valid_days=(last - first).days + 1 + GRACE_DAYS,
    )
    title = f"{_TITLES[kind]}: {system.name}"[:200]
    version = _add(system, kind, title, content, by=by, at=at)
    report, _created = MonitoringReport.objects.update_or_create(
        system=system,
        kind=kind,
        window_start=first,
        window_end=last,
        defaults={"evidence": version, "filed_at": at},
    )
    ledger.record(report, "filed", by=by.ledger_name, at=at)
    _claim(system, kind, version, _statement(kind, system, measurements), by=by, at=at)
    return report


def _content(
    document: dict[str, Any], *, file_name: str, first: date, last: date, valid_days: int
) -> evidence.Content:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    return evidence.Content(
        chunks=[text.encode()],
        file_name=file_name,
        media_type="application/json",
        source="Twofold monitoring",
        period_from=first,
        period_to=last,
        valid_until=last + timedelta(days=valid_days),
    )


def _add(
    system: AISystem, kind: str, title: str, content: evidence.Content, *, by: Actor, at: datetime
) -> EvidenceVersion:
    """Add a version to the system's item of this kind and title, or begin the item."""
    item = EvidenceItem.objects.filter(about=system.ledger_subject, kind=kind, title=title).first()
    if item:
        return evidence.add_version(item, content=content, by=by, at=at)
    item = evidence.add_item(
        title,
        kind=kind,
        unit=system.unit,
        content=content,
        about=system.ledger_subject,
        by=by,
        at=at,
    )
    return EvidenceVersion.objects.get(item=item)


def _claim(
    system: AISystem,
    kind: str,
    version: EvidenceVersion,
    statement: str,
    *,
    by: Actor,
    at: datetime,
) -> None:
    asking = {
        control.id
        for control in library().controls
        if any(need.kind == kind for need in control.evidence)
    }
    rows = Implementation.objects.filter(system=system, control__in=asking)
    for implementation in rows.select_related("unit", "system"):
        controls.claim(
            implementation, evidence=version, need=kind, statement=statement, by=by, at=at
        )


def _statement(kind: str, system: AISystem, measurements: Sequence[Measurement]) -> str:
    first, last = measurements[0].window_start, measurements[0].window_end
    breached = sum(row.verdict == "breach" for row in measurements)
    what = "group fairness" if kind == FAIRNESS else "behaviour"
    return (
        f"The {what} of {system.name} was measured from {first} to {last} by "
        f"{len(measurements)} monitors on {max(row.sample for row in measurements)} events; "
        f"{breached} found a breach."
    )


def _system(system: AISystem) -> dict[str, str]:
    return {"code": system.code, "name": system.name, "record": system.ledger_subject}


def _measurement(row: Measurement) -> dict[str, Any]:
    monitor = row.monitor
    return {
        "monitor": monitor.name,
        "record": monitor.ledger_subject,
        "metric": monitor.metric,
        "field": monitor.field,
        "limits": {
            "direction": monitor.direction,
            "warn": monitor.warn,
            "breach": monitor.breach,
            "minimum_sample": monitor.minimum_sample,
        },
        "window": {"from": str(row.window_start), "to": str(row.window_end)},
        "value": row.value,
        "sample": row.sample,
        "verdict": row.verdict,
        "reason": row.reason,
        "groups": json.loads(row.groups),
        "profile_sha256": row.profile_sha256,
    }


def _breaches(system: AISystem, first: date, last: date) -> list[dict[str, str]]:
    rows = Breach.objects.filter(
        monitor__system=system, first_window__lte=last, last_window__gte=first
    ).select_related("monitor")
    return [
        {"monitor": row.monitor.name, "record": row.ledger_subject}
        for row in rows.order_by("opened_at", "pk")
    ]


def _sealed(system: AISystem, first: date, last: date) -> list[dict[str, Any]]:
    rows = SealedFile.objects.filter(schema__system=system, day__range=(first, last))
    return [
        {"day": str(row.day), "sha256": row.sha256, "events": row.events}
        for row in rows.order_by("day", "path")
    ]
