"""Statements of Applicability: where both stand, one version, preparing, approving, comparing."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.controls import actions
from twofold.controls.models import Statement
from twofold.controls.queries import visible_statements
from twofold.ledger.queries import history, revision_of
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.people.models import Unit
from twofold.people.queries import root_unit
from twofold.reporting.soa.columns import PROGRESS
from twofold.reporting.soa.comparison import compared
from twofold.reporting.soa.content import content, content_for, open_points
from twofold.reporting.soa.exports import exported
from twofold.reporting.soa.head import head_lines
from twofold.reporting.soa.version import Version, read_version
from twofold.reporting.soa.versions import (
    is_stale,
    rows_outrun,
    statement_for,
    statements_of,
    version_before,
)
from twofold.web import soa
from twofold.web.forms.statements import ApproveStatementForm, PrepareForm
from twofold.web.present import choice_filter, history_rows
from twofold.web.request import actor, now, page_of, search_text, show_refusal, wants_fragment

#: What a version is compared with instead of another one.
TODAY = "today"


@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    unit = chosen_unit(request)
    units = permitted_units(by, Permission.READ, at=at).order_by("path")
    context = {
        "unit": unit,
        "unit_filter": choice_filter(
            "unit", str(unit.pk), [(str(row.pk), row.name) for row in units], every=False
        ),
        "cards": [soa.standard_card(entry) for entry in statements_of(unit, by, at=at)],
        "page": page_of(request, visible_statements(by, at=at).filter(unit=unit)),
        "today": at.date(),
        "may_prepare": may(by, Permission.PREPARE_STATEMENT, unit=unit, at=at),
        "may_decide": may(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at),
    }
    return render(request, "statements.html", context)


@require_safe
def statement(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    version = read_version(statement_for(key, by, at=at))
    found, applicable = version.statement, request.GET.get("applicable", "")
    status = request.GET.get("status", "")
    rows = soa.statement_rows(
        version, applicable=applicable, status=status, text=search_text(request)
    )
    context = {
        "version": version,
        "statement": found,
        "rows": rows,
        "total": len(version.rows),
        "systems": any(row["systems"] for row in version.rows),
        "applicable_filter": choice_filter("applicable", applicable, soa.APPLICABLE.items()),
        "status_filter": choice_filter("status", status, PROGRESS.items()),
        "q": search_text(request),
    }
    if wants_fragment(request):
        response = render(request, "statement_rows.html", context)
    else:
        response = render(request, "statement.html", context | _around(request, version))
    # A browser going back must not show the fragment as if it were the page.
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def prepare(request: HttpRequest, framework: str) -> HttpResponse:
    by, at, unit = actor(request), now(), chosen_unit(request)
    content_now = partial(content, framework, unit=unit, by=by, at=at)
    form = PrepareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.prepare_statement(
                framework, content_now, unit=unit, **form.cleaned_data, by=by, at=at
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The draft is prepared; somebody else approves it."))
            return redirect("statement", key=made.pk)
    found = content_now()
    context = {
        "form": form,
        "unit": unit,
        "framework": found["framework"],
        "figures": found["summary"],
        "statuses": soa.progress_counts(found["summary"]),
        "open_points": soa.open_point_lines(open_points(found, unit)),
        "draft": visible_statements(by, at=at)
        .filter(unit=unit, framework=framework, approved_at=None)
        .first(),
        "may_prepare": may(by, Permission.PREPARE_STATEMENT, unit=unit, at=at),
    }
    return render(request, "statement_prepare.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    # Read before the record: what is shown is never older than what it is taken for.
    revision = revision_of(Statement(pk=key).ledger_subject)
    version = read_version(statement_for(key, by, at=at))
    initial = {"effective_date": at.date(), "expected": revision}
    form = ApproveStatementForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.approve_statement(
                version.statement,
                content_now=partial(content_for, by=by, at=at),
                **form.cleaned_data,
                by=by,
                at=at,
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            form.look_again(revision)
        else:
            messages.success(request, _("The version is approved and sealed."))
            return redirect("statement", key=key)
    found = content_for(version.statement, by=by, at=at)
    context = {
        "form": form,
        "version": version,
        "statement": version.statement,
        "head": head_lines(version),
        "statuses": soa.progress_counts(version.content["summary"]),
        "figures": version.content["summary"],
        "open_points": soa.open_point_lines(open_points(found, version.statement.unit)),
        "stale": not version.sealed and is_stale(version.statement, by=by, at=at),
        "before": version_before(version.statement, by, at=at),
        "may_approve": _may_approve(request, version.statement),
    }
    return render(request, "statement_approve.html", context, status=_status(form))


@require_safe
def compare(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    version = read_version(statement_for(key, by, at=at))
    other = request.GET.get("with", TODAY)
    before, after, label = _ends(request, version, other)
    found = compared(before, after)
    others = visible_statements(by, at=at).filter(
        unit=version.statement.unit, framework=version.statement.framework
    )
    choices = [(TODAY, _("Facts of today"))]
    choices += [(str(row.pk), _label(row)) for row in others if row.pk != key]
    context = {
        "version": version,
        "statement": version.statement,
        "with_filter": choice_filter("with", other, choices, every=False),
        "labels": label,
        "comparison": found,
        "changed": soa.comparison_rows(found),
        "added": soa.row_links(found.added),
        "removed": soa.row_links(found.removed),
    }
    return render(request, "statement_compare.html", context)


@require_safe
def export(request: HttpRequest, key: UUID, format_: str) -> HttpResponse:
    by, at = actor(request), now()
    made = exported(read_version(statement_for(key, by, at=at)), format_)
    response = HttpResponse(made.octets, content_type=made.media_type)
    header = content_disposition_header(as_attachment=True, filename=made.name)
    response["Content-Disposition"] = header or "attachment"
    return response


def chosen_unit(request: HttpRequest) -> Unit:
    """Return the unit that the request names, or the widest one that the actor may read.

    Raises:
        AccessDenied: the actor may read no unit.
        NotFound: the one that is named is none of those.
    """
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    units = permitted_units(by, Permission.READ, at=at).order_by("path")
    named = request.POST.get("unit") or request.GET.get("unit") or ""
    try:
        found = units.filter(pk=UUID(named)).first() if named else None
    except ValueError:
        found = None
    if named and found is None:
        raise NotFound(_("There is no such unit."))
    root = root_unit()
    found = found or (units.filter(pk=root.pk).first() if root else None) or units.first()
    if found is None:
        raise NotFound(_("There is no such unit."))
    return found


def _around(request: HttpRequest, version: Version) -> dict[str, Any]:
    """Return what stands around the rows of a version."""
    by, at, found = actor(request), now(), version.statement
    stale = not version.sealed and is_stale(found, by=by, at=at)
    return {
        "head": head_lines(version),
        "figures": version.content["summary"],
        "statuses": soa.progress_counts(version.content["summary"]),
        "exports": soa.export_links(version),
        "stale": stale,
        "outrun": rows_outrun(found, by=by, at=at) if version.sealed else None,
        "open_points": [] if version.sealed else _draft_points(version),
        "before": version_before(found, by, at=at),
        "may_approve": not version.sealed and _may_approve(request, found),
        "may_prepare": may(by, Permission.PREPARE_STATEMENT, unit=found.unit, at=at),
        "history": history_rows(history(found.ledger_subject, limit=20)),
        "prepare_href": _prepare_href(found),
    }


def _prepare_href(found: Statement) -> str:
    return f"{reverse('statement-prepare', args=[found.framework])}?unit={found.unit_id}"


def _draft_points(version: Version) -> list[soa.OpenPoint]:
    return soa.open_point_lines(open_points(version.content, version.statement.unit))


def _may_approve(request: HttpRequest, found: Statement) -> bool:
    by = actor(request)
    return by.person_id != found.prepared_by_id and may(
        by, Permission.APPROVE_STATEMENT, unit=found.unit, at=now()
    )


def _ends(request: HttpRequest, version: Version, other: str) -> tuple[Any, Any, tuple[str, str]]:
    """Return the earlier and the later content, and what each is called."""
    by, at = actor(request), now()
    if other == TODAY:
        found = content(version.statement.framework, unit=version.statement.unit, by=by, at=at)
        return version.content, found, (version.label, _("Facts of today"))
    try:
        second = read_version(statement_for(UUID(other), by, at=at))
    except ValueError:
        raise NotFound(_("There is no such Statement of Applicability.")) from None
    if (second.statement.framework, second.statement.unit_id) != (
        version.statement.framework,
        version.statement.unit_id,
    ):
        raise NotFound(_("These are versions of different statements."))
    ends = sorted((version, second), key=lambda entry: entry.statement.number)
    return ends[0].content, ends[1].content, (ends[0].label, ends[1].label)


def _label(row: Statement) -> str:
    name = _("Version %(number)d") if row.approved_at else _("DRAFT of version %(number)d")
    return name % {"number": row.number}


def _status(form: PrepareForm | ApproveStatementForm) -> int:
    return 422 if form.errors else 200
