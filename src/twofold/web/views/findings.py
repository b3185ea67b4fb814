"""Findings: the list, raising one, and one with its corrective action."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.catalog.model import LibraryControl
from twofold.controls.queries import library, running
from twofold.findings import actions, queries
from twofold.findings.models import Finding, Grade
from twofold.findings.queries import FindingState, finding_for
from twofold.ledger.queries import history, revision_of
from twofold.people.access import Permission, may, permitted_units, require, require_anywhere
from twofold.people.errors import InvalidInput, Outdated, Refusal
from twofold.people.models import Unit
from twofold.people.queries import persons
from twofold.reporting.findings import held_back
from twofold.web.forms.findings import AnswerForm, CloseForm, FindingForm
from twofold.web.linking import linked_evidence
from twofold.web.present import choice_filter, history_rows
from twofold.web.request import ROWS, actor, now, search_text, show_refusal


@require_safe
def findings(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    state, grade = request.GET.get("state", ""), request.GET.get("grade", "")
    rows = queries.matching(queries.visible_findings(by, at=at), search_text(request))
    if state in FindingState.values:
        rows = queries.in_state(rows, FindingState(state), on=at.date())
    if grade in Grade.values:
        rows = rows.filter(grade=grade)
    # A page is found by its keys: sorting thousands of long texts is what costs.
    page = Paginator(rows.values_list("pk", flat=True), ROWS).get_page(request.GET.get("page"))
    known = library().requirements
    context = {
        "page": page,
        "rows": [(row, known.get(row.requirement)) for row in queries.in_order(list(page))],
        "narrowed": bool(state or grade or search_text(request)),
        "state_filter": choice_filter("state", state, FindingState.choices),
        "grade_filter": choice_filter("grade", grade, Grade.choices),
        "q": search_text(request),
        "today": at.date(),
        "may_raise": permitted_units(by, Permission.RAISE_FINDING, at=at).exists(),
    }
    return render(request, "findings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def raise_(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.RAISE_FINDING, at=now())
    form = _finding_form(request)
    if request.method == "POST" and form.is_valid() and (made := _raise(request, form)):
        messages.success(request, _("%(name)s is raised.") % {"name": made})
        return redirect("finding", key=made.pk)
    context = {
        "form": form,
        "requirements": [entry for entry in library().requirements.values() if entry.auditable],
    }
    return render(request, "finding_form.html", context, status=422 if form.errors else 200)


@require_safe
def finding(request: HttpRequest, key: UUID) -> HttpResponse:
    # Read before the record: what is shown is never older than what it is taken for.
    revision = _revision(key)
    return _page(request, finding_for(key, actor(request), at=now()), revision)


@require_POST
def answer(request: HttpRequest, key: UUID) -> HttpResponse:
    revision = _revision(key)
    found = finding_for(key, actor(request), at=now())
    require(actor(request), Permission.ANSWER_FINDING, unit=found.unit, at=now())
    form = AnswerForm(request.POST, owners=persons())
    if form.is_valid():
        given = form.cleaned_data
        expected = given.pop("expected")
        try:
            actions.answer_finding(
                found, actions.Answer(**given), expected=expected, by=actor(request), at=now()
            )
        except (InvalidInput, Outdated) as refusal:
            show_refusal(form, refusal)
            form.look_again(revision)
        else:
            messages.success(request, _("The corrective action is recorded."))
            return redirect("finding", key=key)
    return _page(request, found, revision, answer_form=form)


@require_POST
def close(request: HttpRequest, key: UUID) -> HttpResponse:
    revision = _revision(key)
    found = finding_for(key, actor(request), at=now())
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            actions.close_finding(found, **form.cleaned_data, by=actor(request), at=now())
        except (InvalidInput, Outdated) as refusal:
            show_refusal(form, refusal)
            form.look_again(revision)
        else:
            messages.success(request, _("%(name)s is closed.") % {"name": found})
            return redirect("finding", key=key)
    return _page(request, found, revision, close_form=form)


def _page(
    request: HttpRequest,
    found: Finding,
    revision: int,
    *,
    answer_form: AnswerForm | None = None,
    close_form: CloseForm | None = None,
) -> HttpResponse:
    by, at = actor(request), now()
    wrong = bool(answer_form or close_form)
    offers = _offers(request, found)
    # Who may not answer is shown no list of persons.
    owners = persons() if offers["may_answer"] else persons().none()
    context = {
        "finding": found,
        "requirement": library().requirements.get(found.requirement),
        "control": _control_of(found),
        "today": at.date(),
        "held": held_back(found, by, at=at),
        "history": history_rows(history(found.ledger_subject)),
        "linked": linked_evidence(request, found.ledger_subject),
        "answer_form": answer_form
        or AnswerForm(initial=_initial(found) | {"expected": revision}, owners=owners),
        "close_form": close_form or CloseForm(initial={"expected": revision}),
        "answer_wrong": answer_form is not None,
        **offers,
    }
    return render(request, "finding.html", context, status=422 if wrong else 200)


def _revision(key: UUID) -> int:
    return revision_of(Finding(pk=key).ledger_subject)


def _offers(request: HttpRequest, found: Finding) -> dict[str, bool]:
    """Return what the actor may do about a finding."""
    by, at = actor(request), now()
    is_open = found.closed_at is None
    answered = bool(found.action) or found.grade == Grade.IMPROVEMENT
    closing = is_open and may(by, Permission.CLOSE_FINDING, unit=found.unit, at=at)
    own = by.person_id in {found.owner_id, found.answered_by_id}
    return {
        "may_answer": is_open and may(by, Permission.ANSWER_FINDING, unit=found.unit, at=at),
        "may_close": closing and answered and not own,
        "own_action": closing and answered and own,
    }


def _control_of(found: Finding) -> LibraryControl | None:
    if found.implementation is None:
        return None
    return library().control_by_id.get(found.implementation.control)


def _initial(found: Finding) -> dict[str, object]:
    return {name: getattr(found, name) for name in ("cause", "action", "owner", "due_date")}


def _finding_form(request: HttpRequest) -> FindingForm:
    """Return the form, filled from where the person came: a requirement, a control as it is run."""
    by, at = actor(request), now()
    rows = running(by, permission=Permission.RAISE_FINDING, at=at).order_by("control", "started_at")
    requirement = request.GET.get("requirement", "")[:60]
    chosen = _chosen(request)
    if requirement in library().requirements:
        serving = [control.id for control in library().controls_of.get(requirement, ())]
        rows = rows.filter(Q(control__in=serving) | Q(pk=chosen))
    return FindingForm(
        request.POST or None,
        units=_units(request),
        implementations=rows,
        initial={
            "requirement": requirement,
            "implementation": chosen,
        },
    )


def _chosen(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("implementation", ""))
    except ValueError:
        return None


def _raise(request: HttpRequest, form: FindingForm) -> Finding | None:
    given = form.cleaned_data
    observed = actions.Observed(
        title=given["title"],
        statement=given["statement"],
        grade=Grade(given["grade"]),
        requirement=given["requirement"],
        implementation=given["implementation"],
    )
    run = given["implementation"]
    unit = given["unit"] or (run.unit if run else _units(request)[0])
    try:
        return actions.raise_finding(observed, unit=unit, by=actor(request), at=now())
    except Refusal as refusal:
        show_refusal(form, refusal)
        return None


def _units(request: HttpRequest) -> QuerySet[Unit]:
    """Return the units in which the actor may raise findings, the widest first."""
    units = permitted_units(actor(request), Permission.RAISE_FINDING, at=now())
    return units.order_by("path")
