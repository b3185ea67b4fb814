"""Erasing: one person asks with a reason, another erases, or it is taken back.

What an erasure does to a record is its own context's business; here it is asked for and decided,
and persons are erased. Nothing of the ledger is altered: the salts behind the commitments to what
was erased are destroyed, and an entry says what was erased, why and by whom.
"""

from datetime import date, datetime, timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from twofold.ledger import actions as ledger
from twofold.ledger.erasing import destroy_salts
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.accounts import require_another_administrator, units_of
from twofold.people.errors import Conflict, SeparationOfDuties
from twofold.people.given import person_behind, required
from twofold.people.models import ApiToken, Erasure, Person, RoleAssignment, Unit
from twofold.people.queries import root_unit

PERSON = Person._meta.label_lower
_PERMISSIONS = {
    PERSON: Permission.ERASE_PERSON,
    # Named here as text: what is kept about evidence lies above.
    "evidence.evidenceitem": Permission.ERASE_EVIDENCE,
}
_REASON_LENGTH = 500


def permission_for(erasure: Erasure) -> Permission:
    """Return the permission with which an erasure is asked for, decided and taken back."""
    return _PERMISSIONS[erasure.subject.partition(":")[0]]


def enter(
    subject: str, *, kind: str = "", unit: Unit, reason: str, by: Actor, at: datetime
) -> Erasure:
    """Enter that somebody asks to erase a record; whoever calls has checked that they may.

    Raises:
        AccessDenied: no person stands behind the actor.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is asked for already.
    """
    if Erasure.objects.filter(subject=subject, withdrawal="").exists():
        raise Conflict(_("Its erasure is asked for already."))
    made = Erasure.objects.create(
        subject=subject,
        kind=kind,
        unit=unit,
        reason=_reason(reason),
        asked_by_id=person_behind(by),
        asked_at=at,
    )
    ledger.record(made, "asked", by=by.ledger_name, at=at)
    return made


def waiting(erasure: Erasure) -> Erasure:
    """Return an erasure as it stands, locked until the transaction ends.

    Raises:
        Conflict: it is decided already.
    """
    rows = Erasure.objects.select_for_update(of=("self",)).select_related("unit", "asked_by")
    found = rows.get(pk=erasure.pk)
    if found.decided_at is not None:
        raise Conflict(
            _("It was taken back already.") if found.withdrawal else _("It is erased already.")
        )
    return found


def require_second(erasure: Erasure, by: Actor) -> None:
    """Return when the actor is another person than the one who asked.

    Raises:
        SeparationOfDuties: they are the same, or no person stands behind the actor.
    """
    access.require_another(by, than=[erasure.asked_by_id], what=_("the erasure"))


def enter_decision(erasure: Erasure, *, by: Actor, at: datetime) -> Erasure:
    """Enter that the record was erased, in the transaction that erased it."""
    erasure.decided_by_id = person_behind(by)
    erasure.decided_at = at
    erasure.save(update_fields=["decided_by", "decided_at"])
    ledger.record(erasure, "confirmed", by=by.ledger_name, at=at)
    return erasure


@transaction.atomic
def withdraw(erasure: Erasure, *, reason: str, by: Actor, at: datetime) -> Erasure:
    """Take back that a record is to be erased; one person is enough, since nothing is lost by it.

    Raises:
        AccessDenied: the actor may not erase such records there, or is no person.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is decided already.
    """
    access.require(by, permission_for(erasure), unit=erasure.unit, at=at)
    row = waiting(erasure)
    row.withdrawal = _reason(reason)
    row.decided_by_id = person_behind(by)
    row.decided_at = at
    row.save(update_fields=["withdrawal", "decided_by", "decided_at"])
    ledger.record(row, "withdrawn", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def ask_to_erase(person: Person, *, reason: str, by: Actor, at: datetime) -> Erasure:
    """Ask that a person is erased: name, address and access go, what they did stays.

    Raises:
        AccessDenied: the actor may not erase persons wherever this one holds a role.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is asked for already, they are erased, or nobody would administer.
    """
    units = _require_everywhere(person, by, at)
    row = _standing(person)
    require_another_administrator(row, at.date())
    only = len(units) == 1
    unit = units[0] if only else root_unit() or units[0]
    return enter(row.ledger_subject, unit=unit, reason=reason, by=by, at=at)


@transaction.atomic
def erase_person(erasure: Erasure, *, by: Actor, at: datetime) -> Person:
    """Erase a person, as somebody else asked: nobody can tell any more who it was.

    Roles end, tokens are revoked, sessions end. Their own records and the entries of what they did
    name a key that leads to nobody.

    Raises:
        AccessDenied: the actor may not erase persons wherever this one holds a role.
        SeparationOfDuties: the actor asked for it, or is the person.
        Conflict: it is decided already, or nobody would administer the organisation.
    """
    request = waiting(erasure)
    person = Person.objects.get(pk=request.subject.partition(":")[2])
    _require_everywhere(person, by, at)
    require_second(request, by)
    if by.person_id == person.pk:
        raise SeparationOfDuties(_("Nobody confirms the erasure of themselves."))
    row = _standing(person)
    require_another_administrator(row, at.date())
    _end_access(row, by=by, at=at)
    row.name = row.email = row.password = ""
    row.is_active = False
    row.erased_at = at
    row.save()
    asked_by = f"person:{request.asked_by_id}"
    body = {"reason": request.reason, "asked_by": asked_by}
    ledger.record(row, "erased", by=by.ledger_name, at=at, body=body)
    destroy_salts([row.ledger_subject])
    enter_decision(request, by=by, at=at)
    return row


def may_erase(person: Person, by: Actor, *, at: datetime) -> bool:
    """Return whether the actor may ask for a person's erasure, or confirm what another asked."""
    return all(
        access.may(by, Permission.ERASE_PERSON, unit=unit, at=at)
        for unit in units_of(person, at.date())
    )


def _require_everywhere(person: Person, by: Actor, at: datetime) -> list[Unit]:
    """Return the units in which a person holds a role, when the actor may erase persons in all."""
    units = units_of(person, at.date())
    for unit in units:
        access.require(by, Permission.ERASE_PERSON, unit=unit, at=at)
    return units


def _standing(person: Person) -> Person:
    row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if row.erased_at is not None:
        raise Conflict(_("This person is erased already."))
    return row


def _end_access(person: Person, *, by: Actor, at: datetime) -> None:
    tokens = list(ApiToken.objects.select_for_update().filter(person=person, revoked_at=None))
    for token in tokens:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
    if tokens:
        ledger.record_all(tokens, "revoked", by=by.ledger_name, at=at)
    roles = list(_lasting_roles(person, at.date()))
    for role in roles:
        role.until_date = max(role.from_date, at.date() - timedelta(days=1))
        role.save(update_fields=["until_date"])
    if roles:
        ledger.record_all(roles, "ended", by=by.ledger_name, at=at)
    _end_sessions(person)


def _lasting_roles(person: Person, today: date) -> list[RoleAssignment]:
    held = RoleAssignment.objects.select_for_update(of=("self",)).filter(person=person)
    return list(held.filter(Q(until_date=None) | Q(until_date__gte=today)).order_by("pk"))


def _end_sessions(person: Person) -> None:
    """Delete the sessions of a person; whose a session is stands inside it alone."""
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


def _reason(text: str) -> str:
    return required(
        text,
        _REASON_LENGTH,
        field="reason",
        message=_("Say in 1 to %(maximum)s characters why."),
    )
