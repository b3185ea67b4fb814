"""Schemas, references, events and monitors of a system over the API."""

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Router

from twofold.api.authentication import caller
from twofold.api.bodies import json_body
from twofold.api.description import EVENTS_BODY
from twofold.api.schemas import (
    MeasurementOut,
    MonitorIn,
    MonitorOut,
    Offset,
    ReceiptOut,
    SchemaIn,
    SchemaOut,
    Version,
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
MONITORS = 200
MEASUREMENTS = 1000


@router.put("/{slug:code}/schema", response=SchemaOut)
def declare_schema(request: HttpRequest, code: str, given: SchemaIn) -> SchemaOut:
    schema = actions.declare_schema(
        _system(request, code, Permission.CONFIGURE_TELEMETRY),
        version=given.version,
        fields=[field.model_dump() for field in given.fields],
        by=caller(request),
        at=_now(),
    )
    return SchemaOut(version=schema.version, fields=schema.fields, declared_at=schema.declared_at)


@router.post("/{slug:code}/events", response=ReceiptOut, openapi_extra=EVENTS_BODY)
def send_events(request: HttpRequest, code: str, version: Version = "") -> ReceiptOut:
    system = _system(request, code, Permission.SEND_TELEMETRY)
    receipt = actions.accept_events(
        current_schema(system, version), body=json_body(request), by=caller(request), at=_now()
    )
    return ReceiptOut(accepted=receipt.accepted, duplicates=receipt.duplicates)


@router.post("/{slug:code}/reference", response=ReceiptOut, openapi_extra=EVENTS_BODY)
def send_reference(request: HttpRequest, code: str, version: Version = "") -> ReceiptOut:
    system = _system(request, code, Permission.CONFIGURE_TELEMETRY)
    receipt = actions.add_reference(
        current_schema(system, version), body=json_body(request), by=caller(request), at=_now()
    )
    return ReceiptOut(accepted=receipt.accepted, duplicates=receipt.duplicates)


@router.post("/{slug:code}/monitors", response={201: MonitorOut})
def set_up_monitor(request: HttpRequest, code: str, given: MonitorIn) -> MonitorOut:
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
    return _monitor(monitor)


@router.get("/{slug:code}/monitors", response=list[MonitorOut])
def list_monitors(request: HttpRequest, code: str, offset: Offset = 0) -> list[MonitorOut]:
    rows = monitors.monitors_of(_system(request, code, Permission.READ))
    return [_monitor(monitor) for monitor in rows[offset : offset + MONITORS]]


@router.get("/{slug:code}/measurements", response=list[MeasurementOut])
def list_measurements(request: HttpRequest, code: str, offset: Offset = 0) -> list[MeasurementOut]:
    found = monitors.measurements_of(_system(request, code, Permission.READ))
    rows = found.order_by("-window_start", "monitor__name")[offset : offset + MEASUREMENTS]
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
