"""Certification: what the auditor of each stage expects, the forecast, and what if."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from twofold.people.access import Permission, require_anywhere
from twofold.reporting.certification import certification as compute
from twofold.reporting.supposable import supposable
from twofold.reporting.whatif import what_if as suppose
from twofold.web.certifying import (
    forecast_card,
    history_chart,
    stage_card,
    standard_summary,
    turn_card,
)
from twofold.web.forms.certification import WhatIfForm
from twofold.web.request import actor, now


@require_safe
def certification(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    found = compute(by, at=at)
    wanted = request.GET.get("standard", "")
    view = next((v for v in found.standards if v.framework.id == wanted), found.standards[0])
    context = {
        "on": found.on,
        "standards": [standard_summary(v, view.framework.id) for v in found.standards],
        "framework": view.framework,
        "stages": [stage_card(stage) for stage in view.stages],
        "forecast": forecast_card(view.forecast),
        "chart": history_chart(view.history),
    }
    return render(request, "certification.html", context)


@require_safe
def what_if(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    given = {key: str(value) for key, value in request.GET.items()}
    asked = any(given.values())
    options = supposable(by, at=at, chosen=given)
    form = WhatIfForm(request.GET if asked else None, options=options)
    suppositions = form.suppositions() if asked and form.is_valid() else []
    context = {
        "form": form,
        "asked": asked,
        "turns": [turn_card(turn) for turn in suppose(suppositions, by, at=at)]
        if suppositions
        else [],
    }
    return render(request, "what_if.html", context, status=422 if asked and form.errors else 200)
