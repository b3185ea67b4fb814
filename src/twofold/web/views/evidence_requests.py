"""Requests for evidence: the list, a new one, and one with its answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.evidence import actions, requests
from twofold.evidence.models import Classification, EvidenceRequest, EvidenceVersion
from twofold.evidence.queries import visible_requests
from twofold.evidence.repository import (
    RequestState,
    request_for,
    request_state,
    requests_in,
    version_for,
)
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, permitted_units, require, require_anywhere
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound, Refusal
from twofold.people.queries import persons
from twofold.reporting.history import names_of
from twofold.web.forms.repository import ReasonForm, RequestForm, UploadForm
from twofold.web.kinds import kind_choices, kind_titles
from twofold.web.linking import asked_about
from twofold.web.present import choice_filter, history_rows, record_href
from twofold.web.request import (
    actor,
    now,
    page_of,
    person,
    posted,
    posted_files,
    search_text,
    show_refusal,
    wants_fragment,
)
from twofold.web.uploading import answers_evidence, content_of, fresh_period, told, wants_json

_SHOWN = [
    ("open", gettext_lazy("Open")),
    ("mine", gettext_lazy("Owed by me")),
    ("overdue", gettext_lazy("Overdue")),
    ("closed", gettext_lazy("Closed")),
]
#: So many items are offered at once.
OFFERED = 12


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    shown = request.GET.get("show", "open")
    rows = visible_requests(by, at=at)
    if shown == "mine":
        rows = rows.filter(closed_at=None, owner=person(request).pk)
    elif shown == "overdue":
        rows = requests_in(rows, RequestState.OVERDUE, on=at.date())
    elif shown == "closed":
        rows = rows.exclude(closed_at=None).order_by("-closed_at", "pk")
    else:
        rows = requests_in(rows, RequestState.OPEN, on=at.date())
    page, kinds = page_of(request, rows), kind_titles()
    context = {
        "page": page,
        "rows": [
            (row, request_state(row, on=at.date()).value, kinds.get(row.kind, row.kind))
            for row in page.object_list
        ],
        "filter": choice_filter("show", shown, _SHOWN, every=False),
        "shown": shown,
        "may_ask": permitted_units(by, Permission.ASK_EVIDENCE, at=at).exists(),
    }
    return render(request, "evidence_requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.ASK_EVIDENCE, at=at)
    record = asked_about(request)
    form = RequestForm(
        posted(request),
        units=permitted_units(by, Permission.ASK_EVIDENCE, at=at).order_by("path"),
        kinds=kind_choices(),
        owners=persons(),
        initial={"kind": request.GET.get("kind", "")},
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        unit = given.pop("unit")
        try:
            asked = requests.Asked(**given, about=record.subject if record else "")
            made = requests.ask(unit, asked, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The evidence is asked for."))
            return redirect("evidence-request", key=made.pk)
    context = {"form": form, "record": record}
    return render(
        request, "evidence_request_form.html", context, status=422 if form.errors else 200
    )


@require_safe
def one(request: HttpRequest, key: UUID) -> HttpResponse:
    row = request_for(key, actor(request), at=now())
    if wants_fragment(request):
        context = {"items": _offered(request, row), "q": search_text(request)}
        return render(request, "evidence_offered.html", context)
    return _page(request, row)


@require_POST
def answer(request: HttpRequest, key: UUID) -> HttpResponse:
    """Answer with evidence that is there already."""
    by, at = actor(request), now()
    row = request_for(key, by, at=at)
    try:
        version = version_for(UUID(request.POST.get("evidence", "")), by, at=at)
        requests.answer(row, version=version, by=by, at=at)
    except (ValueError, NotFound):
        return _page(request, row, fault=_("Choose the evidence."))
    except (InvalidInput, Conflict) as refusal:
        return _page(request, row, fault=refusal.message)
    messages.success(request, _("The request is answered."))
    return redirect("evidence-request", key=key)


@require_POST
def upload(request: HttpRequest, key: UUID) -> HttpResponse:
    """Answer with a new item."""
    by, at = actor(request), now()
    row = request_for(key, by, at=at)
    require(by, Permission.ADD_EVIDENCE, unit=row.unit, at=at, subject=row.about)
    form = _upload_form(request, row)
    if row.closed_at is not None:
        raise Conflict(_("The request is closed already."))
    if not form.is_valid():
        return told(form) if wants_json(request) else _page(request, row, upload_form=form)
    file, title = form.titled()[0]
    given = form.cleaned_data
    try:
        made = actions.add_item(
            given["title"] or title,
            kind=given["kind"],
            unit=given["unit"],
            about=row.about,
            classification=Classification(given["classification"]),
            content=content_of(file, given),
            by=by,
            at=at,
        )
        version = EvidenceVersion.objects.select_related("item__unit").get(item=made)
        requests.answer(row, version=version, by=by, at=at)
    except AccessDenied:
        raise
    except Refusal as refusal:
        show_refusal(form, refusal)
        return told(form) if wants_json(request) else _page(request, row, upload_form=form)
    messages.success(request, _("The evidence is added, and the request is answered."))
    if wants_json(request):
        return told(form, made.title, reverse("evidence-request", args=[key]))
    return redirect("evidence-request", key=key)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    row = request_for(key, by, at=at)
    require(by, Permission.ASK_EVIDENCE, unit=row.unit, at=at, subject=row.about)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            requests.withdraw(row, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The request is taken back."))
            return redirect("evidence-request", key=key)
    context = {"form": form, "row": row}
    return render(
        request, "evidence_request_withdraw.html", context, status=422 if form.errors else 200
    )


def _page(
    request: HttpRequest,
    row: EvidenceRequest,
    *,
    upload_form: UploadForm | None = None,
    fault: str = "",
) -> HttpResponse:
    by, at = actor(request), now()
    is_open = row.closed_at is None
    answering = is_open and may(
        by, Permission.ADD_EVIDENCE, unit=row.unit, at=at, subject=row.about
    )
    wrong = bool(upload_form or fault)
    context = {
        "row": row,
        "state": request_state(row, on=at.date()).value,
        "kind": kind_titles().get(row.kind, row.kind),
        "asked_by": names_of([row.asked_by])[row.asked_by],
        "about": record_href(row.about),
        "may_answer": answering,
        "may_withdraw": is_open
        and may(by, Permission.ASK_EVIDENCE, unit=row.unit, at=at, subject=row.about),
        "items": _offered(request, row) if answering else [],
        "q": search_text(request),
        "fault": fault,
        "upload_form": (upload_form or _upload_form(request, row)) if answering else None,
        "upload_wrong": upload_form is not None,
        "history": history_rows(history(row.ledger_subject)),
    }
    return render(request, "evidence_request.html", context, status=422 if wrong else 200)


def _offered(request: HttpRequest, row: EvidenceRequest) -> list[object]:
    """Return the items that could answer, those of the kind that is asked for first."""
    by, at = actor(request), now()
    return list(answers_evidence(row, search_text(request), by, at=at)[:OFFERED])


def _upload_form(request: HttpRequest, row: EvidenceRequest) -> UploadForm:
    by, at = actor(request), now()
    units = permitted_units(by, Permission.ADD_EVIDENCE, at=at)
    return UploadForm(
        posted(request),
        posted_files(request),
        auto_id="id_upload_%s",
        several=False,
        units=units.filter(path__startswith=row.unit.path).order_by("path"),
        kinds=kind_choices(row.kind),
        initial={
            "title": row.title,
            "kind": row.kind,
            "unit": row.unit,
            **fresh_period(at.date()),
        },
    )
