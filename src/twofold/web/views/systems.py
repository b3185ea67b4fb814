"""AI systems: the register, and one system with its monitoring."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.inventory import actions, queries
from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import Refusal
from twofold.people.models import Unit
from twofold.people.queries import persons
from twofold.reporting.monitoring import fleet, system_monitoring
from twofold.web.forms import SystemForm
from twofold.web.linking import linked_evidence
from twofold.web.present import choice_filter, history_rows, sdk_lines
from twofold.web.request import actor, now, page_of, search_text, show_refusal


@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    found = queries.matching(queries.visible_systems(by, at=at), search_text(request))
    page = page_of(request, found)
    context = {
        "page": page,
        "rows": fleet(page.object_list),
        "q": search_text(request),
        "may_register": permitted_units(by, Permission.REGISTER_SYSTEM, at=at).exists(),
    }
    return render(request, "systems.html", context)


@require_safe
def system(request: HttpRequest, code: str) -> HttpResponse:
    by, at = actor(request), now()
    found = queries.system_for(code, permission=Permission.READ, by=by, at=at)
    field = request.GET.get("field", "")[:60]
    monitoring = system_monitoring(found, on=at.date(), field=field)
    context = {
        "system": found,
        "monitoring": monitoring,
        "snippet": sdk_lines(request.build_absolute_uri("/").rstrip("/"), found.code),
        "field_filter": choice_filter(
            "field", monitoring.field, [(name, name) for name in monitoring.fields], every=False
        ),
        "history": history_rows(history(found.ledger_subject, limit=8)),
        "linked": linked_evidence(request, found.ledger_subject),
        "may_change": may(by, Permission.CHANGE_SYSTEM, unit=found.unit, at=at),
    }
    return render(request, "system.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.REGISTER_SYSTEM, at=at)
    form = SystemForm(
        request.POST or None,
        units=permitted_units(by, Permission.REGISTER_SYSTEM, at=at).order_by("path"),
        owners=persons(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.register(
                form.cleaned_data["code"],
                unit=form.cleaned_data["unit"],
                description=_description(form),
                by=by,
                at=at,
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": made.name})
            return redirect("system", code=made.code)
    return render(request, "system_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, code: str) -> HttpResponse:
    by, at = actor(request), now()
    found = queries.system_for(code, permission=Permission.CHANGE_SYSTEM, by=by, at=at)
    form = SystemForm(
        request.POST or None,
        units=Unit.objects.none(),
        owners=persons(),
        registered=True,
        initial=_initial(found),
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(found, description=_description(form), by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The change is recorded."))
            return redirect("system", code=code)
    context = {"form": form, "system": found}
    return render(request, "system_form.html", context, status=422 if form.errors else 200)


def _initial(system: AISystem) -> dict[str, object]:
    names = ("name", "owner", "purpose", "role", "stage", "risk_tier")
    return {name: getattr(system, name) for name in names}


def _description(form: SystemForm) -> actions.SystemDescription:
    given = form.cleaned_data
    return actions.SystemDescription(
        name=given["name"],
        owner=given["owner"],
        purpose=given["purpose"],
        role=SystemRole(given["role"]),
        stage=Stage(given["stage"]),
        risk_tier=RiskTier(given["risk_tier"]),
    )
