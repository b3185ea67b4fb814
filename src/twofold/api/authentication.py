"""A bearer token becomes the actor of the request."""

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja.security import HttpBearer

from twofold.people.access import Actor
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
