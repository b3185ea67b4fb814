"""What stands in evidence: found by its words, drawn, compared, let out of quarantine."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.controls.queries import library
from twofold.evidence import comparing, previews, quarantine, searching
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.evidence.queries import versions_of
from twofold.evidence.repository import item_for, version_for
from twofold.people.access import Permission, may, permitted_units, require
from twofold.people.errors import NotFound, Refusal
from twofold.web.forms.quarantine import ReleaseForm
from twofold.web.request import ROWS, actor, now, search_text, show_refusal

#: A browser asks each time whether it may show again what it has; then nothing is drawn or sent.
_ASK_AGAIN = "private, no-cache"
_LONGEST_NUMBER = 6


class FoundPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of what a search ranked; the texts are marked for the page that is shown alone."""

    def __init__(self, found: searching.Found) -> None:
        super().__init__(found.keys, ROWS)
        self._found = found

    @cached_property
    def has_more(self) -> bool:
        """Whether there are more than were ranked."""
        return self._found.more


def search(request: HttpRequest) -> HttpResponse:
    """Show what is found by the words of the request; the list of evidence calls this."""
    by, at = actor(request), now()
    found = searching.search(search_text(request), by, at=at)
    page = FoundPaginator(found).get_page(request.GET.get("page", "")[:_LONGEST_NUMBER])
    kinds = library().needs
    first = (page.number - 1) * ROWS
    rows = searching.hits(found, first, first + ROWS)
    context = {
        "page": page,
        "rows": [(hit, kinds.get(hit.version.item.kind)) for hit in rows],
        "q": search_text(request),
        "understood": bool(found.terms),
        "today": at.date(),
        "may_add": permitted_units(by, Permission.ADD_EVIDENCE, at=at).exists(),
    }
    return render(request, "evidence_hits.html", context)


@require_safe
def picture(request: HttpRequest, key: UUID, number: int, part: int) -> HttpResponse:
    version = _version(request, key, number)
    data = previews.picture_of(version, part)
    tag = f'"{version.pk}-{part}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(data, content_type="image/png")
        response["X-Content-Type-Options"] = "nosniff"
    response["ETag"], response["Cache-Control"] = tag, _ASK_AGAIN
    return response


@require_safe
def compare(request: HttpRequest, key: UUID) -> HttpResponse:
    item = item_for(key, actor(request), at=now())
    numbers = list(versions_of(item).values_list("number", flat=True)[:200])
    if len(numbers) < 2:
        raise NotFound(_("There is only one version: nothing can be compared."))
    old, new = _wanted(request, "old", numbers[1]), _wanted(request, "new", numbers[0])
    refusal, found = "", None
    try:
        found = comparing.compare_versions(_version(request, key, old), _version(request, key, new))
    except Refusal as reason:
        refusal = str(reason)
    beside = request.GET.get("view") == "beside"
    context = {
        "item": item,
        "numbers": numbers,
        "old": old,
        "new": new,
        "beside": beside,
        "refusal": refusal,
        "comparison": found,
        "groups": []
        if found is None
        else [group if beside else list(comparing.unified(group)) for group in found.groups],
        "most": comparing.MOST_LINES,
    }
    return render(request, "evidence_compare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, key: UUID, number: int) -> HttpResponse:
    by, at = actor(request), now()
    item = item_for(key, by, at=at)
    require(by, Permission.RELEASE_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    version = _version(request, key, number)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            quarantine.release(version, **form.cleaned_data, by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The version is released; from now on it can be opened."))
            return redirect("evidence-item", key=key)
    context = {"form": form, "item": item, "version": version}
    return render(request, "evidence_release.html", context, status=422 if form.errors else 200)


def shown(request: HttpRequest, item: EvidenceItem, newest: EvidenceVersion) -> dict[str, object]:
    """Return what an item's page shows of the version that is asked for, else of the newest."""
    number = _wanted(request, "version", newest.number)
    version = newest if number == newest.number else _version(request, item.pk, number)
    version.item = item
    found = previews.preview_of(version, part=_wanted(request, "part", 1))
    return {
        "preview": found,
        "shown": version,
        "may_release": may(
            actor(request),
            Permission.RELEASE_EVIDENCE,
            unit=item.unit,
            at=now(),
            subject=item.about,
        ),
    }


def _wanted(request: HttpRequest, name: str, otherwise: int) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) <= _LONGEST_NUMBER else otherwise


def _version(request: HttpRequest, key: UUID, number: int) -> EvidenceVersion:
    return version_for(key, actor(request), number=number, at=now())
