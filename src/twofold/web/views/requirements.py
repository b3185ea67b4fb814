"""Requirements: the list with computed states, and one requirement opened down to its records."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.catalog.model import Catalog, Requirement
from twofold.controls import actions
from twofold.controls.models import Applicability
from twofold.controls.queries import library
from twofold.domain.readiness import Cause, Readiness
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.people.queries import root_unit
from twofold.reporting.controls import requirement_credits
from twofold.reporting.credited import credits_then
from twofold.reporting.decisions import decision_behind, decision_revision
from twofold.reporting.overrides import overrides_behind, overrides_on
from twofold.reporting.posture import RequirementState, framework_posture
from twofold.reporting.soa.columns import ground_texts
from twofold.reporting.standing import Standing, standing
from twofold.web.days import ShownDay, shown_day
from twofold.web.explorer import requirement_serves
from twofold.web.forms.overrides import OverrideForm
from twofold.web.forms.statements import DecisionForm
from twofold.web.present import (
    STATES,
    choice_filter,
    history_rows,
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
    shown, by_hand = shown_day(request, at=at), request.GET.get("by_hand", "")
    found = standing(by, at=at, on=shown.on)
    states = [
        state
        for entry in found.catalog.frameworks
        if framework in {"", entry.id}
        for state in framework_posture(entry, found).states
        if status in {"", state.readiness.status.value}
        and (not by_hand or state.readiness.overridden)
        and _matches(state, text)
    ]
    page = Paginator(states, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [requirement_row(state) for state in page.object_list],
        "framework_filter": choice_filter(
            "framework",
            framework,
            [(entry.id, entry.short_title) for entry in found.catalog.frameworks],
        ),
        "hand_filter": choice_filter("by_hand", by_hand, [("yes", _("By hand"))]),
        "shown": shown,
        "state_filter": choice_filter(
            "state", status, [(state.value, label) for state, label in STATES.items()]
        ),
        "q": search_text(request),
    }
    template = "requirements_rows.html" if wants_fragment(request) else "requirements.html"
    response = render(request, template, context, status=shown.status)
    # A browser going back must not show the fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def requirement(request: HttpRequest, requirement_id: str) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    guided = library().requirements.get(requirement_id)
    if guided is not None and guided.effective:
        return redirect("guidance-article", article_id=requirement_id)
    if request.method == "POST" and "more" in request.POST:
        typed = DecisionForm(typed=request.POST.dict())
        return requirement_page(request, requirement_id, decided=typed)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entry = _known(library(), requirement_id)
        if _decide(request, entry, form):
            messages.success(request, _("The decision is recorded."))
            return redirect("requirement", requirement_id=requirement_id)
    sent = form if request.method == "POST" else None
    return requirement_page(request, requirement_id, decided=sent)


def requirement_page(
    request: HttpRequest,
    requirement_id: str,
    *,
    decided: DecisionForm | None = None,
    asked: OverrideForm | None = None,
) -> HttpResponse:
    """Return the page of a requirement, on the day that is asked for; with forms as they came."""
    by, at = actor(request), now()
    shown = shown_day(request, at=at)
    # Read before the decision: what is shown is never older than what it is taken for.
    revision = _revision(requirement_id)
    found = standing(by, at=at, on=shown.on)
    entry = _known(found.catalog, requirement_id)
    assessed = _assessed(request, entry, found, shown)
    wrong = any(form is not None and form.errors for form in (decided, asked))
    context = {
        "requirement": entry,
        "framework": found.catalog.framework(entry.framework),
        "parent": found.catalog.requirements.get(entry.parent),
        "serves": requirement_serves(found, entry),
        "children": [
            child for child in found.catalog.requirements.values() if child.parent == entry.id
        ],
        "shown": shown,
        "today": shown.today,
        "form": decided
        or DecisionForm(decision=_of_all(assessed.get("decision")), revision=revision),
        "override_form": asked or override_form(request),
        **assessed,
        **_offers(request, entry, shown),
    }
    status = 422 if wrong else shown.status
    return render(request, "requirement.html", context, status=status)


def override_form(request: HttpRequest, data: QueryDict | None = None) -> OverrideForm:
    """Return the form with which a status is set by hand, in the units where the actor may ask."""
    units = permitted_units(actor(request), Permission.OVERRIDE, at=now()).order_by("path")
    # The page has another form with a reason: each field keeps an id of its own.
    return OverrideForm(data, units=units, auto_id="override-%s")


def _assessed(
    request: HttpRequest, entry: Requirement, found: Standing, shown: ShownDay
) -> dict[str, Any]:
    """Return the state of a requirement on the day, and what it rests on."""
    by, at = actor(request), now()
    if entry.id not in found.readiness:
        return {}
    readiness = found.explained(entry)
    context = {
        "readiness": readiness,
        "score": percent(readiness),
        "held_back": _open(readiness),
        "reasons": reason_lines(readiness.reasons),
    }
    if shown.past:
        return context | {
            "decision_then": found.facts_of(entry).decision,
            "credits": credits_then(entry, found),
            "overrides": overrides_behind(readiness, by, at=at),
        }
    decision = decision_behind(found.terms_of(entry).decision, by, at=at)
    return context | {
        "decision": decision,
        "ground_lines": ground_texts(decision.grounds) if decision else [],
        "history": history_rows(history(decision.ledger_subject, limit=5)) if decision else [],
        "credits": requirement_credits(entry, found, by, at=at),
        "overrides": overrides_on(entry.id, by, at=at),
    }


def _open(readiness: Readiness) -> int:
    """Return how many matters hold it back; an action that is late is of one of them."""
    matters = [entry for entry in readiness.held_back_by if entry.cause is not Cause.ACTION_OVERDUE]
    # One of which no record is told stands for itself.
    return len({entry.record or entry for entry in matters})


def _offers(request: HttpRequest, entry: Requirement, shown: ShownDay) -> dict[str, bool]:
    """Return what the actor may do about a requirement; on a past day nothing."""
    if shown.past:
        return {}
    by, at, unit = actor(request), now(), root_unit()
    return {
        "may_decide": entry.excludable
        and unit is not None
        and may(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at),
        "may_override": permitted_units(by, Permission.OVERRIDE, at=at).exists(),
        "may_raise": permitted_units(by, Permission.RAISE_FINDING, at=at).exists(),
    }


def _of_all(decision: Applicability | None) -> Applicability | None:
    """Return a decision when it is one of the organisation itself, for which the form decides."""
    return decision if decision is not None and decision.unit.parent_id is None else None


def _revision(requirement_id: str) -> int:
    """Return the revision of the decision of the organisation itself; 0: there is none."""
    unit = root_unit()
    return decision_revision(requirement_id, unit) if unit else 0


def _known(catalog: Catalog, requirement_id: str) -> Requirement:
    entry = catalog.requirements.get(requirement_id)
    if entry is None:
        raise NotFound(_("There is no requirement %(id)s.") % {"id": requirement_id})
    return entry


def _matches(state: RequirementState, text: str) -> bool:
    entry = state.requirement
    return not text or text in entry.id.lower() or text in entry.title.lower()


def _decide(request: HttpRequest, entry: Requirement, form: DecisionForm) -> bool:
    unit = root_unit()
    if unit is None:
        return False
    applicable, reason = form.cleaned_data["applicable"] == "yes", form.cleaned_data["reason"]
    revision, expected = _revision(entry.id), form.cleaned_data["expected"]
    decision = actions.Decision(entry.id, applicable, reason, form.grounds, expected)
    try:
        actions.decide_applicability([decision], unit=unit, by=actor(request), at=now())
    except Refusal as refusal:
        show_refusal(form, refusal)
        form.look_again(revision)
        return False
    return True
