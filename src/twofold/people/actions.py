"""Changes to persons, units, roles and tokens."""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from twofold.ledger import actions as ledger
from twofold.people import access, founding
from twofold.people.access import Actor, Permission
from twofold.people.accounts import require_sound
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.models import ApiToken, Person, Role, RoleAssignment, Unit
from twofold.people.queries import token_digest

TOKEN_PREFIX = "twofold_"  # noqa: S105 - a prefix by which scanners can find a leaked token

_FOUNDING = 0x466F756E64696E67


@dataclass(frozen=True)
class IssuedToken:
    """A new token and its secret, which cannot be read again."""

    token: ApiToken
    secret: str


@transaction.atomic
def found_organisation(
    name: str,
    *,
    administrator: str,
    email: str,
    password: str,
    leads: bool = False,
    by: Actor,
    at: datetime,
) -> tuple[Unit, Person]:
    """Create the root unit and its first administrator: the one act that needs no role.

    Args:
        leads: the administrator is the AI governance lead too. Only the founding can give this:
            afterwards nobody gives a role to themselves.

    Returns:
        The unit and the person.

    Raises:
        Conflict: an organisation stands already.
        InvalidInput: a name, the address or the password is not acceptable.
    """
    _take_turn()
    if Unit.objects.exists():
        raise Conflict(_("An organisation stands already on this installation."))
    _require_text(administrator, "administrator", 120)
    unit = _save_unit(name, None, by=by, at=at)
    person = _save_person(administrator, email, password, by=by, at=at)
    for role in (Role.ADMINISTRATOR, *((Role.GOVERNANCE_LEAD,) if leads else ())):
        _save_assignment(person, role, unit, at.date(), None, by=by, at=at)
    transaction.on_commit(founding.take_code_away)
    return unit, person


@transaction.atomic
def add_unit(name: str, *, parent: Unit, by: Actor, at: datetime) -> Unit:
    """Create a unit below another.

    Raises:
        AccessDenied: the actor does not manage people in the parent.
        InvalidInput: the name is blank, too long or taken below that parent.
    """
    access.require(by, Permission.MANAGE_PEOPLE, unit=parent, at=at)
    return _save_unit(name, parent, by=by, at=at)


@transaction.atomic
def add_person(
    name: str, *, email: str, password: str | None, unit: Unit, by: Actor, at: datetime
) -> Person:
    """Create a person who can sign in, or (password None) one behind whom only tokens act.

    Raises:
        AccessDenied: the actor does not manage people in the unit.
        InvalidInput: the name, the address or the password is not acceptable.
    """
    access.require(by, Permission.MANAGE_PEOPLE, unit=unit, at=at)
    return _save_person(name, email, password, by=by, at=at)


@transaction.atomic
def assign_role(
    person: Person,
    *,
    role: Role,
    unit: Unit,
    from_date: date,
    until_date: date | None = None,
    by: Actor,
    at: datetime,
) -> RoleAssignment:
    """Give a person a role in a unit and everything below it.

    Raises:
        AccessDenied: the actor does not manage people in the unit.
        SeparationOfDuties: nobody gives a role to themselves.
        InvalidInput: the last day lies before the first.
        Conflict: the person is deactivated.
    """
    access.require(by, Permission.MANAGE_PEOPLE, unit=unit, at=at)
    if by.person_id == person.pk:
        access.require_another(by, than=[person.pk], what=_("a role of one's own"))
    if not person.is_active:
        raise Conflict(_("This person is deactivated."))
    if until_date and until_date < from_date:
        raise InvalidInput(_("The last day lies before the first."), field="until_date")
    return _save_assignment(person, role, unit, from_date, until_date, by=by, at=at)


@transaction.atomic
def admit(
    name: str,
    *,
    email: str,
    password: str | None,
    role: Role,
    unit: Unit,
    by: Actor,
    at: datetime,
) -> tuple[Person, RoleAssignment]:
    """Add a person and give them a first role from today on, or neither.

    Raises:
        AccessDenied: the actor does not manage people in the unit.
        InvalidInput: the name, the address or the password is not acceptable.
    """
    person = add_person(name, email=email, password=password, unit=unit, by=by, at=at)
    return person, assign_role(person, role=role, unit=unit, from_date=at.date(), by=by, at=at)


