"""Uploads: from a form's file to the content of evidence, with the period that it may speak of."""

import mimetypes
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, JsonResponse

from twofold.evidence.actions import Content
from twofold.evidence.models import EvidenceItem, EvidenceRequest, EvidenceVersion
from twofold.evidence.queries import visible_items
from twofold.people.access import Actor

_OTHER = "application/octet-stream"
_PERIOD = timedelta(days=30)
_VALID = timedelta(days=365)


def wants_json(request: HttpRequest) -> bool:
    """Return whether the script that sends files one by one asks."""
    return request.method == "POST" and request.headers.get("Accept") == "application/json"


def told(form: forms.Form, title: str = "", href: str = "") -> JsonResponse:
    """Answer the script: where the file is now, or what is wrong in words, by field."""
    if form.errors or not href:
        errors = [
            {"field": _label(form, name), "reason": str(reason)}
            for name, reasons in form.errors.items()
            for reason in reasons
        ]
        return JsonResponse({"errors": errors}, status=422)
    return JsonResponse({"title": title, "href": href}, status=201)


def content_of(file: "UploadedFile[Any]", given: Mapping[str, Any]) -> Content:
    """Return an uploaded file with what a form says of it."""
    name = file.name or ""
    return Content(
        chunks=file.chunks(),
        file_name=name,
        # By its name: what a browser says of the type is free text.
        media_type=mimetypes.guess_type(name)[0] or _OTHER,
        source=given["source"],
        period_from=given["period_from"],
        period_to=given["period_to"],
        valid_until=given["valid_until"],
    )


def fresh_period(today: date) -> dict[str, date]:
    """Return the period that something new is likely to speak of: the last thirty days."""
    return {"period_from": today - _PERIOD, "period_to": today, "valid_until": today + _VALID}


def next_period(last: EvidenceVersion, today: date) -> dict[str, object]:
    """Return what the next version is likely to say: from the last one on, as long valid."""
    begins = min(last.period_to + timedelta(days=1), today)
    return {
        "source": last.source,
        "period_from": begins,
        "period_to": today,
        "valid_until": today + (last.valid_until - last.period_to),
    }


def answers_evidence(
    request: EvidenceRequest, text: str, by: Actor, *, at: datetime
) -> QuerySet[EvidenceItem]:
    """Return the items in the request's unit that hold the text; of its kind first, then newest."""
    rows = visible_items(by, at=at).filter(erased_at=None, unit__path__startswith=request.unit.path)
    if text:
        rows = rows.filter(title__icontains=text)
    other = Case(When(kind=request.kind, then=Value(0)), default=1, output_field=IntegerField())
    return rows.order_by(other, "-created_at", "pk")


def _label(form: forms.Form, name: str) -> str:
    return str(form.fields[name].label) if name in form.fields else ""
