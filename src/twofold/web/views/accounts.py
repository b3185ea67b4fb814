"""Getting in: one's own password, and letting others in no longer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from twofold.people import accounts
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.models import Person
from twofold.people.queries import person_for
from twofold.web.forms.accounts import ConfirmForm, PasswordForm
from twofold.web.request import actor, next_address, now, show_refusal


@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            changed = accounts.change_password(
                current=given["current"], new=given["password"], by=actor(request), at=now()
            )
        except (InvalidInput, Conflict) as refusal:
            show_refusal(form, refusal)
        else:
            # This browser goes on; every other one has to sign in again.
            update_session_auth_hash(request, changed)
            messages.success(request, _("The password is changed."))
            return redirect(next_address(request, "password"))
    return render(request, "password.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _person(request, key)
    return _decide(request, found, accounts.deactivate, "person_deactivate.html")


@require_http_methods(["GET", "HEAD", "POST"])
def reactivate(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _person(request, key)
    return _decide(request, found, accounts.reactivate, "person_reactivate.html")


def _decide(request: HttpRequest, found: Person, act: Any, template: str) -> HttpResponse:  # noqa: ANN401 - an action of either kind
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            done = act(found, by=actor(request), at=now())
        except Conflict as refusal:
            show_refusal(form, refusal)
        else:
            told = (
                _("%(name)s can sign in again.")
                if done.is_active
                else _("%(name)s is let in no longer.")
            )
            messages.success(request, told % {"name": done.name})
            return redirect("person", key=found.pk)
    context = {"form": form, "person": found, "own": actor(request).person_id == found.pk}
    return render(request, template, context, status=422 if form.errors else 200)


def _person(request: HttpRequest, key: UUID) -> Person:
    by, at = actor(request), now()
    found = person_for(key, by, at=at)
    if not accounts.may_let_in(found, by, at=at):
        raise AccessDenied(
            _("You do not manage people wherever %(name)s holds a role.") % {"name": found.name}
        )
    return found
