"""Erasures: what was erased, why, by whom and where it is proven; asking and confirming."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.controls import actions
from twofold.controls.queries import library
from twofold.evidence.queries import visible_items
from twofold.people import erasure as people
from twofold.people.access import Permission, require, require_anywhere
from twofold.people.errors import Conflict, InvalidInput, NotFound
from twofold.people.models import Erasure
from twofold.people.queries import (
    ErasureState,
    erasure_for,
    erasures_in,
    person_for,
    visible_erasures,
)
from twofold.reporting.erasures import (
    EvidenceLoss,
    PersonLoss,
    erasure_views,
    evidence_loss,
    loss_of,
    person_loss,
)
from twofold.web.forms.erasures import ErasureReasonForm, KeepForm
from twofold.web.present import choice_filter, history_rows, record_href
from twofold.web.request import actor, now, page_of, show_refusal


@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    state = request.GET.get("state", "")
    rows = visible_erasures(by, at=at)
    if state in ErasureState.values:
        rows = erasures_in(rows, ErasureState(state))
    page, kinds = page_of(request, rows), _kinds()
    context = {
        "page": page,
        "rows": [
            (view, kinds.get(view.erasure.kind, view.erasure.kind))
            for view in erasure_views(list(page.object_list), by, at=at)
        ],
        "state_filter": choice_filter("state", state, ErasureState.choices),
        "narrowed": bool(state),
    }
    return render(request, "erasures.html", context)


@require_safe
def erasure(request: HttpRequest, key: UUID) -> HttpResponse:
    return _page(request, key, keep=KeepForm())


@require_http_methods(["GET", "HEAD", "POST"])
def ask_item(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    item = visible_items(by, at=at).filter(pk=key).first()
    if item is None:
        raise NotFound(_("There is no such evidence."))
    require(by, Permission.ERASE_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    return _ask(request, item.ledger_subject, evidence_loss(item, by, at=at))


@require_http_methods(["GET", "HEAD", "POST"])
def ask_person(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.ERASE_PERSON, at=at)
    person = person_for(key, by, at=at)
    return _ask(request, person.ledger_subject, person_loss(person, at=at))


@require_POST
def confirm(request: HttpRequest, key: UUID) -> HttpResponse:
    found = erasure_for(key, actor(request), at=now())
    try:
        actions.confirm_erasure(found, by=actor(request), at=now())
    except Conflict as refusal:
        return _page(request, key, keep=KeepForm(), refused=refusal.message)
    messages.success(request, _("It is erased. The ledger says so, and every proof still holds."))
    return redirect("erasure", key=key)


@require_POST
def withdraw(request: HttpRequest, key: UUID) -> HttpResponse:
    found = erasure_for(key, actor(request), at=now())
    form = KeepForm(request.POST)
    if form.is_valid():
        try:
            people.withdraw(found, reason=form.cleaned_data["reason"], by=actor(request), at=now())
        except Conflict as refusal:
            return _page(request, key, keep=form, refused=refusal.message)
        except InvalidInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("It is not erased."))
            return redirect("erasure", key=key)
    return _page(request, key, keep=form)


def _ask(request: HttpRequest, subject: str, loss: EvidenceLoss | PersonLoss) -> HttpResponse:
    form = ErasureReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = actions.ask_for_erasure(
                subject, reason=form.cleaned_data["reason"], by=actor(request), at=now()
            )
        except (Conflict, InvalidInput) as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("It is asked for; somebody else confirms it."))
            return redirect("erasure", key=made.pk)
    context = {"form": form, "back": record_href(subject), **_losses(loss)}
    return render(request, "erasure_ask.html", context, status=422 if form.errors else 200)


def _page(request: HttpRequest, key: UUID, *, keep: KeepForm, refused: str = "") -> HttpResponse:
    by, at = actor(request), now()
    found: Erasure = erasure_for(key, by, at=at)
    (view,) = erasure_views([found], by, at=at)
    # What somebody sees of another unit's evidence or of a person is what they may erase.
    loss = loss_of(found, by, at=at) if view.may_withdraw else None
    context = {
        "view": view,
        "kind": _kinds().get(found.kind, found.kind),
        "record": "" if view.about_person and view.lines else record_href(found.subject),
        "keep": keep,
        "refused": refused,
        "own": by.person_id == found.asked_by_id,
        "history": history_rows(view.lines),
        **_losses(loss),
    }
    status = 409 if refused else 422 if keep.errors else 200
    return render(request, "erasure.html", context, status=status)


def _losses(loss: EvidenceLoss | PersonLoss | None) -> dict[str, Any]:
    return {
        "evidence": loss if isinstance(loss, EvidenceLoss) else None,
        "person": loss if isinstance(loss, PersonLoss) else None,
    }


def _kinds() -> dict[str, str]:
    """Return what the library asks for, title by kind."""
    return {need.kind: need.title for entry in library().controls for need in entry.evidence}
