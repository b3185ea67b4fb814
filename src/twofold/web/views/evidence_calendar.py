"""The freshness calendar: when evidence ends to count, and what loses credit then."""

from collections.abc import Sequence
from itertools import groupby

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from twofold.catalog.model import Requirement
from twofold.controls.queries import library
from twofold.people.access import Permission, permitted_units, require_anywhere
from twofold.reporting.controls import CreditedRequirement
from twofold.reporting.freshness import calendar, lapses
from twofold.web.request import ROWS, actor, now

#: So many requirements of a framework are named; the rest is counted.
_NAMED = 6
Credit = tuple[str, list[Requirement], int]


@require_safe
def freshness(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    found = calendar(by, chosen=request.GET.get("in", ""), at=at)
    page = Paginator(found.ending, ROWS).get_page(request.GET.get("page"))
    context = {
        "spans": found.spans,
        "chosen": found.chosen,
        "page": page,
        "rows": [
            {
                "lapse": lapse,
                "item": lapse.version.item,
                "lost": _credits(lapse.lost),
                "kept": len(lapse.kept),
            }
            for lapse in lapses(page.object_list, by, at=at)
        ],
        "today": at.date(),
        "may_add": permitted_units(by, Permission.ADD_EVIDENCE, at=at).exists(),
    }
    return render(request, "evidence_calendar.html", context)


def _credits(credited: Sequence[CreditedRequirement]) -> list[Credit]:
    """Return the requirements by framework: its title, the first ones, and how many more."""
    found = []
    for framework, entries in groupby(credited, lambda entry: entry.requirement.framework):
        requirements = [entry.requirement for entry in entries]
        title = library().framework(framework).short_title
        found.append((title, requirements[:_NAMED], max(0, len(requirements) - _NAMED)))
    return found