@transaction.atomic
def end_role(
    assignment: RoleAssignment, *, last_date: date, by: Actor, at: datetime
) -> RoleAssignment:
    """Say on which day a role holds for the last time; yesterday ends it at once.

    What was permitted on past days stays so: a role never ends earlier than yesterday, and one
    that has an end only comes to it sooner.

    Raises:
        AccessDenied: the actor does not manage people in the unit.
        InvalidInput: the day lies before the first one, before yesterday or after the end.
        Conflict: nobody would administer the organisation any more.
    """
    access.require(by, Permission.MANAGE_PEOPLE, unit=assignment.unit, at=at)
    # All administrators are held, so that two of them cannot end each other's role at once.
    held = RoleAssignment.objects.select_for_update(of=("self",)).filter(
        Q(pk=assignment.pk) | Q(role=Role.ADMINISTRATOR, unit__parent=None)
    )
    rows = {row.pk: row for row in held.order_by("pk")}
    row = rows[assignment.pk]
    _require_sooner(row, last_date, at.date())
    if row.role == Role.ADMINISTRATOR and assignment.unit.parent_id is None:
        others = [pk for pk in rows if pk != row.pk]
        _require_lasting_administrator(others, after=last_date)
    row.until_date = last_date
    row.save(update_fields=["until_date"])
    ledger.record(row, "ended", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def issue_token(  # noqa: PLR0913 - the limits of one token
    person: Person,
    *,
    name: str,
    permissions: Iterable[Permission],
    restricted_to: str = "",
    days: int = 90,
    unit: Unit,
    by: Actor,
    at: datetime,
) -> IssuedToken:
    """Issue a token with which a program acts for a person.

    Args:
        permissions: what the token carries; the person must hold each somewhere.
        restricted_to: ledger name of the one record it is for.
        days: 1 to 366.

    Raises:
        AccessDenied: the actor is neither the person nor manages people in the unit, or a
            permission is not the person's.
        InvalidInput: the name or the number of days is not acceptable.
    """
    if by.person_id != person.pk or by.only is not None:
        access.require(by, Permission.MANAGE_PEOPLE, unit=unit, at=at)
    _require_text(name, "name", 80)
    if not 1 <= days <= 366:
        raise InvalidInput(_("A token is valid for 1 to 366 days."), field="days")
    carried = sorted(permissions)
    for permission in carried:
        if not access.permitted_units(access.actor_of(person), permission, at=at).exists():
            raise AccessDenied(
                _("The person does not hold %(permission)s, so no token of theirs can carry it.")
                % {"permission": permission}
            )
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=person,
        name=name,
        digest=token_digest(secret),
        permissions=carried,
        restricted_to=restricted_to,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    ledger.record(token, "issued", by=by.ledger_name, at=at)
    return IssuedToken(token, secret)


@transaction.atomic
def revoke_token(token: ApiToken, *, unit: Unit, by: Actor, at: datetime) -> ApiToken:
    """End a token at once; revoking it again changes nothing.

    Raises:
        AccessDenied: the actor is neither its person nor manages people in the unit.
    """
    if by.person_id != token.person_id or by.only is not None:
        access.require(by, Permission.MANAGE_PEOPLE, unit=unit, at=at)
    row = ApiToken.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is None:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        ledger.record(row, "revoked", by=by.ledger_name, at=at)
    return row


def _take_turn() -> None:
    """Let a second founding wait for the first; on SQLite the transaction does."""
    if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FOUNDING])


def _save_unit(name: str, parent: Unit | None, *, by: Actor, at: datetime) -> Unit:
    _require_text(name, "name", 120)
    if Unit.objects.filter(parent=parent, name=name).exists():
        raise InvalidInput(_("There is a unit of this name already."), field="name")
    unit = Unit(name=name, parent=parent)
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(force_insert=True)
    ledger.record(unit, "added", by=by.ledger_name, at=at)
    return unit


def _save_person(name: str, email: str, password: str | None, *, by: Actor, at: datetime) -> Person:
    _require_text(name, "name", 120)
    person = Person(name=name, email=Person.objects.normalize_email(email))
    try:
        validate_email(person.email)
    except ValidationError as refusal:
        raise InvalidInput(" ".join(refusal.messages), field="email") from refusal
    if Person.objects.filter(email__iexact=person.email).exists():
        raise InvalidInput(_("There is a person with this address already."), field="email")
    if password is not None:
        require_sound(password, person)
    person.password = make_password(password)
    person.save(force_insert=True)
    ledger.record(person, "added", by=by.ledger_name, at=at)
    return person


def _save_assignment(
    person: Person,
    role: Role,
    unit: Unit,
    from_date: date,
    until_date: date | None,
    *,
    by: Actor,
    at: datetime,
) -> RoleAssignment:
    assignment = RoleAssignment.objects.create(
        person=person, role=role, unit=unit, from_date=from_date, until_date=until_date
    )
    ledger.record(assignment, "assigned", by=by.ledger_name, at=at)
    return assignment


def _require_sooner(row: RoleAssignment, last_date: date, today: date) -> None:
    if last_date < row.from_date:
        raise InvalidInput(_("The last day lies before the first."), field="until_date")
    if last_date < today - timedelta(days=1):
        raise InvalidInput(_("A role ends yesterday at the earliest."), field="until_date")
    if row.until_date and last_date >= row.until_date:
        raise InvalidInput(_("The role ends by then already."), field="until_date")


def _require_lasting_administrator(others: Iterable[uuid.UUID], *, after: date) -> None:
    lasting = RoleAssignment.objects.filter(
        pk__in=others,
        role=Role.ADMINISTRATOR,
        from_date__lte=after + timedelta(days=1),
        until_date=None,
        person__is_active=True,
    )
    if not lasting.exists():
        raise Conflict(_("Nobody would administer the organisation any more."))


def _require_text(value: str, field: str, maximum: int) -> None:
    if not value.strip() or len(value) > maximum:
        raise InvalidInput(
            _("Give 1 to %(maximum)d characters.") % {"maximum": maximum}, field=field
        )
