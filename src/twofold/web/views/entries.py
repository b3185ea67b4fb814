"""Entries of the log: looked up by the name of a record, each with the proof that it is there."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.ledger.served import entries_of, leaf_at, lines
from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import AccessDenied
from twofold.reporting.proving import Proven, may_read_entries, proven, told
from twofold.web.integrity import attached
from twofold.web.present import history_rows
from twofold.web.records import page_of as page_of_record
from twofold.web.request import actor, now, page_of, search_text


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    text = search_text(request)
    page = page_of(request, entries_of(text))
    context = {"text": text, "page": page, "rows": history_rows(lines(page.object_list))}
    return render(request, "integrity_entries.html", context)


@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    found = proven(index)
    (row,) = history_rows([found.line])
    readable = _readable(request, found)
    context = {
        "found": found,
        "row": row,
        "leaf": _shown(found.leaf) if readable else "",
        "readable": readable,
    }
    return render(request, "integrity_entry.html", context)


@require_safe
def proof(request: HttpRequest, index: int) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    return attached(proven(index).text, f"entry-{index}.tlog-proof")


@require_safe
def leaf(request: HttpRequest, index: int) -> HttpResponse:
    require_anywhere(actor(request), Permission.READ, at=now())
    if not _readable(request, proven(index)):
        raise AccessDenied(_("You may not read the content of this entry."))
    with told():
        return attached(leaf_at(index), f"entry-{index}.json", content_type="application/json")


def _readable(request: HttpRequest, found: Proven) -> bool:
    """Return whether its record, or every record, is the reader's to read."""
    by, at = actor(request), now()
    return may_read_entries(by, at=at) or bool(page_of_record(found.line.entry.subject, by, at=at))


def _shown(data: bytes) -> str:
    """Return an entry's bytes as text on several lines; as they are when they are no JSON."""
    text = data.decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
    except ValueError:
        return text
    return json.dumps(found, indent=2, ensure_ascii=False)
