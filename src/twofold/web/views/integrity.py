"""Integrity: how far the record can be trusted, verify now, take the checkpoint away."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from twofold.ledger.queries import newest, position
from twofold.people.access import Permission, require_anywhere
from twofold.reporting.integrity import verify_record
from twofold.web.request import actor, now


@require_safe
def integrity(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    return render(request, "integrity.html", {"position": position(), "entries": newest(limit=30)})


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    context = {
        "position": position(),
        "entries": newest(limit=30),
        "report": verify_record(),
        "verified_at": now(),
    }
    template = "integrity_report.html" if request.headers.get("HX-Request") else "integrity.html"
    return render(request, template, context)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    response = HttpResponse(position().note, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="checkpoint.txt"'
    return response
