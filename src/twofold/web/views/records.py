"""From the ledger's name of a record to the page that shows it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.controls.queries import visible_implementations
from twofold.evidence.queries import visible_items
from twofold.inventory.queries import visible_systems
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Actor
from twofold.people.errors import NotFound
from twofold.web.request import actor, now


@require_safe
def record(request: HttpRequest, subject: str) -> HttpResponse:
    label, _separator, key = subject.partition(":")
    find = _FINDERS.get(label)
    try:
        response = find(actor(request), now(), UUID(key)) if find else None
    except ValueError:
        response = None
    if response is None:
        raise NotFound(_("No page shows this record."))
    return response


def _implementation(by: Actor, at: datetime, key: UUID) -> HttpResponse | None:
    found = visible_implementations(by, at=at).filter(pk=key).first()
    return redirect("control", control_id=found.control) if found else None


def _evidence(lookup: str, by: Actor, at: datetime, key: UUID) -> HttpResponse | None:
    found = visible_items(by, at=at).filter(**{lookup: key}).first()
    return redirect("evidence-item", key=found.pk) if found else None


def _alert(lookup: str, by: Actor, at: datetime, key: UUID) -> HttpResponse | None:
    found = visible_alerts(by, at=at).filter(**{lookup: key}).first()
    return redirect("alert", key=found.pk) if found else None


def _system(lookup: str, by: Actor, at: datetime, key: UUID) -> HttpResponse | None:
    found = visible_systems(by, at=at).filter(**{lookup: key}).first()
    return redirect("system", code=found.code) if found else None


_FINDERS: dict[str, Callable[[Actor, datetime, UUID], HttpResponse | None]] = {
    "controls.implementation": _implementation,
    "controls.evidenceclaim": partial(_evidence, "versions__claims"),
    "evidence.evidenceitem": partial(_evidence, "pk"),
    "evidence.evidenceversion": partial(_evidence, "versions"),
    "monitoring.breach": partial(_alert, "breach"),
    "monitoring.alert": partial(_alert, "pk"),
    "monitoring.monitor": partial(_system, "monitors"),
    "monitoring.measurement": partial(_system, "monitors__measurements"),
    "inventory.aisystem": partial(_system, "pk"),
    "telemetry.eventschema": partial(_system, "schemas"),
    "telemetry.dayprofile": partial(_system, "schemas__day_profiles"),
    "telemetry.sealedfile": partial(_system, "schemas__sealed_files"),
}
