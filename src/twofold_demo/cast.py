"""The cast: who works at Harbourline, in which role and unit, founded through the actions."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from twofold.people import actions
from twofold.people.access import Actor, Permission, actor_of, part_of_product
from twofold.people.models import Person, Role, Unit
from twofold_demo.sending import Tokens

NAME = "Harbourline"
DOMAIN = "harbourline.example"
TRAVEL, LENDING = "Travel", "Lending"


@dataclass(frozen=True)
class Member:
    """One of the cast; `unit` is blank for the whole organisation."""

    name: str
    role: Role
    title: str
    unit: str = ""
    signs_in: bool = True

    @property
    def key(self) -> str:
        """First name in small letters: how content files name the person."""
        return self.name.split()[0].lower()

    @property
    def email(self) -> str:
        """Address to sign in with."""
        return f"{'.'.join(self.name.lower().split())}@{DOMAIN}"


ADMINISTRATOR = Member("Ines Falk", Role.ADMINISTRATOR, "IT operations")
CAST = (
    ADMINISTRATOR,
    Member("Marta Lindqvist", Role.GOVERNANCE_LEAD, "AI governance lead"),
    Member("Tomasz Okoro", Role.SECURITY_LEAD, "Information security lead"),
    Member("Jonas Pereira", Role.SYSTEM_OWNER, "Owner of the delay forecast", TRAVEL),
    Member("Amina Castell", Role.SYSTEM_OWNER, "Owner of the mortgage pre-check", LENDING),
    Member("Ravi Brandt", Role.ENGINEER, "ML engineer"),
    Member("Helen Marsh", Role.APPROVER, "Chief operating officer"),
    Member("Luis Aydin", Role.REVIEWER, "Underwriter", LENDING),
    Member("Greta Novak", Role.AUDITOR, "Internal auditor"),
    Member("Decision Service", Role.SENDER, "Sends telemetry", signs_in=False),
)


#: Joins and leaves during the play; the name is nobody's.
TRAINEE = Member("Odalys Brenninkamp", Role.READER, "Trainee of the platform", signs_in=False)


@dataclass(frozen=True)
class Organisation:
    """The founded organisation: its units by name (blank: the root) and its people by key."""

    units: dict[str, Unit]
    people: dict[str, Person]

    def actor(self, key: str) -> Actor:
        """Return the actor of a person, as a request of theirs would have it."""
        return actor_of(self.people[key])


@transaction.atomic
def found(*, password: str, at: datetime) -> Organisation:
    """Found Harbourline with its units and cast.

    Raises:
        Conflict: an organisation stands already.
        InvalidInput: the password is not acceptable.
    """
    root, administrator = actions.found_organisation(
        NAME,
        administrator=ADMINISTRATOR.name,
        email=ADMINISTRATOR.email,
        password=password,
        by=part_of_product("installation"),
        at=at,
    )
    by = actor_of(administrator)
    units = {"": root}
    for name in (TRAVEL, LENDING):
        units[name] = actions.add_unit(name, parent=root, by=by, at=at)
    people = {ADMINISTRATOR.key: administrator}
    for member in CAST[1:]:
        people[member.key] = _join(member, units, password=password, by=by, at=at)
    return Organisation(units, people)


def new_password() -> str:
    """Return a password that nobody can guess."""
    return secrets.token_urlsafe(12)


def issue_tokens(organisation: Organisation, subject: str, *, at: datetime) -> Tokens:
    """Issue the tokens of one system's programs, good for that system alone."""
    return Tokens(
        engineer=_token(
            organisation,
            "ravi",
            "Training pipeline",
            {Permission.CONFIGURE_TELEMETRY, Permission.CONFIGURE_MONITOR},
            subject,
            at,
        ),
        sender=_token(
            organisation, "decision", "Production service", {Permission.SEND_TELEMETRY}, subject, at
        ),
    )


def issue_evidence_token(organisation: Organisation, *, at: datetime) -> str:
    """Issue the token with which the training pipeline hands evidence in for its engineer."""
    permissions = {Permission.READ, Permission.ADD_EVIDENCE}
    return _token(organisation, "ravi", "Evidence of the pipeline", permissions, "", at)


def join_trainee(organisation: Organisation, *, at: datetime) -> Person:
    """Have somebody join who reads and never signs in."""
    by = organisation.actor(ADMINISTRATOR.key)
    return _join(TRAINEE, organisation.units, password="", by=by, at=at)


def _join(
    member: Member, units: dict[str, Unit], *, password: str, by: Actor, at: datetime
) -> Person:
    person = actions.add_person(
        member.name,
        email=member.email,
        password=password if member.signs_in else None,
        unit=units[member.unit],
        by=by,
        at=at,
    )
    actions.assign_role(
        person, role=member.role, unit=units[member.unit], from_date=at.date(), by=by, at=at
    )
    return person


def _token(
    organisation: Organisation,
    key: str,
    name: str,
    permissions: set[Permission],
    subject: str,
    at: datetime,
) -> str:
    issued = actions.issue_token(
        organisation.people[key],
        name=name,
        permissions=permissions,
        restricted_to=subject,
        unit=organisation.units[""],
        by=organisation.actor(ADMINISTRATOR.key),
        at=at,
    )
    return issued.secret
