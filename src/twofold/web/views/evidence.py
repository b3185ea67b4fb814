"""Evidence: the list, one item with versions and credit, downloading."""

from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.controls.queries import library
from twofold.evidence import queries
from twofold.evidence.contents import handed_out
from twofold.evidence.models import EvidenceItem
from twofold.ledger.queries import history
from twofold.people.access import Permission, may, permitted_units, require_anywhere
from twofold.people.errors import NotFound
from twofold.people.queries import standing_erasure
from twofold.reporting.controls import claim_views, credited_requirements
from twofold.reporting.history import names_of
from twofold.web.kinds import kind_titles
from twofold.web.present import history_rows, newest_first, record_href
from twofold.web.request import actor, now, page_of, search_text
from twofold.web.views import contents
from twofold.web.views.evidence_keeping import kept


@require_safe
def evidence(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    if search_text(request):
        return contents.search(request)
    found = queries.matching(queries.newest_versions(by, at=at), search_text(request))
    page, kinds = page_of(request, found), kind_titles()
    context = {
        "page": page,
        "rows": [(row, kinds.get(row.item.kind, "")) for row in page.object_list],
        "q": search_text(request),
        "today": at.date(),
        "may_add": permitted_units(by, Permission.ADD_EVIDENCE, at=at).exists(),
    }
    return render(request, "evidence.html", context)


@require_safe
def item(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = _item(request, key)
    claims = claim_views(found, by, at=at)
    versions = list(queries.versions_of(found).select_related("text")[:50])
    lines = history(found.ledger_subject, limit=5)
    for version in versions[:5]:
        lines += history(version.ledger_subject, limit=2)
    lines.sort(key=newest_first)
    authors = names_of(version.author for version in versions)
    credited = credited_requirements(view.claim for view in claims)
    context = {
        "item": found,
        "kind": kind_titles().get(found.kind, ""),
        "about": record_href(found.about),
        "versions": [(version, authors[version.author]) for version in versions],
        "today": at.date(),
        "claims": claims,
        "credited": [
            (library().framework(framework).short_title, list(entries))
            for framework, entries in groupby(credited, lambda entry: entry.requirement.framework)
        ],
        "history": history_rows(lines),
        **(contents.shown(request, found, versions[0]) if versions else {}),
        **kept(request, found),
        "may_add": found.erased_at is None
        and may(by, Permission.ADD_EVIDENCE, unit=found.unit, at=at),
        "may_erase": found.erased_at is None
        and may(by, Permission.ERASE_EVIDENCE, unit=found.unit, at=at),
        "erasure": standing_erasure(found.ledger_subject),
    }
    return render(request, "evidence_item.html", context)


@require_safe
def download(request: HttpRequest, key: UUID, number: int) -> StreamingHttpResponse:
    version = queries.versions_of(_item(request, key)).filter(number=number).first()
    if version is None:
        raise NotFound(_("The file is not there."))
    response = StreamingHttpResponse(handed_out(version), content_type=version.media_type)
    response["Content-Length"] = str(version.size)
    # Never shown in place: a file that somebody uploaded does not run in our pages.
    disposition = content_disposition_header(as_attachment=True, filename=version.file_name)
    response["Content-Disposition"] = str(disposition)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _item(request: HttpRequest, key: UUID) -> EvidenceItem:
    found = queries.visible_items(actor(request), at=now()).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such evidence."))
    return found
