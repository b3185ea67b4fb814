"""Alerts, state and the ledger's position over the API."""

from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from twofold.api.authentication import caller, reader, unrestricted_reader
from twofold.api.schemas import (
    AcknowledgeIn,
    AlertOut,
    FrameworkOut,
    LedgerOut,
    Offset,
    PostureOut,
    ReasonOut,
    RequirementOut,
)
from twofold.ledger.queries import position
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert
from twofold.monitoring.queries import visible_alerts
from twofold.people.errors import NotFound
from twofold.reporting.days import day_to_show
from twofold.reporting.posture import posture
from twofold.reporting.standing import standing
from twofold.reporting.words import reason_text

router = Router(tags=["records"])
ALERTS = 200


@router.get("/alerts", response=list[AlertOut])
def list_alerts(request: HttpRequest, offset: Offset = 0) -> list[AlertOut]:
    rows = _alerts(request, at=_now())[offset : offset + ALERTS]
    return [_alert(alert) for alert in rows]


@router.post("/alerts/{alert_id}/acknowledge", response=AlertOut)
def acknowledge_alert(request: HttpRequest, alert_id: UUID, given: AcknowledgeIn) -> AlertOut:
    by, at = caller(request), _now()
    alert = _alerts(request, at=at).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alert.", field="alert_id")
    return _alert(monitoring.acknowledge(alert, note=given.note, by=by, at=at))


@router.get("/posture", response=PostureOut)
def get_posture(request: HttpRequest, as_of: date | None = None) -> PostureOut:
    at = _now()
    by = unrestricted_reader(request, at=at)
    found = posture(by, at=at, on=day_to_show(as_of, at=at))
    return PostureOut(
        on=found.on,
        frameworks=[
            FrameworkOut(
                id=entry.framework.id,
                title=entry.framework.title,
                counts={status.value: count for status, count in entry.counts.items()},
                score=entry.score,
                scored=entry.scored,
                total=entry.total,
                overridden=entry.overridden,
            )
            for entry in found.frameworks
        ],
    )


@router.get("/requirements/{requirement_id}", response=RequirementOut)
def get_requirement(
    request: HttpRequest, requirement_id: str, as_of: date | None = None
) -> RequirementOut:
    at = _now()
    by = unrestricted_reader(request, at=at)
    found = standing(by, at=at, on=day_to_show(as_of, at=at))
    requirement = found.catalog.requirements.get(requirement_id)
    if requirement is None or not requirement.auditable:
        raise NotFound("There is no such requirement.", field="requirement_id")
    readiness = found.explained(requirement)
    return RequirementOut(
        id=requirement.id,
        framework=requirement.framework,
        title=requirement.title,
        on=found.on,
        status=readiness.status.value,
        computed=readiness.computed.value,
        overridden=readiness.overridden,
        score=readiness.score,
        reasons=[
            ReasonOut(
                cause=reason.cause.value,
                about=reason.about,
                record=reason.record,
                text=reason_text(reason),
            )
            for reason in readiness.reasons
        ],
    )


@router.get("/ledger", response=LedgerOut)
def get_ledger(request: HttpRequest) -> LedgerOut:
    unrestricted_reader(request, at=_now())
    found = position()
    return LedgerOut(
        origin=found.origin,
        verifier=found.verifier,
        size=found.size,
        root=found.root,
        checkpoint=found.note,
        waiting=found.waiting,
    )


def _alerts(request: HttpRequest, *, at: datetime) -> QuerySet[Alert]:
    """Return the alerts within the reach of the request's token."""
    by = reader(request, at=at)
    alerts = visible_alerts(by, at=at)
    if by.restricted_to:
        alerts = alerts.filter(breach__monitor__system__pk=UUID(by.restricted_to.partition(":")[2]))
    return alerts


def _alert(alert: Alert) -> AlertOut:
    breach = alert.breach
    return AlertOut(
        id=alert.pk,
        system=breach.monitor.system.code,
        monitor=breach.monitor.name,
        severity=alert.severity,
        raised_at=alert.raised_at,
        first_window=breach.first_window,
        worst_value=breach.worst_value,
        open=breach.closed_at is None,
        acknowledged_at=alert.acknowledged_at,
    )


def _now() -> datetime:
    return datetime.now(UTC)
