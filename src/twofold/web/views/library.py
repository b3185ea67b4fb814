"""The control library: the list, what was done to a control, and the acts that change it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from twofold.catalog.load import catalog
from twofold.catalog.model import LibraryControl
from twofold.catalog.writing import control_toml
from twofold.controls import actions
from twofold.controls.models import Change, LibraryEntry
from twofold.controls.queries import (
    LibraryRow,
    areas,
    control_values,
    imported_frameworks,
    library,
    library_row,
    library_rows,
    may_keep_library,
    on_terms_of_library,
    require_library_keeper,
)
from twofold.ledger.queries import history
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.web.forms.library import REQUIREMENTS, AdaptedControl, AddControlsForm, ReasonForm
from twofold.web.library import CHANGES, area_name, difference_lines
from twofold.web.present import choice_filter, history_rows
from twofold.web.request import actor, now, search_text, show_refusal

ROWS = 25


@require_safe
def library_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    asked = {name: request.GET.get(name, "") for name in ("framework", "area", "change")}
    rows = library_rows(**asked, text=search_text(request))
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, area_name(row.control.area), CHANGES[row.change]) for row in page],
        "frameworks": imported_frameworks(),
        "framework_filter": choice_filter(
            "framework",
            asked["framework"],
            [(entry.id, entry.short_title) for entry in library().frameworks],
        ),
        "area_filter": choice_filter(
            "area", asked["area"], [(area, area_name(area)) for area in areas()]
        ),
        "change_filter": choice_filter("change", asked["change"], CHANGES.items()),
        "q": search_text(request),
        "may_keep": _may_keep(request),
    }
    return render(request, "library.html", context)


@require_safe
def control(request: HttpRequest, control_id: str) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    row = library_row(control_id)
    subject = row.entry.ledger_subject if row.entry else ""
    context = {
        "row": row,
        "control": row.control,
        "area": area_name(row.control.area),
        "change": CHANGES[row.change],
        "retired": row.change == Change.RETIRED,
        "adapted": row.change == Change.ADAPTED,
        "differences": difference_lines(row),
        "toml": control_toml(control_values(row.control)),
        "history": history_rows(history(subject, limit=20)) if subject else [],
        "may_keep": _may_keep(request),
    }
    return render(request, "library_control.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_library_keeper(by, at=at)
    form = AddControlsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.add_controls(
                given["toml"],
                file_name=given["file_name"],
                reason=given["reason"],
                by=by,
                at=at,
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            ids = ", ".join(entry.control for entry in made)
            messages.success(request, _("Added to the library: %(ids)s.") % {"ids": ids})
            return redirect("library")
    context = {"form": form, "example": control_toml(control_values(_example()))}
    return render(request, "library_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def adapt(request: HttpRequest, control_id: str) -> HttpResponse:
    by, at = actor(request), now()
    require_library_keeper(by, at=at)
    row = library_row(control_id)
    if row.change == Change.RETIRED:
        raise NotFound(_("%(id)s is retired: restore it first.") % {"id": control_id})
    given = AdaptedControl(control_id, control_values(row.control), request.POST or None)
    if request.method == "POST" and given.is_valid():
        try:
            actions.adapt_control(control_id, given.values, reason=given.reason, by=by, at=at)
        except Refusal as refusal:
            show_refusal(given.form, refusal)
        else:
            messages.success(request, _("The control is adapted."))
            return redirect("library-control", control_id=control_id)
    context = {
        "given": given,
        "control": row.control,
        "approvals": _approvals(control_id),
        "requirements_list": REQUIREMENTS,
        "requirements": [entry for entry in library().requirements.values() if entry.auditable],
    }
    return render(request, "library_adapt.html", context, status=422 if given.wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, control_id: str, what: str) -> HttpResponse:
    by, at = actor(request), now()
    require_library_keeper(by, at=at)
    row, form = library_row(control_id), ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _ACTS[what](row, reason=form.cleaned_data["reason"], by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _DONE[what])
            return redirect("library-control", control_id=control_id)
    context = {"form": form, "control": row.control, "what": what}
    if what == "reset":
        context["approvals"] = _approvals(control_id)
    return render(request, "library_decide.html", context, status=422 if form.errors else 200)


def _retire(row: LibraryRow, **given: Any) -> LibraryEntry:
    return actions.retire_control(row.control.id, **given)


def _restore(row: LibraryRow, **given: Any) -> LibraryEntry:
    return actions.restore_control(row.control.id, **given)


def _reset(row: LibraryRow, **given: Any) -> LibraryEntry:
    if row.shipped is None:
        raise NotFound(_("%(id)s is no control of the product.") % {"id": row.control.id})
    return actions.adapt_control(row.control.id, control_values(row.shipped), **given)


_ACTS: dict[str, Callable[..., LibraryEntry]] = {
    "retire": _retire,
    "restore": _restore,
    "reset": _reset,
}
_DONE = {
    "retire": gettext_lazy("The control is retired."),
    "restore": gettext_lazy("The control stands in the library again."),
    "reset": gettext_lazy("The control has its shipped wording again."),
}


def _approvals(control_id: str) -> int:
    """Return how many approvals could end when the control is changed."""
    return on_terms_of_library(control_id).exclude(approved_at=None).count()


def _may_keep(request: HttpRequest) -> bool:
    return may_keep_library(actor(request), at=now())


def _example() -> LibraryControl:
    """Return the control that is shown as the form of the file: the shortest one."""
    return min(catalog().controls, key=lambda entry: len(str(control_values(entry))))
