"""The overlap explorer: two standards beside each other, and what one thing serves besides."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.catalog.model import Catalog, Framework, LibraryControl, Requirement
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import InvalidInput, NotFound
from twofold.reporting import overlap as reporting
from twofold.reporting.crosswalk import matrix
from twofold.reporting.overlap import Basis, Remaining
from twofold.web.explorer import (
    matrix_chart,
    matrix_table,
    overlap_groups,
    remaining_row,
    standard_card,
)
from twofold.web.present import choice_filter
from twofold.web.request import actor, now, search_text, wants_fragment

ROWS = 20
#: How many the explorer shows of what is found, and of what remains in each direction.
FOUND = 12
FIRST = 6


@dataclass(frozen=True)
class Found:
    """A requirement or a control that a search came upon."""

    id: str
    reference: str
    title: str
    of: str


@require_safe
def overlap(request: HttpRequest) -> HttpResponse:
    on = _basis(request)
    text = search_text(request)
    found = _matching(on.catalog, text) if text else []
    context = {"q": text, "found": found[:FOUND], "more": max(0, len(found) - FOUND)}
    if wants_fragment(request):
        return _varying(render(request, "overlap_found.html", context))
    (one, other), refused = _compared(request, on)
    ways = [
        reporting.standard_overlap(on, one, other),
        reporting.standard_overlap(on, other, one),
    ]
    counted = matrix(on.catalog, one, other)
    context |= {
        "first": one,
        "second": other,
        "first_filter": _frameworks(on, "first", one.id),
        "second_filter": _frameworks(on, "second", other.id),
        "ways": [
            (standard_card(way), [remaining_row(entry) for entry in way.remaining[:FIRST]])
            for way in ways
        ],
        "matrix": counted,
        "rows": matrix_table(counted),
        "chart": matrix_chart(counted),
        "as_chart": request.GET.get("view") == "chart",
        "refused": refused,
    }
    status = 422 if refused else 200
    return _varying(render(request, "overlap.html", context, status=status))


@require_safe
def remaining(request: HttpRequest) -> HttpResponse:
    on = _basis(request)
    (one, other), refused = _compared(request, on)
    way = reporting.standard_overlap(on, one, other)
    left, text = request.GET.get("left", ""), search_text(request).lower()
    rows = [entry for entry in way.remaining if _left(entry, left) and _named(entry, text)]
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "card": standard_card(way),
        "q": search_text(request),
        "page": page,
        "rows": [remaining_row(entry) for entry in page.object_list],
        "first_filter": _frameworks(on, "first", one.id),
        "second_filter": _frameworks(on, "second", other.id),
        "left_filter": choice_filter(
            "left",
            left,
            [("beyond", _("Beyond the first")), ("show", _("Asked by the first wholly"))],
        ),
        "refused": refused,
    }
    status = 422 if refused else 200
    return render(request, "overlap_remaining.html", context, status=status)


@require_safe
def subject(request: HttpRequest, of: str) -> HttpResponse:
    on = _basis(request)
    control, requirement = on.catalog.control_by_id.get(of), on.catalog.requirements.get(of)
    if control is not None:
        context = _of_control(on, control)
    elif requirement is not None and requirement.auditable:
        context = _of_requirement(on, requirement)
    else:
        raise NotFound(_("There is no requirement or control %(id)s.") % {"id": of})
    return render(request, "overlap_of.html", context)


def _of_control(on: Basis, control: LibraryControl) -> dict[str, object]:
    found = reporting.control_overlap(on, control)
    return {
        "control": control,
        "title": control.title,
        "lead": control.purpose,
        "groups": overlap_groups(found.counterparts),
        "total": len(found.counterparts),
    }


def _of_requirement(on: Basis, requirement: Requirement) -> dict[str, object]:
    found = reporting.requirement_overlap(on, requirement)
    return {
        "requirement": requirement,
        "framework": found.framework,
        "state": found.readiness.status.value if found.readiness else "",
        "title": f"{requirement.reference} {requirement.title}",
        "lead": requirement.summary,
        "controls": found.controls,
        "groups": overlap_groups(found.counterparts),
        "total": len(found.counterparts),
        "none": found.none,
        "plain": found.framework.guidance,
    }


def _basis(request: HttpRequest) -> Basis:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    return reporting.basis(by, at=at)


def _compared(request: HttpRequest, on: Basis) -> tuple[tuple[Framework, Framework], str]:
    """Return the frameworks that are asked for, or else the usual ones with the reason why."""
    try:
        given = request.GET.get("first", ""), request.GET.get("second", "")
        return reporting.compared(on, *given), ""
    except InvalidInput as refusal:
        return reporting.compared(on, "", ""), refusal.message


def _matching(catalog: Catalog, text: str) -> list[Found]:
    """Return the requirements and controls with a text in id or title; exact references first."""
    wanted = text.lower()
    titles = {
        framework.id: framework.short_title
        for framework in (*catalog.frameworks, *catalog.guidance)
    }
    entries = [
        Found(entry.id, entry.reference, entry.title, titles[entry.framework])
        for entry in catalog.requirements.values()
        if entry.auditable
    ]
    entries += [Found(entry.id, entry.id, entry.title, _("Control")) for entry in catalog.controls]
    fitting = [
        entry for entry in entries if wanted in entry.id.lower() or wanted in entry.title.lower()
    ]
    return sorted(
        fitting, key=lambda entry: wanted not in {entry.reference.lower(), entry.id.lower()}
    )


def _left(entry: Remaining, wanted: str) -> bool:
    beyond = entry.asked < 1
    return {"beyond": beyond, "show": not beyond}.get(wanted, True)


def _named(entry: Remaining, text: str) -> bool:
    named = (entry.requirement.id, entry.requirement.title)
    return any(text in word.lower() for word in named)


def _frameworks(on: Basis, name: str, current: str) -> dict[str, object]:
    choices = [(entry.id, entry.short_title) for entry in on.catalog.frameworks]
    return choice_filter(name, current, choices, every=False)


def _varying(response: HttpResponse) -> HttpResponse:
    # A browser going back must not show the fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    return response
