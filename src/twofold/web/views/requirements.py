"""Requirements: the list with computed states, and one requirement opened down to its records."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.catalog.model import Requirement
from twofold.controls import actions
from twofold.controls.queries import library, visible_decisions
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.people.queries import root_unit
from twofold.reporting.controls import requirement_credits
from twofold.reporting.posture import RequirementState, framework_posture
from twofold.reporting.standing import standing
from twofold.web.forms import ApplicabilityForm
from twofold.web.present import (
    STATES,
    choice_filter,
    history_rows,
    pair_line,
    percent,
    reason_lines,
    requirement_row,
)
from twofold.web.request import actor, now, search_text, show_refusal, wants_fragment

ROWS = 50


@require_safe
def requirements(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    framework = request.GET.get("framework", "")
    status = request.GET.get("state", "")
    text = search_text(request).lower()
    found = standing(by, at=at)
    states = [
        state
        for entry in found.catalog.frameworks
        if framework in {"", entry.id}
        for state in framework_posture(entry, found).states
        if status in {"", state.readiness.status.value} and _matches(state, text)
    ]
    page = Paginator(states, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [requirement_row(state) for state in page.object_list],
        "framework_filter": choice_filter(
            "framework",
            framework,
            [(entry.id, entry.short_title) for entry in library().frameworks],
        ),
        "state_filter": choice_filter(
            "state", status, [(state.value, label) for state, label in STATES.items()]
        ),
        "q": search_text(request),
    }
    template = "requirements_rows.html" if wants_fragment(request) else "requirements.html"
    response = render(request, template, context)
    # A browser going back must not show the fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def requirement(request: HttpRequest, requirement_id: str) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    entry = library().requirements.get(requirement_id)
    if entry is None:
        raise NotFound(_("There is no requirement %(id)s.") % {"id": requirement_id})
    form = ApplicabilityForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _decide(request, entry, form):
        messages.success(request, _("The decision is recorded."))
        return redirect("requirement", requirement_id=requirement_id)
    found = standing(by, at=at)
    assessed = entry.id in found.readiness
    readiness = found.explained(entry) if assessed else None
    unit = root_unit()
    decision = visible_decisions(by, at=at).filter(requirement=entry.id).first()
    context = {
        "requirement": entry,
        "framework": library().framework(entry.framework),
        "parent": library().requirements.get(entry.parent),
        "readiness": readiness,
        "score": percent(readiness) if readiness else None,
        "reasons": reason_lines(readiness.reasons) if readiness else [],
        "decision": decision,
        "history": history_rows(history(decision.ledger_subject, limit=5)) if decision else [],
        "credits": requirement_credits(entry, by, at=at),
        "pairs": [pair_line(entry, pair) for pair in library().pairs_of.get(entry.id, ())],
        "children": [
            child for child in library().requirements.values() if child.parent == entry.id
        ],
        "on": at.date(),
        "form": form,
        "may_decide": entry.excludable
        and unit is not None
        and may(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at),
    }
    return render(request, "requirement.html", context, status=422 if form.errors else 200)


def _matches(state: RequirementState, text: str) -> bool:
    entry = state.requirement
    return not text or text in entry.id.lower() or text in entry.title.lower()


def _decide(request: HttpRequest, entry: Requirement, form: ApplicabilityForm) -> bool:
    unit = root_unit()
    if unit is None:
        return False
    decision = actions.Decision(
        entry.id, form.cleaned_data["applicable"] == "yes", form.cleaned_data["reason"]
    )
    try:
        actions.decide_applicability([decision], unit=unit, by=actor(request), at=now())
    except Refusal as refusal:
        show_refusal(form, refusal)
        return False
    return True
