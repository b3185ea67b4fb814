"""Founding the organisation by page: the one page of an installation on which nothing stands."""

import logging

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from twofold.people import actions, throttle
from twofold.people.access import part_of_product
from twofold.people.errors import InvalidInput
from twofold.people.founding import is_set_up_code, set_up_code
from twofold.people.queries import root_unit
from twofold.web.forms.people import FoundForm
from twofold.web.request import now, show_refusal

#: Wrong codes are counted as sign-ins of this name are; it is no e-mail address, so nobody has it.
_COUNTED_AS = "founding"
_log = logging.getLogger(__name__)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    if root_unit() is not None:
        return redirect("posture")
    set_up_code()
    form = FoundForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = _found(request, form)
        if status == 200:
            return redirect("people")
    response = render(request, "found.html", {"form": form}, status=status)
    if status == 429:
        response["Retry-After"] = str(throttle.PAUSE_S)
    return response


def _found(request: HttpRequest, form: FoundForm) -> int:
    """Found the organisation and return 200, or the status of the refusal that the form shows."""
    if not form.is_valid():
        return 422
    given = dict(form.cleaned_data)
    code, _again = given.pop("code"), given.pop("again")
    address = request.META["REMOTE_ADDR"]
    if throttle.is_closed(_COUNTED_AS, address):
        form.add_error(None, _("A wrong code was given too often. Try again in fifteen minutes."))
        return 429
    if not is_set_up_code(code):
        throttle.count_failure(_COUNTED_AS, address)
        _log.warning("A wrong set-up code came from %s", address)
        form.add_error("code", _("This is not the code that the server printed."))
        return 422
    try:
        unit, person = actions.found_organisation(
            **given, by=part_of_product("installation"), at=now()
        )
    except InvalidInput as refusal:
        show_refusal(form, refusal)
        return 422
    throttle.forget(_COUNTED_AS, address)
    login(request, person)
    messages.success(request, _("%(name)s stands, and you administer it.") % {"name": unit.name})
    return 200
