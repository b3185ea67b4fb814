"""Keeping an item of evidence: its description, its hold, and what may be disposed of."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.evidence import keeping
from twofold.evidence.keeping import Description
from twofold.evidence.models import Classification, EvidenceItem
from twofold.evidence.repository import item_for, past_retention
from twofold.ledger.queries import revision_of
from twofold.people.access import Permission, may, require, require_anywhere
from twofold.people.errors import AccessDenied, Refusal
from twofold.people.queries import persons, waiting_erasures
from twofold.web.forms.repository import DescribeForm, PurposeForm, ReasonForm
from twofold.web.forms.seen import SeenForm
from twofold.web.kinds import kind_choices
from twofold.web.linking import bears_on
from twofold.web.request import actor, now, page_of, posted, show_refusal
from twofold.web.views.evidence_links import link_search
from twofold.web.views.evidence_uploads import version_form


@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: HttpRequest, key: UUID) -> HttpResponse:
    # Read before the item: what is shown is never older than what it is taken for.
    revision = revision_of(EvidenceItem(pk=key).ledger_subject)
    item = _permitted(request, key, Permission.ADD_EVIDENCE)
    names = ("title", "kind", "classification", "owner", "retain_until")
    form = DescribeForm(
        posted(request),
        initial={name: getattr(item, name) for name in names} | {"expected": revision},
        kinds=kind_choices(item.kind),
        owners=persons(),
    )

    def act(given: dict[str, Any]) -> object:
        expected = given.pop("expected")
        given["classification"] = Classification(given["classification"])
        return keeping.describe(
            item, Description(**given), expected=expected, by=actor(request), at=now()
        )

    words = {"heading": _("Describe"), "act": _("Record the description")}
    return _act(request, item, form, act, words, revision)


@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, key: UUID) -> HttpResponse:
    item = _permitted(request, key, Permission.HOLD_EVIDENCE)
    words = {
        "heading": _("Put on legal hold"),
        "lead": _("It cannot be erased until the hold ends, whatever its retention says."),
        "act": _("Hold it"),
    }
    return _act(
        request,
        item,
        ReasonForm(posted(request)),
        lambda given: keeping.hold(item, **given, by=actor(request), at=now()),
        words,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def end_hold(request: HttpRequest, key: UUID) -> HttpResponse:
    item = _permitted(request, key, Permission.HOLD_EVIDENCE)
    words = {
        "heading": _("End the legal hold"),
        "lead": _("Held because: %(reason)s") % {"reason": item.hold_reason or _("nothing")},
        "act": _("End the hold"),
    }
    return _act(
        request,
        item,
        ReasonForm(posted(request)),
        lambda given: keeping.end_hold(item, **given, by=actor(request), at=now()),
        words,
    )


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    page = page_of(request, past_retention(by, on=at.date(), at=at))
    waiting = waiting_erasures(item.ledger_subject for item in page.object_list)
    rows = [
        {
            "item": item,
            "erasure": waiting.get(item.ledger_subject),
            "may_erase": may(
                by, Permission.ERASE_EVIDENCE, unit=item.unit, at=at, subject=item.about
            ),
        }
        for item in page.object_list
    ]
    return render(request, "evidence_retention.html", {"page": page, "rows": rows})


def kept(request: HttpRequest, item: EvidenceItem) -> dict[str, Any]:
    """Return what the page of an item shows of its keeping and its links, and what may be done."""
    by, at = actor(request), now()
    stands = item.erased_at is None
    adding = stands and may(by, Permission.ADD_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    return {
        "bears_on": bears_on(request, item),
        "may_link": adding,
        "may_hold": stands
        and may(by, Permission.HOLD_EVIDENCE, unit=item.unit, at=at, subject=item.about),
        "version_form": version_form(request, item) if adding else None,
        **(link_search(request) if adding else {}),
        "link_form": PurposeForm(),
    }


def _act(
    request: HttpRequest,
    item: EvidenceItem,
    form: forms.Form,
    act: Callable[[dict[str, Any]], object],
    words: dict[str, str],
    revision: int = 0,
) -> HttpResponse:
    """Do what a valid form asks for and go back to the item; else show the form."""
    if request.method == "POST" and form.is_valid():
        try:
            act(dict(form.cleaned_data))
        except AccessDenied:
            raise
        except Refusal as refusal:
            show_refusal(form, refusal)
            if isinstance(form, SeenForm):
                form.look_again(revision)
        else:
            messages.success(request, _("It is recorded."))
            return redirect("evidence-item", key=item.pk)
    context = {"form": form, "item": item, **words}
    return render(request, "evidence_act.html", context, status=422 if form.errors else 200)


def _permitted(request: HttpRequest, key: UUID, permission: Permission) -> EvidenceItem:
    item = item_for(key, actor(request), at=now())
    require(actor(request), permission, unit=item.unit, at=now(), subject=item.about)
    return item
