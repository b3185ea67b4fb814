"""Deciding on all controls of an annex on one page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from twofold.catalog.model import Framework
from twofold.controls import actions
from twofold.controls.queries import library, visible_decisions
from twofold.people.access import Permission, require
from twofold.people.errors import NotFound, Refusal
from twofold.web.deciding import Deciding, standing_in
from twofold.web.request import actor, now
from twofold.web.views.statements import chosen_unit


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, framework: str) -> HttpResponse:
    by, at, unit = actor(request), now(), chosen_unit(request)
    require(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at)
    standard = _standard(framework)
    standing = standing_in(visible_decisions(by, at=at).filter(unit=unit))
    deciding = Deciding(standard, standing, request.POST or None)
    refused = ""
    if request.method == "POST" and deciding.is_valid():
        try:
            made = actions.decide_applicability(deciding.decisions(), unit=unit, by=by, at=at)
        except Refusal as refusal:
            refused = refusal.message
        else:
            messages.success(request, _told(len(made)))
            return redirect(f"{reverse('statements')}?unit={unit.pk}")
    wrong = request.method == "POST"
    context = {
        "framework": standard,
        "unit": unit,
        "deciding": deciding,
        "groups": deciding.groups,
        "refused": refused,
        "wrong": deciding.wrong if wrong else 0,
        "tried": wrong,
    }
    return render(request, "statement_decide.html", context, status=422 if wrong else 200)


def _standard(framework: str) -> Framework:
    for entry in library().frameworks:
        if entry.id == framework and entry.certifiable:
            return entry
    raise NotFound(_("There is no standard %(id)s.") % {"id": framework})


def _told(count: int) -> str:
    if not count:
        return _("Nothing was changed.")
    return ngettext(
        "%(count)d decision is recorded.", "%(count)d decisions are recorded.", count
    ) % {"count": count}
