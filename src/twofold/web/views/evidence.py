"""Evidence: the list, one item with versions and credit, adding, downloading."""

import mimetypes
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.controls.queries import library
from twofold.evidence import actions, queries
from twofold.evidence.blobs import open_blob
from twofold.evidence.models import Classification, EvidenceItem
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.reporting.controls import claim_views, credited_requirements
from twofold.reporting.history import names_of
from twofold.web.forms import ContentForm, EvidenceForm
from twofold.web.present import history_rows, newest_first, record_href
from twofold.web.request import actor, now, page_of, search_text, show_refusal


@require_safe
def evidence(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    found = queries.matching(queries.newest_versions(by, at=at), search_text(request))
    page, kinds = page_of(request, found), _kinds()
    context = {
        "page": page,
        "rows": [(row, kinds.get(row.item.kind, "")) for row in page.object_list],
        "q": search_text(request),
        "today": at.date(),
        "may_add": permitted_units(by, Permission.ADD_EVIDENCE, at=at).exists(),
    }
    return render(request, "evidence.html", context)


@require_safe
def item(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = _item(request, key)
    claims = claim_views(found, by, at=at)
    versions = list(queries.versions_of(found)[:50])
    lines = history(found.ledger_subject, limit=5)
    for version in versions[:5]:
        lines += history(version.ledger_subject, limit=2)
    lines.sort(key=newest_first)
    authors = names_of(version.author for version in versions)
    credited = credited_requirements(view.claim for view in claims)
    context = {
        "item": found,
        "kind": _kinds().get(found.kind, ""),
        "about": record_href(found.about),
        "versions": [(version, authors[version.author]) for version in versions],
        "today": at.date(),
        "claims": claims,
        "credited": [
            (library().framework(framework).short_title, list(entries))
            for framework, entries in groupby(credited, lambda entry: entry.requirement.framework)
        ],
        "history": history_rows(lines),
        "preview": _preview(versions[0].sha256, versions[0].media_type) if versions else "",
        "may_add": may(by, Permission.ADD_EVIDENCE, unit=found.unit, at=at),
    }
    return render(request, "evidence_item.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.ADD_EVIDENCE, at=at)
    form = EvidenceForm(
        request.POST or None,
        request.FILES or None,
        units=permitted_units(by, Permission.ADD_EVIDENCE, at=at).order_by("path"),
        kinds=sorted(_kinds().items(), key=lambda kind: kind[1]),
        initial={"kind": request.GET.get("kind", "")},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.add_item(
                given["title"],
                kind=given["kind"],
                unit=given["unit"],
                classification=Classification(given["classification"]),
                content=_content(form),
                by=by,
                at=at,
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The evidence is added."))
            return redirect("evidence-item", key=made.pk)
    return render(request, "evidence_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def add_version(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _item(request, key)
    form = ContentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_version(found, content=_content(form), by=actor(request), at=now())
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The version is added."))
            return redirect("evidence-item", key=key)
    context = {"form": form, "item": found}
    return render(request, "evidence_form.html", context, status=422 if form.errors else 200)


@require_safe
def download(request: HttpRequest, key: UUID, number: int) -> FileResponse:
    version = queries.versions_of(_item(request, key)).filter(number=number).first()
    file = open_blob(version.sha256) if version else None
    if version is None or file is None:
        raise NotFound(_("The file is not there."))
    # Never shown in place: a file that somebody uploaded does not run in our pages.
    response = FileResponse(
        file, as_attachment=True, filename=version.file_name, content_type=version.media_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _item(request: HttpRequest, key: UUID) -> EvidenceItem:
    found = queries.visible_items(actor(request), at=now()).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such evidence."))
    return found


def _kinds() -> dict[str, str]:
    """Return what the library asks for, title by kind."""
    return {need.kind: need.title for entry in library().controls for need in entry.evidence}


def _content(form: ContentForm) -> actions.Content:
    given = form.cleaned_data
    file = given["file"]
    return actions.Content(
        chunks=file.chunks(),
        file_name=file.name,
        # By its name: what a browser says of the type is free text.
        media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        source=given["source"],
        period_from=given["period_from"],
        period_to=given["period_to"],
        valid_until=given["valid_until"],
    )


def _preview(sha256: str, media_type: str) -> str:
    """Return the beginning of a text file for reading in place; blank for anything else."""
    if not media_type.startswith("text/") and media_type != "application/json":
        return ""
    file = open_blob(sha256)
    if file is None:
        return ""
    with file:
        return file.read(20_000).decode("utf-8", errors="replace")
