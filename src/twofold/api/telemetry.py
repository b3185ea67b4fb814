"""Schemas, references, events and monitors of a system over the API."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from twofold.api.authentication import caller
from twofold.api.problems import BodyTooLarge
from twofold.api.schemas import (
    MeasurementOut,
    MonitorIn,
    MonitorOut,
    ReceiptOut,
    SchemaIn,
    SchemaOut,
)
from twofold.domain.limits import Direction, Limit, LimitError
from twofold.inventory.models import AISystem
from twofold.inventory.queries import system_for
from twofold.monitoring import actions as monitoring
from twofold.monitoring import queries as monitors
from twofold.monitoring.models import Monitor
from twofold.people.access import Permission
from twofold.people.errors import InvalidInput
from twofold.telemetry import actions
from twofold.telemetry.queries import current_schema

router = Router(tags=["telemetry"])


@router.put("/{code}/schema", response=SchemaOut)
def declare_schema(request: HttpRequest, code: str, given: SchemaIn) -> SchemaOut:
    schema = actions.declare_schema(
        _system(request, code, Permission.CONFIGURE_TELEMETRY),
        version=given.version,
        fields=[field.model_dump() for field in given.fields],
        by=caller(request),
        at=_now(),
    )
    return SchemaOut(version=schema.version, fields=schema.fields, declared_at=schema.declared_at)


@router.post("/{code}/events", response=ReceiptOut)
def send_events(request: HttpRequest, code: str, version: str = "") -> ReceiptOut:
    system = _system(request, code, Permission.SEND_TELEMETRY)
    receipt = actions.accept_events(
        current_schema(system, version[:40]), body=_body(request), by=caller(request), at=_now()
    )
    return ReceiptOut(accepted=receipt.accepted, duplicates=receipt.duplicates)


@router.post("/{code}/reference", response=ReceiptOut)
def send_reference(request: HttpRequest, code: str, version: str = "") -> ReceiptOut:
    system = _system(request, code, Permission.CONFIGURE_TELEMETRY)
    receipt = actions.add_reference(
        current_schema(system, version[:40]), body=_body(request), by=caller(request), at=_now()
    )
    return ReceiptOut(accepted=receipt.accepted, duplicates=receipt.duplicates)


@router.post("/{code}/monitors", response={201: MonitorOut})
def set_up_monitor(request: HttpRequest, code: str, given: MonitorIn) -> tuple[int, MonitorOut]:
    try:
        limit = Limit(given.warn, given.breach, Direction(given.direction), given.minimum_sample)
    except LimitError as refusal:
        raise InvalidInput(str(refusal), field="warn") from refusal
    monitor = monitoring.set_up(
        _system(request, code, Permission.CONFIGURE_MONITOR),
        name=given.name,
        settings=monitoring.MonitorSettings(given.metric, given.field, given.window_days, limit),
        by=caller(request),
        at=_now(),
    )
    return 201, _monitor(monitor)


@router.get("/{code}/monitors", response=list[MonitorOut])
def list_monitors(request: HttpRequest, code: str) -> list[MonitorOut]:
    system = _system(request, code, Permission.READ)
    return [_monitor(monitor) for monitor in monitors.monitors_of(system)]


@router.get("/{code}/measurements", response=list[MeasurementOut])
def list_measurements(request: HttpRequest, code: str) -> list[MeasurementOut]:
    system = _system(request, code, Permission.READ)
    rows = monitors.measurements_of(system).order_by("-window_start", "monitor__name")[:1000]
    return [
        MeasurementOut(
            monitor=row.monitor.name,
            window_start=row.window_start,
            window_end=row.window_end,
            value=row.value,
            sample=row.sample,
            verdict=row.verdict,
            reason=row.reason,
        )
        for row in rows
    ]


def _system(request: HttpRequest, code: str, permission: Permission) -> AISystem:
    return system_for(code, permission=permission, by=caller(request), at=_now())


def _body(request: HttpRequest) -> bytes:
    """Return the body; refuse a larger one before it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not str(length).isdecimal() or int(length) > settings.MAXIMUM_BODY_BYTES:
        raise BodyTooLarge(settings.MAXIMUM_BODY_BYTES)
    return request.body


def _monitor(monitor: Monitor) -> MonitorOut:
    return MonitorOut(
        id=monitor.pk,
        name=monitor.name,
        metric=monitor.metric,
        field=monitor.field,
        window_days=monitor.window_days,
        direction=monitor.direction,
        warn=monitor.warn,
        breach=monitor.breach,
        minimum_sample=monitor.minimum_sample,
    )


def _now() -> datetime:
    return datetime.now(UTC)
