"""The gap assessment as a guided first use, and the roadmap that follows from it."""

import csv
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from twofold.catalog.model import LibraryControl
from twofold.controls import actions
from twofold.controls.models import Answer
from twofold.controls.queries import library
from twofold.domain.cells import plain
from twofold.people.access import (
    Actor,
    Permission,
    may,
    permitted_units,
    require,
    require_anywhere,
)
from twofold.people.errors import NotFound, Refusal
from twofold.people.models import Person, Unit
from twofold.people.queries import persons
from twofold.reporting.gap import Asked, GapAssessment, asked, by_area, gap_assessment
from twofold.reporting.judged import certified
from twofold.reporting.roadmap import Step
from twofold.reporting.roadmap import roadmap as compute
from twofold.reporting.standing import standing
from twofold.web.certifying import PHASES, decide_href, figures, step_href, step_row, step_title
from twofold.web.forms.gap import AnswerForm
from twofold.web.library import area_name
from twofold.web.present import choice_filter
from twofold.web.request import actor, now

ROWS = 20
#: In addresses, the area of what an organisation added itself.
OWN = "own"


@dataclass(frozen=True)
class Question:
    """A control that is asked about, and its form."""

    asked: Asked
    form: AnswerForm


@require_safe
def gap(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    unit = _unit(request, by, at)
    found = gap_assessment(unit, by, at=at)
    decides = may(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at)
    context = {
        **_about(unit, found, by, at),
        "areas": [
            {
                "title": area_name(entry.area),
                "href": _address("gap-area", entry.area or OWN, unit=unit),
                "progress": entry,
                "counts": [(answer.label, entry.counts[answer]) for answer in Answer],
            }
            for entry in found.areas
        ],
        "next": _address("gap-area", found.next_area or OWN, unit=unit)
        if found.next_area is not None
        else "",
        "decide": [
            {
                "title": framework.short_title,
                "href": decide_href(framework.id, unit) if decides else "",
            }
            for framework in certified(standing(by, at=at))
        ],
    }
    return render(request, "gap.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def area(request: HttpRequest, area_id: str) -> HttpResponse:
    areas = by_area(library().controls)
    wanted = "" if area_id == OWN else area_id
    if wanted not in areas:
        raise NotFound(_("There is no area %(id)s.") % {"id": area_id})
    places = list(areas)
    following = places[places.index(wanted) + 1 :]
    context = {
        "title": area_name(wanted),
        "place": places.index(wanted) + 1,
        "places": len(places),
        "following": area_name(following[0]) if following else "",
    }
    name, *rest = ("gap-area", following[0] or OWN) if following else ("gap",)
    return _questions(request, areas[wanted], context, (name, *rest))


@require_http_methods(["GET", "HEAD", "POST"])
def requirement(request: HttpRequest, requirement_id: str) -> HttpResponse:
    found = library().requirements.get(requirement_id)
    if found is None or not found.auditable:
        raise NotFound(_("There is no requirement %(id)s.") % {"id": requirement_id})
    credits_given = [
        (not credit.relation.covers_wholly, -credit.strength, control.id, control)
        for control in library().controls_of.get(found.id, ())
        for credit in control.credits
        if credit.requirement == found.id
    ]
    controls = [entry[-1] for entry in sorted(credits_given, key=lambda entry: entry[:-1])]
    context = {"title": f"{found.reference} {found.title}", "requirement": found}
    return _questions(request, controls, context, ("requirement", found.id))


@require_safe
def roadmap(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    unit = _unit(request, by, at)
    steps = compute(by, unit=unit, at=at)
    decides = may(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at)
    wanted = request.GET.get("phase", "")
    shown = [step for step in steps if wanted in {"", step.phase.value}]
    page = Paginator(shown, ROWS).get_page(request.GET.get("page"))
    context = {
        "unit": unit,
        "page": page,
        "rows": [step_row(step, unit, decides=decides) for step in page.object_list],
        "total": len(steps),
        "csv": _address("roadmap-csv", unit=unit),
        "phase_filter": choice_filter(
            "phase", wanted, [(phase.value, title) for phase, (title, _about) in PHASES.items()]
        ),
        "phases": [
            {
                "title": title,
                "about": about,
                "count": sum(step.phase is phase for step in steps),
                "href": f"{_address('roadmap', unit=unit)}&phase={phase.value}",
                "chosen": wanted == phase.value,
            }
            for phase, (title, about) in PHASES.items()
        ],
    }
    return render(request, "roadmap.html", context)


@require_safe
def roadmap_csv(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="roadmap.csv"'},
    )
    writer = csv.writer(response)
    writer.writerow(
        ["number", "phase", "step", "control", "scopes", "owner_role", "unlocks", "link"]
    )
    unit = _unit(request, by, at)
    decides = may(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at)
    for step in compute(by, unit=unit, at=at):
        href = step_href(step, unit, decides=decides)
        writer.writerow(plain(_cells(step, request.build_absolute_uri(href) if href else "")))
    return response


def _cells(step: Step, link: str) -> list[str]:
    unlocked = [entry.id for unlocks in step.unlocks for entry in unlocks.requirements]
    return [
        str(step.number),
        step.phase.value,
        step_title(step),
        step.control.id if step.control else "",
        str(step.scopes),
        step.owner_role,
        " ".join(unlocked),
        link,
    ]


def _questions(
    request: HttpRequest,
    controls: list[LibraryControl],
    context: dict[str, Any],
    then: tuple[str, ...],
) -> HttpResponse:
    by, at = actor(request), now()
    unit = _unit(request, by, at)
    # Who may not answer is shown no list of persons.
    answers = may(by, Permission.IMPLEMENT_CONTROL, unit=unit, at=at)
    people = list(persons()) if answers else []
    questions = [
        Question(entry, _form(request, entry, people)) for entry in asked(controls, unit, by, at=at)
    ]
    refused = ""
    # Each form is asked, so that all faults are shown at once.
    sound = [question.form.is_valid() for question in questions]
    if request.method == "POST" and (all(sound) or not answers):
        try:
            require(by, Permission.IMPLEMENT_CONTROL, unit=unit, at=at)
            _save(request, questions, people, unit)
        except Refusal as refusal:
            refused = refusal.message
        else:
            keep = unit if then[0] != "requirement" else None
            return redirect(_address(*then, unit=keep))
    wrong = any(question.form.is_bound and question.form.errors for question in questions)
    found = gap_assessment(unit, by, at=at)
    page = {**context, **_about(unit, found, by, at), "questions": questions, "refused": refused}
    return render(
        request,
        "gap_questions.html",
        {**page, "wrong": wrong},
        status=422 if wrong or refused else 200,
    )


def _form(request: HttpRequest, entry: Asked, people: list[Person]) -> AnswerForm:
    run, told = entry.implementation, entry.answer
    return AnswerForm(
        request.POST if request.method == "POST" else None,
        prefix=entry.control.id,
        owners=[(str(person.pk), person.name) for person in people],
        initial={
            "answer": told.answer if told else "",
            "note": told.note if told else "",
            "owner": str(run.owner_id) if run and run.owner_id else "",
        },
    )


def _save(
    request: HttpRequest, questions: list[Question], people: list[Person], unit: Unit
) -> None:
    owners = {str(person.pk): person for person in people}
    given = [
        actions.GivenAnswer(
            question.asked.control.id,
            Answer(question.form.cleaned_data["answer"]),
            question.form.cleaned_data["note"],
            owners.get(question.form.cleaned_data["owner"]),
        )
        for question in questions
        if question.form.cleaned_data["answer"]
    ]
    saved = actions.take_stock(given, unit=unit, by=actor(request), at=now())
    told = ngettext("%(count)d answer is recorded.", "%(count)d answers are recorded.", len(saved))
    messages.success(request, told % {"count": len(saved)})


def _about(unit: Unit, found: GapAssessment, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what every page of the assessment shows: the unit, progress, both standards."""
    units = permitted_units(by, Permission.READ, at=at).order_by("path")
    return {
        "unit": unit,
        "units": choice_filter(
            "unit", str(unit.pk), [(str(entry.pk), entry.name) for entry in units], every=False
        ),
        "answered": found.answered,
        "total": found.total,
        "standards": [
            {
                "title": entry.now.framework.short_title,
                "now": figures(entry.now),
                "estimate": figures(entry.estimate),
            }
            for entry in found.standards
        ],
        "may_answer": may(by, Permission.IMPLEMENT_CONTROL, unit=unit, at=at),
        "roadmap": _address("roadmap", unit=unit),
        "overview": _address("gap", unit=unit),
    }


def _unit(request: HttpRequest, by: Actor, at: datetime) -> Unit:
    """Return the unit that is asked for, or the widest one that the actor may read."""
    require_anywhere(by, Permission.READ, at=at)
    units = permitted_units(by, Permission.READ, at=at).order_by("path")
    wanted = request.GET.get("unit", "")
    try:
        found = units.filter(pk=UUID(wanted)).first() if wanted else units.first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(_("There is no such unit."))
    return found


def _address(name: str, *args: str, unit: Unit | None) -> str:
    address = reverse(name, args=args)
    return f"{address}?{urlencode({'unit': str(unit.pk)})}" if unit else address
