"""Reading persons, units and tokens."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.people.access import (
    Actor,
    Permission,
    actor_of_token,
    paths_above,
    permitted_units,
    reach,
)
from twofold.people.errors import InvalidInput, NotFound
from twofold.people.models import ApiToken, Erasure, Person, Role, RoleAssignment, Unit


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


def visible_assignments(by: Actor, *, at: datetime) -> QuerySet[RoleAssignment]:
    """Return the roles that hold in what the actor may read, with unit; by role and first day.

    That is: roles of the units that the actor may read, of those below and of those above them.
    """
    within = Q(pk__in=[])
    for path in reach(by, Permission.READ, at=at):
        within |= Q(unit__path__startswith=path) | Q(unit__path__in=paths_above([path]))
    rows = RoleAssignment.objects.filter(within).select_related("unit")
    return rows.order_by("unit__path", "role", "from_date", "pk")


def visible_persons(by: Actor, *, at: datetime, active: bool | None = True) -> QuerySet[Person]:
    """Return persons by name: all for who manages people, else active ones of visible roles.

    Args:
        active: False: only deactivated ones; None: both. Who was erased is never among them.
    """
    if may_manage_people(by, at=at):
        rows = Person.objects.filter(erased_at=None).order_by("name", "pk")
        return rows if active is None else rows.filter(is_active=active)
    if active is False:
        return Person.objects.none()
    shown = visible_assignments(by, at=at).order_by().values("person")
    return persons().filter(pk__in=shown).order_by("name", "pk")


def may_manage_people(by: Actor, *, at: datetime) -> bool:
    """Return whether the actor manages people in at least one unit."""
    return bool(reach(by, Permission.MANAGE_PEOPLE, at=at))


def holding(rows: QuerySet[RoleAssignment], *, on: date) -> QuerySet[RoleAssignment]:
    """Return the roles that hold on a day."""
    return rows.filter(Q(until_date=None) | Q(until_date__gte=on), from_date__lte=on)


def person_for(key: UUID, by: Actor, *, at: datetime) -> Person:
    """Return a person whom the actor may see: a deactivated one only who manages people.

    Raises:
        NotFound: there is none.
    """
    found = visible_persons(by, at=at, active=None).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def assignment_for(key: UUID, by: Actor, *, at: datetime) -> RoleAssignment:
    """Return a role that the actor may see, with its unit and person.

    Raises:
        NotFound: there is none.
    """
    found = visible_assignments(by, at=at).select_related("unit", "person").filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such role."))
    return found


def unit_by_name(name: str) -> Unit:
    """Return the unit of a name, or the organisation itself for a blank one.

    Raises:
        InvalidInput: there is none, or more than one.
    """
    found = list(Unit.objects.filter(name=name)[:2]) if name else [root_unit()]
    if len(found) != 1 or found[0] is None:
        raise InvalidInput(_("There is no single unit %(name)s.") % {"name": name}, field="unit")
    return found[0]


def person_by_email(email: str, *, field: str, active: bool = True) -> Person:
    """Return the active person of an address, or the deactivated one.

    Raises:
        InvalidInput: there is none; `field` is the input that named it.
    """
    person = Person.objects.filter(email__iexact=email, is_active=active).first()
    if person is None:
        raise InvalidInput(_("There is no person %(email)s.") % {"email": email}, field=field)
    return person


def assignment_in(unit: Unit, role: Role, person: Person, *, on: date) -> RoleAssignment:
    """Return the role that a person holds in just this unit on a day; of several the longest.

    Raises:
        NotFound: there is none.
    """
    rows = RoleAssignment.objects.filter(unit=unit, role=role, person=person)
    found = holding(rows, on=on).select_related("unit")
    longest = found.order_by(F("until_date").desc(nulls_first=True), "from_date").first()
    if longest is None:
        raise NotFound(
            _("%(person)s does not hold this role in %(unit)s.")
            % {"person": person.name, "unit": unit.name},
            field="role",
        )
    return longest


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


class ErasureState(models.TextChoices):
    """Where an erasure stands."""

    WAITING = "waiting", gettext_lazy("Waits")
    ERASED = "erased", gettext_lazy("Erased")
    WITHDRAWN = "withdrawn", gettext_lazy("Taken back")


def visible_erasures(by: Actor, *, at: datetime) -> QuerySet[Erasure]:
    """Return the erasures in units that the actor may read, newest first, with who decided.

    A token that is for one record alone sees those of that record.
    """
    rows = Erasure.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
    if by.restricted_to:
        rows = rows.filter(subject=by.restricted_to)
    return rows.select_related("unit", "asked_by", "decided_by").order_by("-asked_at", "pk")


def erasures_in(rows: QuerySet[Erasure], state: ErasureState) -> QuerySet[Erasure]:
    """Return the erasures of a state."""
    if state is ErasureState.WAITING:
        return rows.filter(decided_at=None)
    if state is ErasureState.WITHDRAWN:
        return rows.exclude(withdrawal="")
    return rows.filter(withdrawal="").exclude(decided_at=None)


def erasure_state(row: Erasure) -> ErasureState:
    """Return where an erasure stands."""
    if row.decided_at is None:
        return ErasureState.WAITING
    return ErasureState.WITHDRAWN if row.withdrawal else ErasureState.ERASED


def erasure_for(key: UUID, by: Actor, *, at: datetime) -> Erasure:
    """Return an erasure that the actor may see, as `visible_erasures` does.

    Raises:
        NotFound: there is none.
    """
    found = visible_erasures(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such erasure."))
    return found


def waiting_erasures(subjects: Iterable[str]) -> dict[str, Erasure]:
    """Return the erasures of records that wait for a second person, by the record's ledger name."""
    rows = Erasure.objects.filter(subject__in=list(subjects), decided_at=None)
    return {row.subject: row for row in rows}


def standing_erasure(subject: str) -> Erasure | None:
    """Return the erasure of a record that waits or was done; None when nobody asks for it."""
    rows = Erasure.objects.filter(subject=subject, withdrawal="")
    return rows.select_related("asked_by", "decided_by").first()
