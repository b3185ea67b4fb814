"""The crosswalk: the pairs of all frameworks, narrowed, page by page and as a file."""

import csv

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.catalog.model import Catalog
from twofold.controls.queries import library
from twofold.domain.cells import plain
from twofold.domain.readiness import Relation
from twofold.people.access import Permission, require_anywhere
from twofold.reporting.crosswalk import (
    NONE,
    CrosswalkRow,
    Heading,
    Wanted,
    crosswalk_rows,
    headings,
)
from twofold.reporting.relations import ASKS
from twofold.web.explorer import address, crosswalk_line
from twofold.web.present import choice_filter
from twofold.web.request import actor, now, search_text, wants_fragment

ROWS = 25
STRENGTHS = range(2, 11)


@require_safe
def crosswalk(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    catalog, wanted = library(), _wanted(request)
    page = Paginator(crosswalk_rows(catalog, wanted), ROWS).get_page(request.GET.get("page"))
    query = {key: str(request.GET[key]) for key in request.GET if key != "page"}
    narrowed = {key: query[key] for key in query if key not in {"group", "other_group"}}
    context = {
        "page": page,
        "rows": [crosswalk_line(row) for row in page.object_list],
        "q": wanted.text,
        "filters": _filters(catalog, wanted),
        "group": _heading(catalog, wanted.framework, wanted.group),
        "other_group": _heading(catalog, wanted.other, wanted.other_group),
        "all_groups": address("crosswalk", **narrowed),
        "csv": address("crosswalk-csv", **query),
    }
    template = "crosswalk_rows.html" if wants_fragment(request) else "crosswalk.html"
    response = render(request, template, context)
    # A browser going back must not show the fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="crosswalk.csv"'},
    )
    writer = csv.writer(response)
    writer.writerow(
        ["source", "source_title", "relation", "target", "target_title", "framework",
         "strength", "rationale"]
    )  # fmt: skip
    writer.writerows(plain(_cells(row)) for row in crosswalk_rows(library(), _wanted(request)))
    return response


def _cells(row: CrosswalkRow) -> list[str]:
    return [
        row.left.id,
        row.left.title,
        row.relation.value if row.relation else NONE,
        row.right.id if row.right else "",
        row.right.title if row.right else "",
        row.other.id,
        str(row.strength or ""),
        row.rationale,
    ]


def _wanted(request: HttpRequest) -> Wanted:
    """Return what is looked for; what no filter offers fits nothing, as in every list."""
    given = request.GET
    strength = given.get("strength", "")
    return Wanted(
        framework=given.get("framework", ""),
        other=given.get("other", ""),
        relation=given.get("relation", ""),
        strength=int(strength) if strength in {str(number) for number in STRENGTHS} else 0,
        text=search_text(request),
        group=given.get("group", ""),
        other_group=given.get("other_group", ""),
    )


def _filters(catalog: Catalog, wanted: Wanted) -> list[tuple[str, dict[str, object]]]:
    frameworks = [
        (entry.id, entry.short_title) for entry in (*catalog.frameworks, *catalog.guidance)
    ]
    relations = [(relation.value, ASKS[relation]) for relation in Relation]
    strengths = [
        (str(number), _("%(number)s and more") % {"number": number}) for number in STRENGTHS
    ]
    return [
        (_("Framework"), choice_filter("framework", wanted.framework, frameworks)),
        (_("with"), choice_filter("other", wanted.other, frameworks)),
        (
            _("Relation"),
            choice_filter("relation", wanted.relation, [*relations, (NONE, _("no counterpart"))]),
        ),
        (_("Strength"), choice_filter("strength", str(wanted.strength or ""), strengths)),
    ]


def _heading(catalog: Catalog, framework: str, group: str) -> Heading | None:
    known = {entry.id: entry for entry in (*catalog.frameworks, *catalog.guidance)}
    if framework not in known:
        return None
    return next((entry for entry in headings(catalog, known[framework]) if entry.id == group), None)
