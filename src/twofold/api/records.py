"""Evidence, alerts, state and the ledger's position over the API."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Router
from ninja.files import UploadedFile

from twofold.api.authentication import caller
from twofold.api.schemas import (
    AcknowledgeIn,
    AlertOut,
    EvidenceIn,
    EvidenceOut,
    FrameworkOut,
    LedgerOut,
    PostureOut,
    ReasonOut,
    RequirementOut,
)
from twofold.catalog.load import catalog
from twofold.domain.readiness import assess
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import versions_of
from twofold.ledger.queries import position
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import NotFound
from twofold.people.queries import unit_by_name
from twofold.reporting.facts import gather
from twofold.reporting.posture import posture
from twofold.reporting.words import reason_text

router = Router(tags=["records"])


@router.post("/evidence", response={201: EvidenceOut})
def add_evidence(
    request: HttpRequest, file: File[UploadedFile], given: Form[EvidenceIn]
) -> tuple[int, EvidenceOut]:
    content = evidence.Content(
        chunks=file.chunks(),
        file_name=file.name or "",
        media_type=file.content_type or "application/octet-stream",
        source=given.source,
        period_from=given.period_from,
        period_to=given.period_to,
        valid_until=given.valid_until,
    )
    item = evidence.add_item(
        given.title,
        kind=given.kind,
        unit=unit_by_name(given.unit),
        content=content,
        by=caller(request),
        at=_now(),
    )
    return 201, _evidence(item)


@router.get("/alerts", response=list[AlertOut])
def list_alerts(request: HttpRequest) -> list[AlertOut]:
    return [_alert(alert) for alert in visible_alerts(caller(request), at=_now())[:200]]


@router.post("/alerts/{alert_id}/acknowledge", response=AlertOut)
def acknowledge_alert(request: HttpRequest, alert_id: UUID, given: AcknowledgeIn) -> AlertOut:
    alert = visible_alerts(caller(request), at=_now()).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alert.", field="alert_id")
    return _alert(monitoring.acknowledge(alert, note=given.note, by=caller(request), at=_now()))


@router.get("/posture", response=PostureOut)
def get_posture(request: HttpRequest) -> PostureOut:
    require_anywhere(caller(request), Permission.READ, at=_now())
    found = posture(caller(request), at=_now())
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
            )
            for entry in found.frameworks
        ],
    )


@router.get("/requirements/{requirement_id}", response=RequirementOut)
def get_requirement(request: HttpRequest, requirement_id: str) -> RequirementOut:
    require_anywhere(caller(request), Permission.READ, at=_now())
    requirement = catalog().requirements.get(requirement_id)
    if requirement is None or not requirement.auditable:
        raise NotFound("There is no such requirement.", field="requirement_id")
    readiness = assess(gather(caller(request), at=_now()).of(requirement), _now().date())
    return RequirementOut(
        id=requirement.id,
        framework=requirement.framework,
        title=requirement.title,
        status=readiness.status.value,
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
    require_anywhere(caller(request), Permission.READ, at=_now())
    found = position()
    return LedgerOut(
        origin=found.origin,
        verifier=found.verifier,
        size=found.size,
        root=found.root,
        checkpoint=found.note,
        waiting=found.waiting,
    )


def _evidence(item: EvidenceItem) -> EvidenceOut:
    version = versions_of(item)[0]
    return EvidenceOut(
        id=item.pk,
        title=item.title,
        kind=item.kind,
        version=version.number,
        sha256=version.sha256,
        size=version.size,
        valid_until=version.valid_until,
    )


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
