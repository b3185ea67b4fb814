"""Adding evidence: one item for each file, and newer versions of an item.

A script sends the files one by one and is answered in JSON, to show how far each has come; without
it the form sends them all, and the page tells what became of each.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from twofold.evidence import actions
from twofold.evidence.models import Classification, EvidenceItem
from twofold.evidence.queries import versions_of
from twofold.evidence.repository import item_for
from twofold.people.access import Permission, permitted_units, require, require_anywhere
from twofold.people.errors import AccessDenied, Refusal
from twofold.web.forms import ContentForm
from twofold.web.forms.repository import UploadForm
from twofold.web.kinds import kind_choices
from twofold.web.request import actor, now, posted, posted_files, show_refusal
from twofold.web.uploading import content_of, fresh_period, next_period, told, wants_json


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.ADD_EVIDENCE, at=at)
    units = permitted_units(by, Permission.ADD_EVIDENCE, at=at).order_by("path")
    form = UploadForm(
        posted(request),
        posted_files(request),
        units=units,
        kinds=kind_choices(),
        initial={
            "kind": request.GET.get("kind", ""),
            "unit": units.first(),
            **fresh_period(at.date()),
        },
    )
    added: list[EvidenceItem] = []
    refused: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        for file, title in form.titled():
            try:
                added.append(_add(request, form, file, title))
            except AccessDenied:
                raise
            except Refusal as refusal:
                show_refusal(form, refusal)
                refused.append((file.name or "", refusal.message))
    if wants_json(request):
        return told(form, added[0].title if added else "", _href(added))
    if added and not refused:
        return _added(request, added)
    context = {"form": form, "added": added, "refused": refused}
    return render(request, "evidence_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def add_version(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    item = item_for(key, by, at=at)
    require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    form = version_form(request, item)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.add_version(item, content=content_of(given["file"], given), by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            if wants_json(request):
                return told(form, item.title, _href([item]))
            messages.success(request, _("The version is added."))
            return redirect("evidence-item", key=key)
    if wants_json(request):
        return told(form)
    context = {"form": form, "item": item}
    return render(request, "evidence_form.html", context, status=422 if form.errors else 200)


def version_form(request: HttpRequest, item: EvidenceItem) -> ContentForm:
    """Return the form of a newer version, filled with what it is likely to say."""
    last = versions_of(item).first()
    today = now().date()
    initial = next_period(last, today) if last else fresh_period(today)
    return ContentForm(posted(request), posted_files(request), initial=initial)


def _add(
    request: HttpRequest, form: UploadForm, file: "UploadedFile[Any]", title: str
) -> EvidenceItem:
    given = form.cleaned_data
    return actions.add_item(
        title,
        kind=given["kind"],
        unit=given["unit"],
        classification=Classification(given["classification"]),
        content=content_of(file, given),
        by=actor(request),
        at=now(),
    )


def _href(items: list[EvidenceItem]) -> str:
    return reverse("evidence-item", args=[items[0].pk]) if items else ""


def _added(request: HttpRequest, added: list[EvidenceItem]) -> HttpResponse:
    if len(added) == 1:
        messages.success(request, _("The evidence is added."))
        return redirect("evidence-item", key=added[0].pk)
    words = ngettext("%(count)d item is added.", "%(count)d items are added.", len(added))
    messages.success(request, words % {"count": len(added)})
    return redirect("evidence")
