"""Persons with their roles, and units: the lists, adding to them, giving and ending roles."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.ledger.queries import history
from twofold.people import actions
from twofold.people.access import Permission, permitted_units, require_anywhere
from twofold.people.accounts import may_let_in
from twofold.people.erasure import may_erase
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.models import Person, Role, RoleAssignment, Unit
from twofold.people.queries import (
    assignment_for,
    holding,
    may_manage_people,
    person_for,
    visible_assignments,
    visible_persons,
)
from twofold.web.forms.people import EndRoleForm, PersonForm, RoleForm, UnitForm
from twofold.web.present import choice_filter, history_rows, newest_first
from twofold.web.request import actor, now, page_of, search_text, show_refusal

_INACTIVE = "deactivated"


@dataclass(frozen=True)
class _RoleRow:
    """A role as a person's page shows it; state is `holds`, `comes` or `ended`."""

    assignment: RoleAssignment
    state: str
    may_end: bool


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    manages = may_manage_people(by, at=at)
    role, text = request.GET.get("role", ""), search_text(request)
    held = holding(visible_assignments(by, at=at), on=at.date())
    state = request.GET.get("state", "")
    rows = visible_persons(by, at=at, active=state != _INACTIVE)
    if text:
        # Whether somebody has an address is told to those alone who may see it.
        named = Q(name__icontains=text)
        rows = rows.filter(named | Q(email__icontains=text) if manages else named)
    if role in Role.values:
        rows = rows.filter(pk__in=held.filter(role=role).order_by().values("person"))
    context = {
        "page": page_of(request, rows.prefetch_related(Prefetch("assignments", held, "held"))),
        "role_filter": choice_filter("role", role, Role.choices),
        "state_filter": choice_filter("state", state, [(_INACTIVE, _("Deactivated"))]),
        "q": text,
        "narrowed": bool(text or role or state),
        "manages": manages,
        "alone": manages and not visible_persons(by, at=at)[1:2].exists(),
    }
    return render(request, "people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.MANAGE_PEOPLE, at=now())
    form = PersonForm(request.POST or None, units=_managed(request))
    if request.method == "POST" and form.is_valid() and (made := _admit(request, form)):
        messages.success(request, _("%(name)s can sign in.") % {"name": made.name})
        return redirect("person", key=made.pk)
    status = 422 if form.errors else 200
    return render(request, "person_form.html", {"form": form}, status=status)


@require_safe
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    return _page(request, _person(request, key))


@require_POST
def assign(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _person(request, key)
    require_anywhere(actor(request), Permission.MANAGE_PEOPLE, at=now())
    form = RoleForm(request.POST, units=_managed(request))
    if form.is_valid():
        given = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        try:
            actions.assign_role(found, **given, by=actor(request), at=now())
        except (InvalidInput, Conflict) as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The role is given."))
            return redirect("person", key=key)
    return _page(request, found, role_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = assignment_for(key, by, at=at)
    if not permitted_units(by, Permission.MANAGE_PEOPLE, at=at).filter(pk=found.unit_id).exists():
        raise AccessDenied(_("You do not manage people in %(unit)s.") % {"unit": found.unit.name})
    form = EndRoleForm(request.POST or None, initial={"until_date": at.date()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_role(found, last_date=form.cleaned_data["until_date"], by=by, at=at)
        except (InvalidInput, Conflict) as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The end of the role is recorded."))
            return redirect("person", key=found.person_id)
    context = {"form": form, "assignment": found}
    return render(request, "role_end.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def units(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.MANAGE_PEOPLE, at=at)
    form = UnitForm(request.POST or None, units=_managed(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_unit(**form.cleaned_data, by=by, at=at)
        except InvalidInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s stands.") % {"name": made.name})
            return redirect("units")
    rows = _managed(request).select_related("parent")
    context = {"form": form, "page": page_of(request, rows)}
    return render(request, "units.html", context, status=422 if form.errors else 200)


def _admit(request: HttpRequest, form: PersonForm) -> Person | None:
    """Add the person, or put the refusal into the form."""
    given = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
    del given["again"]
    try:
        return actions.admit(given.pop("name"), **given, by=actor(request), at=now())[0]
    except InvalidInput as refusal:
        show_refusal(form, refusal)
        return None


def _person(request: HttpRequest, key: UUID) -> Person:
    require_anywhere(actor(request), Permission.READ, at=now())
    return person_for(key, actor(request), at=now())


def _managed(request: HttpRequest) -> QuerySet[Unit]:
    return permitted_units(actor(request), Permission.MANAGE_PEOPLE, at=now()).order_by("path")


def _role_row(row: RoleAssignment, managed: set[UUID], today: date) -> _RoleRow:
    state = "comes" if row.from_date > today else "holds"
    if row.until_date is not None and row.until_date < today:
        state = "ended"
    return _RoleRow(row, state, may_end=state != "ended" and row.unit_id in managed)


def _page(
    request: HttpRequest, found: Person, *, role_form: RoleForm | None = None
) -> HttpResponse:
    by, at = actor(request), now()
    managed = _managed(request)
    rows = list(visible_assignments(by, at=at).filter(person=found))
    lines = [line for row in (found, *rows) for line in history(row.ledger_subject)]
    form = role_form or RoleForm(units=managed, initial={"from_date": at.date()})
    mine = set(managed.values_list("pk", flat=True))
    context = {
        "person": found,
        "rows": [_role_row(row, mine, at.date()) for row in rows],
        "manages": may_manage_people(by, at=at),
        "own": by.person_id == found.pk,
        "may_let_in": may_let_in(found, by, at=at),
        "may_erase": may_erase(found, by, at=at),
        "role_form": form,
        "history": history_rows(sorted(lines, key=newest_first)),
    }
    return render(request, "person.html", context, status=422 if form.errors else 200)
