"""One control as it is run in a scope: its page, and the acts on it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.controls import actions
from twofold.controls.models import Implementation
from twofold.controls.queries import library, needs_of, visible_implementations
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, require
from twofold.people.errors import Conflict, NotFound, Refusal
from twofold.people.queries import persons
from twofold.reporting.checks import run_checks
from twofold.reporting.checks.shown import readable_checks
from twofold.reporting.implementations import opened
from twofold.web.checks import check_lines
from twofold.web.forms.implementations import (
    CheckForms,
    NeedForms,
    RetireForm,
    ReviseForm,
    needs_given,
)
from twofold.web.linking import linked_evidence
from twofold.web.present import history_rows, percent, reason_lines
from twofold.web.request import actor, now, show_refusal

HISTORY = 12


@require_safe
def implementation(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    row = implementation_for(request, key)
    view = opened(row, by, at=at)
    readiness = view.readiness
    context = {
        "view": view,
        "row": row,
        "control": view.control,
        "score": percent(readiness) if readiness else None,
        "reasons": reason_lines(readiness.reasons) if readiness else [],
        "checks": check_lines(view.checks),
        "history": history_rows(history(row.ledger_subject, limit=HISTORY)),
        "linked": linked_evidence(request, row.ledger_subject),
        "today": at.date(),
        "may_raise": row.retired_at is None
        and may(by, Permission.RAISE_FINDING, unit=row.unit, at=at),
    }
    return render(request, "implementation.html", context)


@require_POST
def run(request: HttpRequest, key: UUID) -> HttpResponse:
    row = implementation_for(request, key)
    found = run_checks([row], by=actor(request), at=now())
    count = len(found)
    messages.success(
        request, ngettext("%(count)d check ran.", "%(count)d checks ran.", count) % {"count": count}
    )
    return redirect(f"{reverse('implementation', args=[key])}#checks")


@require_http_methods(["GET", "HEAD", "POST"])
def revise(request: HttpRequest, key: UUID) -> HttpResponse:
    row = _to_be_changed(request, key)
    initial = {"owner": row.owner_id, "description": row.description}
    form = ReviseForm(request.POST or None, initial=initial, owners=persons())
    if _done(request, form, lambda given: actions.revise_implementation(row, **given)):
        return _changed(request, key, _("The description is recorded; it awaits approval."))
    words = {
        "heading": _("Describe anew how it is run"),
        "lead": _("The approval ends with the change: a second person approves it again."),
        "act": _("Record the description"),
    }
    return _form_page(request, row, form, words)


@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, key: UUID) -> HttpResponse:
    row = _to_be_changed(request, key)
    form = RetireForm(request.POST or None)
    if _done(request, form, lambda given: actions.ask_to_retire(row, **given)):
        return _changed(request, key, _("It ends once another person has confirmed it."))
    words = {
        "heading": _("End how it is run"),
        "lead": _(
            "Once another person has confirmed it, it counts for nothing any more; until then it "
            "counts on. What was shown of it stays on record, and the control can be described "
            "anew."
        ),
        "act": _("Ask that it ends"),
        "tone": "danger",
    }
    return _form_page(request, row, form, words)


@require_POST
def confirm_end(request: HttpRequest, key: UUID) -> HttpResponse:
    actions.confirm_retirement(implementation_for(request, key), by=actor(request), at=now())
    return _changed(request, key, _("It is recorded that the control is no longer run there."))


@require_POST
def keep(request: HttpRequest, key: UUID) -> HttpResponse:
    actions.keep_running(implementation_for(request, key), by=actor(request), at=now())
    return _changed(request, key, _("It is run as before."))


@require_http_methods(["GET", "HEAD", "POST"])
def needs(request: HttpRequest, key: UUID) -> HttpResponse:
    row = _to_be_changed(request, key)
    control = library().control_by_id.get(row.control)
    suggested = control.evidence if control else ()
    shown = suggested if "suggested" in request.GET else needs_of(row)
    given = NeedForms(
        request.POST or None,
        prefix="need",
        initial=[
            {"kind": need.kind, "title": need.title, "period_days": need.period_days}
            for need in shown
        ],
    )
    if request.method == "POST" and given.is_valid():
        try:
            actions.require_evidence(row, needs_given(given), by=actor(request), at=now())
        except Refusal as refusal:
            given.non_form_errors().append(refusal.message)
        else:
            return _changed(request, key, _("The evidence asked for is recorded."))
    wrong = given.is_bound and bool(given.total_error_count())
    context = {
        **_about(row),
        "given": given,
        "wrong": wrong,
        "differs": bool(suggested) and tuple(shown) != tuple(suggested),
    }
    return render(request, "implementation_needs.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def checks(request: HttpRequest, key: UUID) -> HttpResponse:
    row = _to_be_changed(request, key)
    control = library().control_by_id.get(row.control)
    given = CheckForms(
        control.checks if control else (),
        running=readable_checks(row),
        data=request.POST or None,
    )
    refused = ""
    if request.method == "POST" and given.is_valid():
        try:
            actions.set_checks(row, given.chosen, by=actor(request), at=now())
        except Refusal as refusal:
            refused = refusal.message
        else:
            return _changed(request, key, _("The checks are recorded; new ones run soon."))
    wrong = bool(refused) or given.wrong
    context = {**_about(row), "given": given, "refused": refused, "wrong": wrong}
    return render(request, "implementation_checks.html", context, status=422 if wrong else 200)


def implementation_for(request: HttpRequest, key: UUID) -> Implementation:
    """Return an implementation that the reader may see, without its claims.

    Raises:
        NotFound: there is none, or it lies outside the reader's reach: the two are told alike.
    """
    rows = visible_implementations(actor(request), at=now()).prefetch_related(None)
    found = rows.select_related("retired_by", "retirement_asked_by").filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such implementation."))
    return found


def _to_be_changed(request: HttpRequest, key: UUID) -> Implementation:
    """Return an implementation that the reader may change, and that is still run."""
    row = implementation_for(request, key)
    subject = row.system.ledger_subject if row.system else ""
    require(actor(request), Permission.IMPLEMENT_CONTROL, unit=row.unit, at=now(), subject=subject)
    if row.retired_at is not None:
        raise Conflict(_("This control is no longer run there."))
    return row


def _done(
    request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], Implementation]
) -> bool:
    """Return whether what was typed was acceptable and the act was done."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act({**form.cleaned_data, "by": actor(request), "at": now()})
    except Refusal as refusal:
        show_refusal(form, refusal)
        return False
    return True


def _changed(request: HttpRequest, key: UUID, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("implementation", key=key)


def _form_page(
    request: HttpRequest, row: Implementation, form: forms.Form, words: dict[str, str]
) -> HttpResponse:
    context = {**_about(row), "form": form, **words}
    return render(request, "implementation_form.html", context, status=422 if form.errors else 200)


def _about(row: Implementation) -> dict[str, Any]:
    return {"row": row, "control": library().control_by_id.get(row.control)}
