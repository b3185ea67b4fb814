"""A bearer token becomes the actor of the request."""

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja.security import HttpBearer

from twofold.people.access import Actor, Permission, require_anywhere
from twofold.people.errors import AccessDenied
from twofold.people.queries import actor_for_secret


class TokenAuthentication(HttpBearer):
    """Answers 401 unless a valid API token is presented."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        return actor_for_secret(token, at=datetime.now(UTC))


def caller(request: HttpRequest) -> Actor:
    """Return the actor that authentication found."""
    actor = getattr(request, "auth", None)
    if not isinstance(actor, Actor):
        raise TypeError("The endpoint is not authenticated.")
    return actor


def reader(request: HttpRequest, *, at: datetime) -> Actor:
    """Return the actor, who may read the records of at least one unit.

    Raises:
        AccessDenied: it may not, or its token does not carry that.
    """
    by = caller(request)
    require_anywhere(by, Permission.READ, at=at)
    return by


def unrestricted_reader(request: HttpRequest, *, at: datetime) -> Actor:
    """Return the actor, who may read what is about more than one record.

    Raises:
        AccessDenied: as for `reader`, or the token is for one record alone.
    """
    by = reader(request, at=at)
    if by.restricted_to:
        raise AccessDenied("This token is for one record alone.")
    return by
