"""Linking evidence: from an item to a record, from a record to an item, and taking a link away."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from twofold.evidence import links
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import visible_items
from twofold.evidence.repository import item_for, link_for
from twofold.people.access import Permission, permitted_units, require, require_anywhere
from twofold.people.errors import AccessDenied, InvalidInput, NotFound, Refusal
from twofold.reporting.linkable import Linkable, found, named, require_linkable, sorts
from twofold.web.forms.repository import PurposeForm
from twofold.web.present import choice_filter, record_href
from twofold.web.request import (
    actor,
    next_address,
    now,
    posted,
    search_text,
    show_refusal,
    wants_fragment,
)

#: So many items are offered at once.
OFFERED = 12


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, key: UUID) -> HttpResponse:
    """Link an item to a record that is searched for."""
    by, at = actor(request), now()
    item = item_for(key, by, at=at)
    require(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    form = PurposeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            require_linkable(form.cleaned_data["target"], by, field="target", at=at)
            links.link(item, **form.cleaned_data, by=by, at=at)
        except AccessDenied:
            raise
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The link is recorded."))
            return redirect(f"{reverse('evidence-item', args=[key])}#bears-on")
    context = {"item": item, "form": form, **link_search(request)}
    if wants_fragment(request):
        return render(request, "evidence_link_found.html", context)
    return render(request, "evidence_link.html", context, status=422 if form.errors else 200)


def link_search(request: HttpRequest) -> dict[str, object]:
    """Return what the search for a record to link shows: the sorts, the text, and what is found."""
    choices = sorts()
    known = {label for label, _name in choices}
    wanted = request.GET.get("sort", "")
    sort = wanted if wanted in known else choices[0][0]
    text = search_text(request)
    return {
        "sort_filter": choice_filter("sort", sort, choices, every=False),
        "q": text,
        "found": found(sort, text, actor(request), at=now()),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def link_to(request: HttpRequest, subject: str) -> HttpResponse:
    """Link a record to an item that is searched for."""
    by, at = actor(request), now()
    require_anywhere(by, Permission.ADD_EVIDENCE, at=at)
    record = _record(request, subject)
    # The target is known from the address; what is chosen is the item.
    given = posted(request)
    form = PurposeForm(None if given is None else {**given.dict(), "target": subject})
    if request.method == "POST" and form.is_valid():
        try:
            links.link(_chosen(request), **form.cleaned_data, by=by, at=at)
        except AccessDenied:
            raise
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The link is recorded."))
            return redirect("record", subject=subject)
    context = {
        "record": record,
        "href": record_href(subject),
        "form": form,
        "q": search_text(request),
        "items": list(_offered(request)[:OFFERED]),
    }
    if wants_fragment(request):
        return render(request, "evidence_offered.html", context)
    return render(request, "evidence_link_to.html", context, status=422 if form.errors else 200)


@require_POST
def unlink(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    row = link_for(key, by, at=at)
    links.unlink(row, by=by, at=at)
    messages.success(request, _("The link is taken away; that it stood stays on record."))
    return redirect(next_address(request, reverse("evidence-item", args=[row.item_id])))


def _record(request: HttpRequest, subject: str) -> Linkable:
    record = named([subject], actor(request), at=now()).get(subject)
    if record is None:
        raise NotFound(_("There is no such record to link to."))
    return record


def _offered(request: HttpRequest) -> QuerySet[EvidenceItem]:
    """Return the items that the actor may link and that hold the text, the newest first."""
    by, at = actor(request), now()
    rows = visible_items(by, at=at).filter(
        erased_at=None, unit__in=permitted_units(by, Permission.ADD_EVIDENCE, at=at)
    )
    text = search_text(request)
    return (rows.filter(title__icontains=text) if text else rows).order_by("-created_at", "pk")


def _chosen(request: HttpRequest) -> EvidenceItem:
    try:
        return item_for(UUID(request.POST.get("evidence", "")), actor(request), at=now())
    except (ValueError, NotFound):
        raise InvalidInput(_("Choose the evidence.")) from None
