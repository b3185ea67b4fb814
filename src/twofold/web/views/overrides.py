"""Statuses that are set by hand: the list, and asking for, approving and withdrawing one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from twofold.controls import actions
from twofold.controls.queries import (
    OverrideState,
    library,
    override_for,
    overrides_in,
    visible_overrides,
)
from twofold.domain.readiness import Status
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import Refusal
from twofold.reporting.overrides import override_views
from twofold.web.present import choice_filter
from twofold.web.request import actor, next_address, now, page_of, show_refusal
from twofold.web.views.requirements import override_form, requirement_page


@require_safe
def overrides(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    state = request.GET.get("state", "")
    rows = visible_overrides(by, at=at)
    if state in OverrideState.values:
        rows = overrides_in(rows, OverrideState(state), on=at.date())
    page, known = page_of(request, rows), library().requirements
    context = {
        "page": page,
        "rows": [
            (view, known.get(view.override.requirement))
            for view in override_views(page.object_list, by, at=at)
        ],
        "state_filter": choice_filter("state", state, OverrideState.choices),
        "narrowed": bool(state),
    }
    return render(request, "overrides.html", context)


@require_POST
def ask(request: HttpRequest, requirement_id: str) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.OVERRIDE, at=at)
    form = override_form(request, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.request_override(
                requirement_id, **{**given, "status": Status(given["status"])}, by=by, at=at
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("It is asked for; somebody else approves it."))
            return redirect("requirement", requirement_id=requirement_id)
    return requirement_page(request, requirement_id, asked=form)


@require_POST
def approve(request: HttpRequest, key: UUID) -> HttpResponse:
    found = override_for(key, actor(request), at=now())
    actions.approve_override(found, by=actor(request), at=now())
    messages.success(request, _("The status is set by hand until it expires."))
    page = reverse("requirement", args=[found.requirement])
    return redirect(next_address(request, page))


@require_POST
def withdraw(request: HttpRequest, key: UUID) -> HttpResponse:
    found = override_for(key, actor(request), at=now())
    actions.withdraw_override(found, by=actor(request), at=now())
    messages.success(request, _("The override is withdrawn; the computed status shows again."))
    page = reverse("requirement", args=[found.requirement])
    return redirect(next_address(request, page))
