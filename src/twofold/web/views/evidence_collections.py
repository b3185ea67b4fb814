"""Collections of evidence: the list, a new one, and one with its runs."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.controls.queries import library, visible_implementations
from twofold.evidence import collections
from twofold.evidence.collections import Plan
from twofold.evidence.models import EvidenceCollection
from twofold.evidence.repository import (
    collection_for,
    newest_runs,
    runs_of,
    visible_collections,
)
from twofold.inventory.queries import systems_in_reach
from twofold.ledger.queries import history
from twofold.monitoring.models import Monitor
from twofold.people.access import Actor, Permission, may, permitted_units, require_anywhere
from twofold.people.errors import AccessDenied, Refusal
from twofold.reporting.collecting import places_of_installation, plan_collection
from twofold.reporting.linkable import named
from twofold.web.forms.repository import CollectionForm, Kinds
from twofold.web.kinds import kind_choices, kind_titles
from twofold.web.linking import asked_about
from twofold.web.present import history_rows, record_href
from twofold.web.request import actor, now, page_of, posted, show_refusal

#: So many monitors and controls can be chosen from.
_OFFERED = 500
_OF_RECORDS = (EvidenceCollection.Source.MONITOR, EvidenceCollection.Source.CHECKS)


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    page = page_of(request, visible_collections(by, at=at))
    shown = EvidenceCollection.objects.filter(pk__in=[row.pk for row in page.object_list])
    newest = {run.collection_id: run for run in newest_runs(shown)}
    context = {
        "page": page,
        "rows": [(row, newest.get(row.pk)) for row in page.object_list],
        "may_plan": permitted_units(by, Permission.COLLECT_EVIDENCE, at=at).exists(),
    }
    return render(request, "evidence_collections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.COLLECT_EVIDENCE, at=at)
    record = asked_about(request)
    form = CollectionForm(
        posted(request),
        units=permitted_units(by, Permission.COLLECT_EVIDENCE, at=at).order_by("path"),
        kinds=kind_choices(),
        monitors=_monitors(request),
        implementations=_implementations(request),
        initial={"monitor": request.GET.get("monitor", "")},
    )
    if request.method == "POST" and form.is_valid():
        made = _planned(form, by, about=record.subject if record else "")
        if made is not None:
            messages.success(request, _("The collection is planned."))
            return redirect("evidence-collection", key=made.pk)
    context = {"form": form, "record": record}
    return render(
        request, "evidence_collection_form.html", context, status=422 if form.errors else 200
    )


@require_safe
def one(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    row = collection_for(key, by, at=at)
    page = page_of(request, runs_of(row))
    of_record = row.source in _OF_RECORDS
    record = named([row.locator], by, at=at).get(row.locator) if of_record else None
    context = {
        "row": row,
        "kind": kind_titles().get(row.kind, row.kind),
        "where": record_href(row.locator) if of_record else "",
        "record": record,
        "about": record_href(row.about),
        "page": page,
        "may_end": row.ended_at is None
        and may(by, Permission.COLLECT_EVIDENCE, unit=row.unit, at=at, subject=row.about),
        "history": history_rows(history(row.ledger_subject)),
    }
    return render(request, "evidence_collection.html", context)


@require_POST
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    collections.end(collection_for(key, by, at=at), by=by, at=at)
    messages.success(request, _("The collection has ended; what it brought stays."))
    return redirect("evidence-collection", key=key)


def _planned(form: CollectionForm, by: Actor, *, about: str) -> EvidenceCollection | None:
    given = form.cleaned_data
    locator, field = form.where()
    plan = Plan(
        title=given["title"],
        kind=given["kind"],
        about=about,
        source=EvidenceCollection.Source(given["source"]),
        locator=locator,
        schedule=given["schedule"],
        period_days=given["period_days"],
        valid_days=given["valid_days"],
    )
    try:
        return plan_collection(given["unit"], plan, places_of_installation(), by=by, at=now())
    except AccessDenied:
        raise
    except Refusal as refusal:
        if refusal.field == "locator":
            form.add_error(field, refusal.message)
        else:
            show_refusal(form, refusal)
        return None


def _monitors(request: HttpRequest) -> Kinds:
    systems = systems_in_reach(actor(request), at=now())
    rows = Monitor.objects.filter(system__in=systems).select_related("system")
    return [
        (row.ledger_subject, f"{row.system.name}: {row.name}")
        for row in rows.order_by("system__name", "name")[:_OFFERED]
    ]


def _implementations(request: HttpRequest) -> Kinds:
    rows = visible_implementations(actor(request), at=now()).prefetch_related(None)
    titles = {control.id: control.title for control in library().controls}
    return [
        (row.ledger_subject, f"{row.control} {titles.get(row.control, '')}, {row.scope}")
        for row in rows.filter(retired_at=None)[:_OFFERED]
    ]
