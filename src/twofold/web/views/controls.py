"""Controls: the library, one control with its implementations, and the acts on them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.catalog.model import LibraryControl
from twofold.controls import actions
from twofold.controls.models import Implementation
from twofold.controls.queries import library, visible_implementations, waiting_claims
from twofold.inventory.queries import visible_systems
from twofold.ledger.queries import revision_of
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.people.queries import persons
from twofold.reporting.controls import control_rows, control_view
from twofold.reporting.credited import shared_from_above
from twofold.reporting.standing import standing
from twofold.web.explorer import control_serves
from twofold.web.forms import ApproveForm, ImplementForm
from twofold.web.request import actor, now, show_refusal

WAITING = 20
#: So many scopes in which a control is no longer run are named.
ENDED = 20


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
    found = standing(by, at=at)
    context = {
        "control": entry,
        "serves": control_serves(found, entry),
        "above": shared_from_above([entry.id], found).get(entry.id, ()),
        "views": control_view(entry, by, at=at),
        "ended": visible_implementations(by, at=at)
        .filter(control=entry.id, retired_at__isnull=False)
        .prefetch_related(None)
        .order_by("-retired_at")[:ENDED],
        "today": at.date(),
        "may_implement": permitted_units(by, Permission.IMPLEMENT_CONTROL, at=at).exists(),
        "may_raise": permitted_units(by, Permission.RAISE_FINDING, at=at).exists(),
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
            made = actions.implement(entry.id, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The description is recorded; it awaits approval."))
            return redirect("implementation", key=made.pk)
    context = {"form": form, "control": entry}
    return render(request, "implement.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    # Read before the record: what is shown is never older than what it is taken for.
    revision = revision_of(Implementation(pk=key).ledger_subject)
    found = _implementation(request, key)
    form = ApproveForm(request.POST or None, initial={"expected": revision})
    if request.method == "POST" and form.is_valid():
        try:
            actions.approve_implementation(found, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
            form.look_again(revision)
        else:
            messages.success(request, _("The implementation is approved."))
            return redirect("implementation", key=key)
    context = {
        "form": form,
        "implementation": found,
        "control": _library_control(found.control),
        "may_approve": may(by, Permission.APPROVE_CONTROL, unit=found.unit, at=at),
    }
    return render(request, "approve.html", context, status=422 if form.errors else 200)


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
