"""Changes to whether and with which password somebody gets in: actions, told apart by their term.

Whoever is deactivated can neither sign in nor be acted for by a token. What they did, own and hold
stays on record, and their roles hold again when they are reactivated.
"""

from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from twofold.ledger import actions as ledger
from twofold.people import access, throttle
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import person_behind
from twofold.people.models import Person, Role, RoleAssignment, Unit
from twofold.people.queries import holding, root_unit


def change_password(*, current: str, new: str, by: Actor, at: datetime) -> Person:
    """Give the person behind the actor another password; whoever asks knows the one that holds.

    Wrong passwords are counted as failed sign-ins are, so that no token helps to guess one.

    Raises:
        AccessDenied: the actor is no person.
        InvalidInput: the current password is wrong, or the new one is not acceptable.
        Conflict: it was wrong too often.
    """
    person = Person.objects.get(pk=person_behind(by))
    # Outside the transaction of the change: a refusal would take the count back.
    _require_current(person, current)
    require_sound(new, person)
    if new == current:
        raise InvalidInput(_("This is the password that you have."), field="password")
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        row.password = make_password(new)
        row.save(update_fields=["password"])
        ledger.record(row, "password_changed", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def deactivate(person: Person, *, by: Actor, at: datetime) -> Person:
    """Let a person in no longer: not by page, and by no token.

    Raises:
        AccessDenied: the actor does not manage people wherever the person holds or gets a role;
            in the organisation itself where they hold none.
        Conflict: they are deactivated already, or nobody would administer the organisation.
    """
    _require_manager_of(person, by, at)
    # All administrators are held, so that two of them cannot deactivate each other at once.
    rows = RoleAssignment.objects.select_for_update(of=("self",))
    list(rows.filter(role=Role.ADMINISTRATOR, unit__parent=None).order_by("pk"))
    row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not row.is_active:
        raise Conflict(_("This person is deactivated already."))
    require_another_administrator(row, at.date())
    return _set(row, active=False, kind="deactivated", by=by, at=at)


@transaction.atomic
def reactivate(person: Person, *, by: Actor, at: datetime) -> Person:
    """Let a deactivated person in again, with the password and roles that they had.

    Raises:
        AccessDenied: as for `deactivate`.
        Conflict: they are not deactivated, or were erased.
    """
    _require_manager_of(person, by, at)
    row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if row.is_active:
        raise Conflict(_("This person is not deactivated."))
    if row.erased_at is not None:
        raise Conflict(_("This person was erased: nobody can sign in as them any more."))
    return _set(row, active=True, kind="reactivated", by=by, at=at)


def may_let_in(person: Person, by: Actor, *, at: datetime) -> bool:
    """Return whether the actor may deactivate and reactivate a person."""
    units = units_of(person, at.date())
    return bool(units) and all(
        access.may(by, Permission.MANAGE_PEOPLE, unit=unit, at=at) for unit in units
    )


def require_sound(password: str, person: Person) -> None:
    """Return when a password is acceptable for a person.

    Raises:
        InvalidInput: it is not; with every reason.
    """
    try:
        validate_password(password, person)
    except ValidationError as refusal:
        raise InvalidInput(" ".join(refusal.messages), field="password") from refusal


def _require_current(person: Person, password: str) -> None:
    place = f"the password of {person.pk}"
    if throttle.is_closed(person.email, place):
        raise Conflict(_("A wrong password was given too often. Try again in fifteen minutes."))
    if not person.check_password(password):
        throttle.count_failure(person.email, place)
        raise InvalidInput(_("This is not your password."), field="current")
    throttle.forget(person.email, place)


def _require_manager_of(person: Person, by: Actor, at: datetime) -> None:
    for unit in units_of(person, at.date()):
        access.require(by, Permission.MANAGE_PEOPLE, unit=unit, at=at)


def units_of(person: Person, today: date) -> list[Unit]:
    """Return the units in which a person holds or gets a role; the organisation where none."""
    rows = RoleAssignment.objects.filter(Q(until_date=None) | Q(until_date__gte=today))
    found = {row.unit_id: row.unit for row in rows.filter(person=person).select_related("unit")}
    root = root_unit()
    return list(found.values()) or ([root] if root else [])


def require_another_administrator(person: Person, today: date) -> None:
    """Return when somebody else administers the organisation too, or the person does not.

    Raises:
        Conflict: nobody would administer it any more.
    """
    administrators = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, unit__parent=None)
    if not holding(administrators.filter(person=person), on=today).exists():
        return
    lasting = administrators.exclude(person=person).filter(
        from_date__lte=today + timedelta(days=1), until_date=None, person__is_active=True
    )
    if not lasting.exists():
        raise Conflict(_("Nobody would administer the organisation any more."))


def _set(person: Person, *, active: bool, kind: str, by: Actor, at: datetime) -> Person:
    person.is_active = active
    person.save(update_fields=["is_active"])
    ledger.record(person, kind, by=by.ledger_name, at=at)
    return person
