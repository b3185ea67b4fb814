"""Who may do what, where: roles held in a unit permit things in that unit's subtree.

Every action calls `require` first; every query that a person reads through is scoped by
`permitted_units`.
"""

import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from twofold.people.errors import AccessDenied, SeparationOfDuties
from twofold.people.models import ApiToken, Person, Role, RoleAssignment, Unit


class Permission(StrEnum):
    """What an action can ask for."""

    READ = "read"
    MANAGE_PEOPLE = "people.manage"
    ERASE_PERSON = "people.erase"
    REGISTER_SYSTEM = "inventory.register"
    CHANGE_SYSTEM = "inventory.change"
    CONFIGURE_TELEMETRY = "telemetry.configure"
    SEND_TELEMETRY = "telemetry.send"
    CONFIGURE_MONITOR = "monitoring.configure"
    ACKNOWLEDGE_ALERT = "monitoring.acknowledge"
    ADD_EVIDENCE = "evidence.add"
    ASK_EVIDENCE = "evidence.ask"
    COLLECT_EVIDENCE = "evidence.collect"
    HOLD_EVIDENCE = "evidence.hold"
    ERASE_EVIDENCE = "evidence.erase"
    RELEASE_EVIDENCE = "evidence.release"
    IMPLEMENT_CONTROL = "controls.implement"
    APPROVE_CONTROL = "controls.approve"
    DECIDE_APPLICABILITY = "controls.applicability"
    CLAIM = "controls.claim"
    ACCEPT_CLAIM = "controls.accept"
    KEEP_LIBRARY = "controls.library"
    RUN_CHECKS = "controls.check"
    OVERRIDE = "controls.override"
    APPROVE_OVERRIDE = "controls.override.approve"
    PREPARE_STATEMENT = "controls.statement"
    APPROVE_STATEMENT = "controls.statement.approve"
    RAISE_FINDING = "findings.raise"
    ANSWER_FINDING = "findings.answer"
    CLOSE_FINDING = "findings.close"
    EXPORT_RECORD = "ledger.export"
    ROTATE_KEY = "ledger.rotate"


_P = Permission
_OWNING = {
    _P.READ,
    _P.REGISTER_SYSTEM,
    _P.CHANGE_SYSTEM,
    _P.CONFIGURE_TELEMETRY,
    _P.CONFIGURE_MONITOR,
    _P.ACKNOWLEDGE_ALERT,
    _P.ADD_EVIDENCE,
    _P.ASK_EVIDENCE,
    _P.COLLECT_EVIDENCE,
    _P.IMPLEMENT_CONTROL,
    _P.CLAIM,
    _P.RUN_CHECKS,
    _P.RAISE_FINDING,
    _P.ANSWER_FINDING,
}
_LEADING = _OWNING | {
    _P.ERASE_PERSON,
    _P.HOLD_EVIDENCE,
    _P.RELEASE_EVIDENCE,
    _P.ERASE_EVIDENCE,
    _P.APPROVE_CONTROL,
    _P.DECIDE_APPLICABILITY,
    _P.ACCEPT_CLAIM,
    _P.KEEP_LIBRARY,
    _P.OVERRIDE,
    _P.APPROVE_OVERRIDE,
    _P.PREPARE_STATEMENT,
    _P.APPROVE_STATEMENT,
    _P.CLOSE_FINDING,
    _P.EXPORT_RECORD,
}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(
        {_P.READ, _P.MANAGE_PEOPLE, _P.ERASE_PERSON, _P.EXPORT_RECORD, _P.ROTATE_KEY}
    ),
    Role.GOVERNANCE_LEAD: frozenset(_LEADING),
    Role.SECURITY_LEAD: frozenset(_LEADING),
    Role.SYSTEM_OWNER: frozenset(_OWNING),
    Role.ENGINEER: frozenset(
        {
            _P.READ,
            _P.CONFIGURE_TELEMETRY,
            _P.SEND_TELEMETRY,
            _P.CONFIGURE_MONITOR,
            _P.ADD_EVIDENCE,
            _P.COLLECT_EVIDENCE,
        }
    ),
    Role.APPROVER: frozenset(
        {
            _P.READ,
            _P.ERASE_EVIDENCE,
            _P.APPROVE_CONTROL,
            _P.ACCEPT_CLAIM,
            _P.APPROVE_OVERRIDE,
            _P.APPROVE_STATEMENT,
            _P.RAISE_FINDING,
            _P.CLOSE_FINDING,
        }
    ),
    Role.REVIEWER: frozenset({_P.READ}),
    Role.AUDITOR: frozenset(
        {
            _P.READ,
            _P.ASK_EVIDENCE,
            _P.RUN_CHECKS,
            _P.RAISE_FINDING,
            _P.CLOSE_FINDING,
            _P.EXPORT_RECORD,
        }
    ),
    Role.SENDER: frozenset({_P.SEND_TELEMETRY}),
    Role.READER: frozenset({_P.READ}),
}


