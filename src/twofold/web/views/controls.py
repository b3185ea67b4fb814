"""Controls: the library, one control with its implementations, and the acts on them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.catalog.model import LibraryControl
from twofold.controls import actions
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import library, visible_implementations, waiting_claims
from twofold.evidence.queries import visible_versions
from twofold.inventory.queries import visible_systems
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.people.queries import persons
from twofold.reporting.controls import control_rows, control_view
from twofold.web.forms import ApproveForm, ClaimForm, ImplementForm
from twofold.web.request import actor, next_address, now, show_refusal

WAITING = 20


@require_safe
def controls(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    waiting = waiting_claims(by, at=at)
    context = {
        "rows": control_rows(by, at=at),
        "frameworks": [entry.short_title for entry in library().frameworks],
        "waiting": waiting[:WAITING],
        "waiting_count": waiting.count(),
    }
    return render(request, "controls.html", context)


@require_safe
def control(request: HttpRequest, control_id: str) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    entry = _library_control(control_id)
    pairs = [(credit, library().requirements[credit.requirement]) for credit in entry.credits]
    context = {
        "control": entry,
        "credits": [
            (framework, [pair for pair in pairs if pair[1].framework == framework.id])
            for framework in library().frameworks
        ],
        "views": control_view(entry, by, at=at),
        "today": at.date(),
        "may_implement": permitted_units(by, Permission.IMPLEMENT_CONTROL, at=at).exists(),
    }
    return render(request, "control.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def implement(request: HttpRequest, control_id: str) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.IMPLEMENT_CONTROL, at=at)
    entry = _library_control(control_id)
    form = ImplementForm(
        request.POST or None,
        units=permitted_units(by, Permission.IMPLEMENT_CONTROL, at=at).order_by("path"),
        systems=visible_systems(by, at=at),
        owners=persons(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.implement(entry.id, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The description is recorded; it awaits approval."))
            return redirect("control", control_id=control_id)
    context = {"form": form, "control": entry}
    return render(request, "implement.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = _implementation(request, key)
    form = ApproveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.approve_implementation(found, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The implementation is approved."))
            return redirect("control", control_id=found.control)
    context = {
        "form": form,
        "implementation": found,
        "control": _library_control(found.control),
        "may_approve": may(by, Permission.APPROVE_CONTROL, unit=found.unit, at=at),
    }
    return render(request, "approve.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = _implementation(request, key)
    entry = _library_control(found.control)
    form = ClaimForm(
        request.POST or None,
        versions=visible_versions(by, at=at),
        needs=[(need.kind, need.title) for need in entry.evidence],
        initial={"need": request.GET.get("need", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.claim(found, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The claim is recorded; somebody else accepts it."))
            return redirect("control", control_id=found.control)
    context = {"form": form, "implementation": found, "control": entry}
    return render(request, "claim.html", context, status=422 if form.errors else 200)


@require_POST
def accept(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    visible = visible_implementations(by, at=at)
    found = (
        EvidenceClaim.objects.filter(pk=key, implementation__in=visible.values("pk"))
        .select_related("implementation")
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such claim."))
    actions.accept_claim(found, by=by, at=at)
    messages.success(request, _("The claim is accepted."))
    page = reverse("control", args=[found.implementation.control])
    return redirect(next_address(request, page))


def _library_control(control_id: str) -> LibraryControl:
    entry = library().control_by_id.get(control_id)
    if entry is None:
        raise NotFound(_("There is no control %(id)s.") % {"id": control_id})
    return entry


def _implementation(request: HttpRequest, key: UUID) -> Implementation:
    found = visible_implementations(actor(request), at=now()).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such implementation."))
    return found
