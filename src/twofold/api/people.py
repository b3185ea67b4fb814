"""Persons, roles and units over the API, and one's own password."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, unrestricted_reader
from twofold.api.schemas import In, Offset, Search, Text
from twofold.people import accounts, actions
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.models import Person, Role, RoleAssignment, Unit
from twofold.people.queries import (
    assignment_for,
    holding,
    may_manage_people,
    person_for,
    unit_by_name,
    visible_assignments,
    visible_persons,
)

router = Router(tags=["people"])
ROWS = 100
_Name = Annotated[Text, Field(min_length=1, max_length=120)]
_UnitName = Annotated[Text, Field(max_length=120)]
_Password = Annotated[Text, Field(min_length=1, max_length=200)]


class _Secret(In):
    # A password is taken as it is: a space around it is a part of it.
    model_config = {**In.model_config, "str_strip_whitespace": False}


class PersonIn(_Secret):
    """A new person, with a first role from today on where one is given; unit by name.

    Without a password they cannot sign in: only tokens act for them.
    """

    name: _Name
    email: Annotated[Text, Field(max_length=254)]
    password: _Password | None = None
    unit: _UnitName = ""
    role: Role | None = None


class RoleIn(In):
    """A role in a unit (by name; default: the root) and everything below it."""

    role: Role
    unit: _UnitName = ""
    from_date: date | None = None
    until_date: date | None = None


class RoleEndIn(In):
    """The last day of a role; yesterday ends it at once."""

    last_date: date


class PasswordIn(_Secret):
    """The password that holds, and the one that is to hold."""

    current: _Password
    password: _Password


class UnitIn(In):
    """A unit below another (by name; default: the root)."""

    name: _Name
    parent: _UnitName = ""


class RoleOut(BaseModel):
    id: UUID
    role: str
    unit: str
    from_date: date
    until_date: date | None


class PersonOut(BaseModel):
    """A person with the roles that hold today; the address is blank for who may not see it."""

    id: UUID
    name: str
    email: str
    active: bool
    roles: list[RoleOut]


class PersonChangedOut(BaseModel):
    id: UUID
    active: bool


class UnitOut(BaseModel):
    id: UUID
    name: str
    parent: str


@router.get("/people", response=list[PersonOut])
def list_people(
    request: HttpRequest,
    q: Search = "",
    role: Role | None = None,
    active: bool = True,  # noqa: FBT001, FBT002 - a part of the query
    offset: Offset = 0,
) -> list[PersonOut]:
    at = _now()
    by = unrestricted_reader(request, at=at)
    manages = may_manage_people(by, at=at)
    rows = visible_persons(by, at=at, active=active)
    held = holding(visible_assignments(by, at=at), on=at.date())
    if q:
        # Whether somebody has an address is told to those alone who may see it.
        named = Q(name__icontains=q)
        rows = rows.filter(named | Q(email__icontains=q) if manages else named)
    if role is not None:
        rows = rows.filter(pk__in=held.filter(role=role).order_by().values("person"))
    return _people(rows[offset : offset + ROWS], by, at)


@router.post("/people", response={201: PersonOut})
def add_person(request: HttpRequest, given: PersonIn) -> PersonOut:
    by, at = caller(request), _now()
    name, unit = given.name.strip(), unit_by_name(given.unit.strip())
    if given.role is None:
        made = actions.add_person(
            name, email=given.email.strip(), password=given.password, unit=unit, by=by, at=at
        )
        return _person(made, [], shown=True)
    made, first = actions.admit(
        name,
        email=given.email.strip(),
        password=given.password,
        role=given.role,
        unit=unit,
        by=by,
        at=at,
    )
    return _person(made, [first], shown=True)


@router.post("/people/password", response=PersonChangedOut)
def change_password(request: HttpRequest, given: PasswordIn) -> PersonChangedOut:
    changed = accounts.change_password(
        current=given.current, new=given.password, by=caller(request), at=_now()
    )
    return _changed(changed)


@router.get("/people/{uuid:key}", response=PersonOut)
def get_person(request: HttpRequest, key: UUID) -> PersonOut:
    at = _now()
    by = unrestricted_reader(request, at=at)
    person_for(key, by, at=at)
    return _people(visible_persons(by, at=at, active=None).filter(pk=key), by, at)[0]


@router.post("/people/{uuid:key}/roles", response={201: RoleOut})
def give_role(request: HttpRequest, key: UUID, given: RoleIn) -> RoleOut:
    at = _now()
    found = person_for(key, unrestricted_reader(request, at=at), at=at)
    made = actions.assign_role(
        found,
        role=given.role,
        unit=unit_by_name(given.unit),
        from_date=given.from_date or at.date(),
        until_date=given.until_date,
        by=caller(request),
        at=at,
    )
    return _role(made)


@router.post("/people/roles/{uuid:key}/end", response=RoleOut)
def end_role(request: HttpRequest, key: UUID, given: RoleEndIn) -> RoleOut:
    at = _now()
    found = assignment_for(key, unrestricted_reader(request, at=at), at=at)
    return _role(actions.end_role(found, last_date=given.last_date, by=caller(request), at=at))


@router.post("/people/{uuid:key}/deactivate", response=PersonChangedOut)
def deactivate_person(request: HttpRequest, key: UUID) -> PersonChangedOut:
    at = _now()
    found = person_for(key, unrestricted_reader(request, at=at), at=at)
    return _changed(accounts.deactivate(found, by=caller(request), at=at))


@router.post("/people/{uuid:key}/reactivate", response=PersonChangedOut)
def reactivate_person(request: HttpRequest, key: UUID) -> PersonChangedOut:
    at = _now()
    found = person_for(key, unrestricted_reader(request, at=at), at=at)
    return _changed(accounts.reactivate(found, by=caller(request), at=at))


@router.get("/units", response=list[UnitOut])
def list_units(request: HttpRequest, offset: Offset = 0) -> list[UnitOut]:
    at = _now()
    rows = permitted_units(unrestricted_reader(request, at=at), Permission.READ, at=at)
    page = rows.select_related("parent").order_by("path")[offset : offset + ROWS]
    return [_unit(row) for row in page]


@router.post("/units", response={201: UnitOut})
def add_unit(request: HttpRequest, given: UnitIn) -> UnitOut:
    return _unit(
        actions.add_unit(
            given.name, parent=unit_by_name(given.parent), by=caller(request), at=_now()
        )
    )


def _people(rows: QuerySet[Person], by: Actor, at: datetime) -> list[PersonOut]:
    shown = may_manage_people(by, at=at)
    held = holding(visible_assignments(by, at=at), on=at.date())
    page = rows.prefetch_related(Prefetch("assignments", held, "held"))
    return [_person(row, row.held, shown=shown) for row in page]


def _person(row: Person, held: list[RoleAssignment], *, shown: bool) -> PersonOut:
    return PersonOut(
        id=row.pk,
        name=row.name,
        email=row.email if shown else "",
        active=row.is_active,
        roles=[_role(entry) for entry in held],
    )


def _role(row: RoleAssignment) -> RoleOut:
    return RoleOut(
        id=row.pk,
        role=row.role,
        unit=row.unit.name,
        from_date=row.from_date,
        until_date=row.until_date,
    )


def _changed(row: Person) -> PersonChangedOut:
    return PersonChangedOut(id=row.pk, active=row.is_active)


def _unit(row: Unit) -> UnitOut:
    return UnitOut(id=row.pk, name=row.name, parent=row.parent.name if row.parent else "")


def _now() -> datetime:
    return datetime.now(UTC)
