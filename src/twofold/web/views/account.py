"""Signing in and out, and the kit page."""

import logging

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.people import throttle
from twofold.people.models import Person
from twofold.people.queries import root_unit
from twofold.web.forms import SignInForm
from twofold.web.kit import sample
from twofold.web.request import next_address

_log = logging.getLogger(__name__)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if root_unit() is None:
        return redirect("found")
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = _sign_in(request, form)
        if status == 200:
            return redirect(next_address(request, reverse("posture")))
    context = {"form": form, "next": request.GET.get("next", "")}
    response = render(request, "sign_in.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(throttle.PAUSE_S)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@require_safe
def kit(request: HttpRequest) -> HttpResponse:
    return render(request, "kit.html", {"sample": sample()})


def _sign_in(request: HttpRequest, form: SignInForm) -> int:
    """Sign the person in and return 200, or the status of the refusal that the form now shows."""
    if not form.is_valid():
        return 422
    email, address = form.cleaned_data["email"], request.META["REMOTE_ADDR"]
    if throttle.is_closed(email, address):
        form.add_error(None, _("Signing in failed too often. Try again in fifteen minutes."))
        return 429
    person = authenticate(request, username=email, password=form.cleaned_data["password"])
    if isinstance(person, Person):
        throttle.forget(email, address)
        login(request, person)
        return 200
    throttle.count_failure(email, address)
    _log.warning("A sign-in from %s failed", address)
    form.add_error(None, _("The address or the password is not right."))
    return 422
