"""Integrity: who would contradict a rewrite, verify now, take the checkpoint away, hold it back."""

import time
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.ledger.errors import LedgerError
from twofold.ledger.growth import hold
from twofold.ledger.outsiders import stamp_files, stamps, statement_at
from twofold.ledger.queries import newest
from twofold.ledger.served import newest_note
from twofold.people.access import Permission, require_anywhere
from twofold.reporting import vouching
from twofold.reporting.alarms import alarms
from twofold.reporting.integrity import verify_record
from twofold.reporting.outside import outside
from twofold.reporting.proving import held_text, told
from twofold.web.forms.kept import KeptForm
from twofold.web.integrity import (
    alarm_rows,
    attached,
    lookup_commands,
    reach_shares,
    stamp_command,
    verification_commands,
)
from twofold.web.present import history_rows
from twofold.web.request import actor, now, page_of, person, wants_fragment

ENTRIES = 12
STAMPS = 5
#: How long the last verification took, which says what to expect of the next.
_LAST = "integrity.last-verification"


@require_safe
def integrity(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    return render(request, "integrity.html", _context(request))


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    began = time.monotonic()
    report = verify_record()
    seconds = max(time.monotonic() - began, 0.1)
    cache.set(_LAST, {"seconds": seconds, "entries": report.figures.entries}, None)
    context = {"report": report, "verified_at": now(), "seconds": seconds}
    if wants_fragment(request):
        return render(request, "integrity_report.html", context)
    return render(request, "integrity.html", _context(request) | context)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    with told():
        note = newest_note()
    size = note.split("\n")[1]
    return attached(note, f"checkpoint-{size}.txt")


@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: HttpRequest) -> HttpResponse:
    """Hold a kept checkpoint against the log; nothing is stored."""
    require_anywhere(actor(request), Permission.READ, at=now())
    form, held = KeptForm(), None
    if request.method == "POST":
        form = KeptForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                held = hold(form.cleaned_data["note"])
            except LedgerError as refusal:
                form.add_error("file" if form.cleaned_data["file"] else "checkpoint", str(refusal))
    context = {"form": form, "held": held, "sentence": held_text(held) if held else ""}
    return render(request, "integrity_kept.html", context, status=422 if form.errors else 200)


@require_safe
def time_stamps(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    page = page_of(request, stamps())
    context = {"page": page, "command": stamp_command()}
    return render(request, "integrity_stamps.html", context)


@require_safe
def time_stamp(request: HttpRequest, key: int) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    with told():
        files = stamp_files(key)
    name = f"stamp-{files.size}.tsr"
    return attached(files.token, name, content_type="application/timestamp-reply")


@require_safe
def stamped_text(request: HttpRequest, key: int) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    with told():
        files = stamp_files(key)
    return attached(files.text, f"stamped-{files.size}.txt")


@require_safe
def statement(request: HttpRequest, size: int) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    with told():
        text = statement_at(size)
    return attached(text, f"rotation-{size}.txt")


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    return attached(vouching.policy().text(), "policy.txt")


def _context(request: HttpRequest) -> dict[str, Any]:
    by, at = actor(request), now()
    found = outside(at=at)
    *earlier, current = found.keys
    return {
        "found": found,
        "position": found.position,
        "shares": reach_shares(found),
        "current_key": current,
        "earlier_keys": earlier[::-1],
        "alarms": alarm_rows(alarms(by, at=at)),
        "stamps": list(stamps()[: STAMPS + 1]),
        "entries": history_rows(newest(limit=ENTRIES)),
        "commands": verification_commands(found, person(request).email),
        "lookup": lookup_commands(),
        "last": cache.get(_LAST),
    }
