"""Reading persons, units and tokens."""

import hashlib
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from twofold.people.access import Actor, actor_of_token
from twofold.people.errors import InvalidInput, NotFound
from twofold.people.models import ApiToken, Person, Unit


def token_digest(secret: str) -> str:
    """Return what is kept of a token's secret: its hex SHA-256 (the secret has 256 random bits)."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def actor_for_secret(secret: str, *, at: datetime) -> Actor | None:
    """Return the actor of the valid token with this secret, or None: unknown, expired, revoked."""
    token = (
        ApiToken.objects.filter(
            digest=token_digest(secret),
            revoked_at=None,
            expires_at__gt=at,
            person__is_active=True,
        )
        .order_by()
        .first()
    )
    return actor_of_token(token) if token else None


def root_unit() -> Unit | None:
    """Return the organisation itself, or None before it was founded."""
    return Unit.objects.filter(parent=None).order_by("path").first()


def units() -> QuerySet[Unit]:
    """Return all units, parents before children."""
    return Unit.objects.order_by("path")


def persons() -> QuerySet[Person]:
    """Return the active persons by name."""
    return Person.objects.filter(is_active=True).order_by("name")


def unit_by_name(name: str) -> Unit:
    """Return the unit of a name, or the organisation itself for a blank one.

    Raises:
        InvalidInput: there is none, or more than one.
    """
    found = list(Unit.objects.filter(name=name)[:2]) if name else [root_unit()]
    if len(found) != 1 or found[0] is None:
        raise InvalidInput(_("There is no single unit %(name)s.") % {"name": name}, field="unit")
    return found[0]


def person_by_email(email: str, *, field: str) -> Person:
    """Return the active person of an address.

    Raises:
        InvalidInput: there is none; `field` is the input that named it.
    """
    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise InvalidInput(_("There is no person %(email)s.") % {"email": email}, field=field)
    return person


def token_named(name: str, person: Person) -> ApiToken:
    """Return a person's newest token of a name that is not revoked.

    Raises:
        NotFound: there is none.
    """
    found = ApiToken.objects.filter(person=person, name=name, revoked_at=None)
    token = found.order_by("-created_at").first()
    if token is None:
        raise NotFound(_("There is no token %(name)s.") % {"name": name}, field="name")
    return token