@dataclass(frozen=True)
class Actor:
    """On whose behalf an action runs: a person, a person's token, or a part of the product.

    Attributes:
        ledger_name: how the ledger names the actor; it holds no personal data.
        person_id: the person who answers for it; None for a part of the product.
        only: the permissions a token is limited to; None: not limited.
        restricted_to: ledger name of the one record a token is for; blank: not restricted.
    """

    ledger_name: str
    person_id: uuid.UUID | None = None
    only: frozenset[str] | None = None
    restricted_to: str = ""
    system: bool = False
    #: Roles and unit paths by day: an actor lives for one request, and they are read once in it.
    _assignments: dict[date, list[tuple[str, str]]] = field(
        default_factory=dict, compare=False, repr=False
    )


def actor_of(person: Person) -> Actor:
    """Return the actor of a signed-in person."""
    return Actor(ledger_name=f"person:{person.pk}", person_id=person.pk)


def actor_of_token(token: ApiToken) -> Actor:
    """Return the actor of a program that presented a token."""
    return Actor(
        ledger_name=f"token:{token.pk}",
        person_id=token.person_id,
        only=frozenset(token.permissions),
        restricted_to=token.restricted_to,
    )


def part_of_product(name: str) -> Actor:
    """Return the actor of a part of the product, such as `monitoring`: it may do its work."""
    return Actor(ledger_name=f"system:{name}", system=True)


def require(
    by: Actor, permission: Permission, *, unit: Unit, at: datetime, subject: str = ""
) -> None:
    """Return when the actor may do this in the unit at that time.

    Args:
        subject: ledger name of the record that is acted on, for restricted tokens.

    Raises:
        AccessDenied: no role that the actor holds permits it there, or the token does not carry it.
    """
    if by.system:
        return
    if not may(by, permission, unit=unit, at=at, subject=subject):
        raise AccessDenied(
            _("You hold no role in %(unit)s that permits this (%(permission)s).")
            % {"unit": unit.name, "permission": permission.value}
        )


def may(by: Actor, permission: Permission, *, unit: Unit, at: datetime, subject: str = "") -> bool:
    """Return whether `require` would let this pass."""
    if by.system:
        return True
    if by.restricted_to and by.restricted_to != subject:
        return False
    return any(unit.path.startswith(path) for path in _permitted_paths(by, permission, at))


def require_anywhere(by: Actor, permission: Permission, *, at: datetime) -> None:
    """Return when the actor holds the permission in at least one unit.

    Raises:
        AccessDenied: it does not.
    """
    if not may_anywhere(by, permission, at=at):
        raise AccessDenied(
            _("You hold no role that permits this (%(permission)s).")
            % {"permission": permission.value}
        )


def may_anywhere(by: Actor, permission: Permission, *, at: datetime) -> bool:
    """Return whether `require_anywhere` would let this pass."""
    return by.system or bool(_permitted_paths(by, permission, at))


def require_another(by: Actor, *, than: Iterable[uuid.UUID | None], what: str) -> None:
    """Return when the person behind the actor is none of those given.

    Raises:
        SeparationOfDuties: the actor had a hand in it, or no person stands behind the actor.
    """
    if by.person_id is None or by.person_id in set(than):
        raise SeparationOfDuties(
            _("Two persons are needed: %(what)s must be decided by somebody else.") % {"what": what}
        )


def permitted_units(by: Actor, permission: Permission, *, at: datetime) -> QuerySet[Unit]:
    """Return the units in which the actor holds the permission at that time."""
    if by.system:
        return Unit.objects.all()
    within = Q(pk__in=[])
    for path in _permitted_paths(by, permission, at):
        within |= Q(path__startswith=path)
    return Unit.objects.filter(within)


def reach(by: Actor, permission: Permission, *, at: datetime) -> tuple[str, ...]:
    """Return the unit paths below which the actor holds the permission, none within another.

    A part of the product reaches everything: the path `/` is a prefix of all.
    """
    if by.system:
        return ("/",)
    found: list[str] = []
    for path in sorted(_permitted_paths(by, permission, at)):
        if not any(path.startswith(wider) for wider in found):
            found.append(path)
    return tuple(found)


def paths_above(paths: Iterable[str]) -> set[str]:
    """Return the paths of the units at and above these ones."""
    return {
        above
        for path in paths
        for above in itertools.accumulate(part + "/" for part in path.split("/")[:-1])
    }


def _permitted_paths(by: Actor, permission: Permission, at: datetime) -> list[str]:
    """Return the unit paths below which the actor holds the permission; read once per actor."""
    if by.only is not None and permission not in by.only:
        return []
    if by.person_id is None:
        return []
    day = at.date()
    remembered = by._assignments  # noqa: SLF001 - the actor's own memory
    if day not in remembered:
        remembered[day] = _assignments_on(day, by.person_id)
    return [path for role, path in remembered[day] if permission in PERMISSIONS[role]]


def _assignments_on(day: date, person_id: uuid.UUID) -> list[tuple[str, str]]:
    rows = RoleAssignment.objects.filter(
        Q(until_date=None) | Q(until_date__gte=day),
        person_id=person_id,
        person__is_active=True,
        from_date__lte=day,
    )
    return list(rows.values_list("role", "unit__path").order_by("unit__path"))
