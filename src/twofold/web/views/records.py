"""One address for every record of the ledger: it leads to the page that shows the record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.people.errors import NotFound
from twofold.web.records import page_of
from twofold.web.request import actor, now


@require_safe
def record(request: HttpRequest, subject: str) -> HttpResponse:
    page = page_of(subject, actor(request), at=now())
    if not page:
        raise NotFound(_("No page shows this record."))
    return redirect(page)
