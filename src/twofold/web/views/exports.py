"""Bundles to take away: of the whole record, or of one record with a proof for each entry."""

from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from twofold.ledger.queries import position, revisions_of
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import NotFound
from twofold.reporting.exporting import belonging_to, export_bundle, export_record, exported
from twofold.web.records import page_of
from twofold.web.request import actor, now


@require_http_methods(["GET", "HEAD", "POST"])
def whole(request: HttpRequest) -> HttpResponseBase:
    by, at = actor(request), now()
    require_anywhere(by, Permission.EXPORT_RECORD, at=at)
    if request.method == "POST":
        name = f"ledger-{at.date()}.zip"
        return _download(name, lambda path: export_bundle(path, by=by, at=at))
    return render(request, "export.html", {"position": position()})


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, subject: str) -> HttpResponseBase:
    by, at = actor(request), now()
    require_anywhere(by, Permission.EXPORT_RECORD, at=at)
    if request.method == "POST":
        label, _separator, key = subject.partition(":")
        name = f"{label.rpartition('.')[2]}-{key[:8]}-{at.date()}.zip"
        return _download(name, lambda path: export_record(subject, path, by=by, at=at))
    return _about(request, subject)


def _about(request: HttpRequest, subject: str) -> HttpResponse:
    """Return the page that says what a bundle of the record holds and shows."""
    subjects = belonging_to(subject)
    revisions = revisions_of(subjects)
    if not revisions.get(subject):
        raise NotFound(_("There is no such record."))
    context = {
        "subject": subject,
        "records": len(revisions),
        "entries": sum(revisions.values()),
        "href": page_of(subject, actor(request), at=now()),
        "position": position(),
    }
    return render(request, "export_record.html", context)


def _download(name: str, write: Callable[[Path], Path]) -> StreamingHttpResponse:
    size, pieces = exported(write)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = str(
        content_disposition_header(as_attachment=True, filename=name)
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
