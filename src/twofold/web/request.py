"""What views take from a request: the actor, the time, and a place in a list."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Page
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from twofold.people.access import Actor, actor_of
from twofold.people.errors import AccessDenied, Refusal
from twofold.people.models import Person
from twofold.web.pages import BoundedPaginator

ROWS = 20
#: Digits of the number of a page that anybody could mean.
_LONGEST_NUMBER = 6
_Row = TypeVar("_Row", bound=Model)


def person(request: HttpRequest) -> Person:
    """Return the signed-in person."""
    user = request.user
    if not isinstance(user, Person):
        raise AccessDenied(_("Sign in first."))
    return user


def actor(request: HttpRequest) -> Actor:
    """Return the actor of the signed-in person, the same for the whole request."""
    found = getattr(request, "twofold_actor", None)
    if not isinstance(found, Actor):
        found = actor_of(person(request))
        request.twofold_actor = found  # type: ignore[attr-defined]
    return found


def now() -> datetime:
    """Return the time of the request."""
    return datetime.now(UTC)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent with a form, even if it is nothing; None: the form is only asked for."""
    return request.POST if request.method == "POST" else None


def posted_files(request: HttpRequest) -> "MultiValueDict[str, UploadedFile[Any]] | None":
    """Return the files that were sent with a form; None: the form is only asked for."""
    return request.FILES if request.method == "POST" else None


def search_text(request: HttpRequest) -> str:
    """Return what is searched for, cut to a sensible length."""
    # PostgreSQL compares no text with a null character.
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of the page; restoring its history needs the whole."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def page_of(request: HttpRequest, rows: QuerySet[_Row]) -> Page[_Row]:
    """Return the page of rows that the request asks for; the nearest one for a strange number."""
    wanted = request.GET.get("page", "")
    asked = int(wanted) if wanted.isdecimal() and len(wanted) <= _LONGEST_NUMBER else 1
    return BoundedPaginator(rows, ROWS, asked).get_page(wanted)


def next_address(request: HttpRequest, otherwise: str) -> str:
    """Return the address of our own that the request wants to go to next."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    # A path: a bare word would be taken for the name of a page.
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return otherwise


def show_refusal(form: Form, refusal: Refusal) -> None:
    """Put a refusal beside the field that it names, or above the form."""
    seen = refusal.field in form.fields and not form[refusal.field].is_hidden
    form.add_error(refusal.field if seen else None, refusal.message)
