"""Signing in and out, and the kit page."""

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from twofold.people.models import Person
from twofold.web.forms import SignInForm
from twofold.web.kit import sample
from twofold.web.request import next_address


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = authenticate(
            request,
            username=form.cleaned_data["email"],
            password=form.cleaned_data["password"],
        )
        if isinstance(person, Person):
            login(request, person)
            return redirect(next_address(request, "posture"))
        form.add_error(None, _("The address or the password is not right."))
    context = {"form": form, "next": request.GET.get("next", "")}
    return render(request, "sign_in.html", context, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


def kit(request: HttpRequest) -> HttpResponse:
    return render(request, "kit.html", {"sample": sample()})
