"""Claims: choosing evidence, saying what it shows, accepting, rejecting and withdrawing."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from twofold.catalog.model import EvidenceNeed
from twofold.controls import actions
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import claim_for, library, needs_of
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import matching_versions, visible_versions
from twofold.people.access import Permission, require
from twofold.people.errors import Conflict, Refusal
from twofold.web.forms.claims import ClaimForm, RejectForm, WithdrawForm
from twofold.web.present import choice_filter
from twofold.web.request import actor, next_address, now, page_of, search_text, show_refusal
from twofold.web.views.implementations import implementation_for


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, key: UUID) -> HttpResponse:
    """First choose the evidence, then say what it shows; both by plain links and forms."""
    by, at = actor(request), now()
    row = implementation_for(request, key)
    subject = row.system.ledger_subject if row.system else ""
    require(by, Permission.CLAIM, unit=row.unit, at=at, subject=subject)
    if row.retired_at is not None:
        raise Conflict(_("This control is no longer run there."))
    needs = needs_of(row)
    # What nobody can open shows nothing.
    versions = visible_versions(by, at=at).filter(quarantine="")
    chosen = _chosen(request, versions)
    if chosen is None:
        return _choose(request, row, needs, versions)
    form = _form(request, versions, needs, chosen)
    if request.method == "POST" and form.is_valid() and _claim(request, row, form):
        messages.success(request, _("The claim is recorded; somebody else accepts it."))
        return redirect("implementation", key=key)
    context = {"form": form, "row": row, "control": _control(row), "chosen": chosen}
    return render(request, "claim.html", context, status=422 if form.errors else 200)


@require_POST
def accept(request: HttpRequest, key: UUID) -> HttpResponse:
    found = claim_for(key, actor(request), at=now())
    actions.accept_claim(found, by=actor(request), at=now())
    messages.success(request, _("The claim is accepted."))
    page = reverse("implementation", args=[found.implementation_id])
    return redirect(next_address(request, page))


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = claim_for(key, by, at=at)
    require(by, Permission.ACCEPT_CLAIM, unit=found.implementation.unit, at=at)
    words = {
        "here": _("Reject"),
        "heading": _("Reject the claim"),
        "lead": _(
            "The evidence does not show what is claimed. The claim stays on record with your "
            "reason, and the evidence may be claimed anew."
        ),
        "done": _("The claim is rejected."),
    }
    form = RejectForm(request.POST or None)
    return _end(request, found, form, partial(actions.reject_claim, found, by=by, at=at), words)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = claim_for(key, by, at=at)
    row = found.implementation
    subject = row.system.ledger_subject if row.system else ""
    require(by, Permission.CLAIM, unit=row.unit, at=at, subject=subject)
    words = {
        "here": _("Withdraw"),
        "heading": _("Withdraw the claim"),
        "lead": _(
            "From today on the evidence counts for it no longer, also where the claim was "
            "accepted; past days stay as they were. The claim stays on record with your reason, "
            "and the evidence may be claimed anew."
        ),
        "done": _("The claim is withdrawn."),
    }
    form = WithdrawForm(request.POST or None)
    return _end(request, found, form, partial(actions.withdraw_claim, found, by=by, at=at), words)


def _end(
    request: HttpRequest,
    found: EvidenceClaim,
    form: forms.Form,
    end: Callable[..., object],
    words: dict[str, str],
) -> HttpResponse:
    """End a claim as a valid form asks and go back to its control; else show the form."""
    row = found.implementation
    if request.method == "POST" and form.is_valid():
        try:
            end(**form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, words["done"])
            return redirect("implementation", key=row.pk)
    context = {"form": form, "claim": found, "row": row, "control": _control(row), **words}
    return render(request, "claim_end.html", context, status=422 if form.errors else 200)


def _choose(
    request: HttpRequest,
    row: Implementation,
    needs: tuple[EvidenceNeed, ...],
    versions: QuerySet[EvidenceVersion],
) -> HttpResponse:
    """Show the evidence to choose from: first of the kind that is asked for, then the newest.

    Of that kind, what is about the same AI system comes before what is about another.
    """
    need = request.GET.get("need", "")
    about = row.system.ledger_subject if row.system else ""
    fits = Case(
        When(item__kind=need, item__about__in={about, ""}, then=Value(0)),
        When(item__kind=need, then=Value(1)),
        default=Value(2),
    )
    rows = matching_versions(versions, search_text(request)).annotate(fits=fits)
    page = page_of(request, rows.order_by("fits", "-added_at", "pk"))
    taken = set(
        EvidenceClaim.objects.filter(
            implementation=row,
            need=need,
            rejected_at=None,
            withdrawn_at=None,
            evidence__in=list(page.object_list),
        ).values_list("evidence_id", flat=True)
    )
    kinds = library().needs
    missing = request.method == "POST"
    context = {
        "row": row,
        "control": _control(row),
        "page": page,
        "rows": [
            (entry, kinds.get(entry.item.kind), entry.pk in taken) for entry in page.object_list
        ],
        "need": need,
        "need_filter": choice_filter(
            "need", need, [(entry.kind, entry.title) for entry in needs], every=False
        ),
        "q": search_text(request),
        "today": now().date(),
        "missing": missing,
    }
    return render(request, "claim_choose.html", context, status=422 if missing else 200)


def _chosen(request: HttpRequest, versions: QuerySet[EvidenceVersion]) -> EvidenceVersion | None:
    given = request.POST.get("evidence") or request.GET.get("evidence") or ""
    try:
        return versions.filter(pk=UUID(given)).first()
    except ValueError:
        return None


def _form(
    request: HttpRequest,
    versions: QuerySet[EvidenceVersion],
    needs: tuple[EvidenceNeed, ...],
    chosen: EvidenceVersion,
) -> ClaimForm:
    kinds = [need.kind for need in needs]
    own = chosen.item.kind if chosen.item.kind in kinds else ""
    return ClaimForm(
        request.POST or None,
        versions=versions,
        needs=[(need.kind, need.title) for need in needs],
        initial={
            "evidence": chosen.pk,
            "need": request.GET.get("need") or own,
            "period_from": chosen.period_from,
            "period_to": chosen.period_to,
            "valid_until": chosen.valid_until,
        },
    )


def _claim(request: HttpRequest, row: Implementation, form: ClaimForm) -> bool:
    given = form.cleaned_data
    try:
        actions.claim(
            row,
            evidence=given["evidence"],
            need=given["need"],
            statement=given["statement"],
            period=form.period,
            by=actor(request),
            at=now(),
        )
    except Refusal as refusal:
        # The chosen evidence is shown beside the form, not in a field that could be marked.
        if refusal.field == "evidence":
            form.add_error(None, refusal.message)
        else:
            show_refusal(form, refusal)
        return False
    return True


def _control(row: Implementation) -> object:
    return library().control_by_id.get(row.control)
