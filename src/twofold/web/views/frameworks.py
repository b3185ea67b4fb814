"""Frameworks that an organisation brings along: showing one, importing and withdrawing it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.catalog.model import Framework
from twofold.controls import actions
from twofold.controls.queries import imported_framework, may_keep_library, require_library_keeper
from twofold.findings.actions import withdraw_framework
from twofold.ledger.queries import history
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import Refusal
from twofold.reporting.posture import framework_posture
from twofold.reporting.standing import standing
from twofold.web.forms.library import ImportFrameworkForm, ReasonForm
from twofold.web.present import framework_card, history_rows
from twofold.web.request import actor, now, search_text, show_refusal

ROWS = 50


@require_safe
def framework(request: HttpRequest, code: str) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    record, found = imported_framework(code)
    stands = standing(by, at=at)
    text = search_text(request).lower()
    groups = _groups(found)
    rows = [
        (entry, groups[entry.id], stands.catalog.controls_of.get(entry.id, ()))
        for entry in found.requirements
        if text in entry.id.lower() or text in entry.title.lower()
    ]
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "record": record,
        "framework": found,
        "card": framework_card(framework_posture(found, stands), {}),
        "page": page,
        "rows": [
            (entry, group, controls, stands.readiness.get(entry.id))
            for entry, group, controls in page
        ],
        "q": search_text(request),
        "may_withdraw": may_keep_library(by, at=at),
        "history": history_rows(history(record.ledger_subject, limit=5)),
    }
    return render(request, "framework.html", context)


def _groups(found: Framework) -> dict[str, str]:
    """Return the title of the group that each requirement stands in, at whatever depth."""
    titles = {group.id: group.title for group in found.groups}
    for entry in found.requirements:
        # What stands above was read before it.
        titles[entry.id] = titles.get(entry.parent, "")
    return titles


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    by, at = actor(request), now()
    require_library_keeper(by, at=at)
    record, found = imported_framework(code)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_framework(code, reason=form.cleaned_data["reason"], by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(title)s is withdrawn.") % {"title": record.title})
            return redirect("library")
    context = {"form": form, "record": record, "framework": found}
    return render(request, "framework_withdraw.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def import_(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_library_keeper(by, at=at)
    form = ImportFrameworkForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = actions.import_framework_file(
                file.read(), file_name=file.name, code=form.cleaned_data["code"], by=by, at=at
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(
                request,
                _("%(title)s is imported: %(count)d requirements.")
                % {"title": made.title, "count": made.requirement_count},
            )
            return redirect("framework", code=made.code)
    context = {"form": form}
    return render(request, "framework_import.html", context, status=422 if form.errors else 200)
