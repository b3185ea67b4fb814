"""Integrity: how far the record can be trusted, verify now, take the checkpoint away."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from twofold.ledger.queries import newest, position
from twofold.people.access import Permission, require_anywhere
from twofold.reporting.integrity import verify_record
from twofold.web.present import history_rows, verification_commands
from twofold.web.request import actor, now, person, wants_fragment

ENTRIES = 30


@require_safe
def integrity(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    return render(request, "integrity.html", _context(request))


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    context = {"report": verify_record(), "verified_at": now()}
    if wants_fragment(request):
        return render(request, "integrity_report.html", context)
    return render(request, "integrity.html", _context(request) | context)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    response = HttpResponse(position().note, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="checkpoint.txt"'
    return response


def _context(request: HttpRequest) -> dict[str, Any]:
    standing = position()
    return {
        "position": standing,
        "entries": history_rows(newest(limit=ENTRIES)),
        "commands": verification_commands(standing.verifier, person(request).email),
    }
