"""Reading the register of AI systems."""

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from twofold.inventory.models import AISystem
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.errors import NotFound


def visible_systems(by: Actor, *, at: datetime) -> QuerySet[AISystem]:
    """Return the systems that the actor may read, by name."""
    return systems_in_reach(by, at=at).select_related("unit", "owner").order_by("name", "pk")


def systems_in_reach(
    by: Actor, *, permission: Permission = Permission.READ, at: datetime
) -> QuerySet[AISystem]:
    """Return the systems that the actor may act on in this way.

    Of an actor that is restricted to one record, that system or none.
    """
    systems = AISystem.objects.filter(unit__in=permitted_units(by, permission, at=at))
    if not by.restricted_to:
        return systems
    key = _key_in(by.restricted_to)
    return systems.filter(pk=key) if key else systems.none()


def matching(systems: QuerySet[AISystem], text: str) -> QuerySet[AISystem]:
    """Narrow systems to those whose name, code or purpose holds the text, in any case."""
    if not text:
        return systems
    return systems.filter(
        Q(name__icontains=text) | Q(code__icontains=text) | Q(purpose__icontains=text)
    )


def system_for(code: str, *, permission: Permission, by: Actor, at: datetime) -> AISystem:
    """Return one system that the actor may act on in this way.

    Raises:
        NotFound: there is none, or it lies outside the actor's reach: the two are told alike.
    """
    systems = systems_in_reach(by, permission=permission, at=at)
    system = systems.select_related("unit", "owner").filter(code=code).first()
    if system is None:
        raise NotFound(_("There is no AI system %(code)s.") % {"code": code}, field="system")
    return system


def _key_in(subject: str) -> uuid.UUID | None:
    """Return the key of the system that a ledger name is of, or None: it is of something else."""
    model, _separator, key = subject.partition(":")
    try:
        return uuid.UUID(key) if model == AISystem._meta.label_lower else None
    except ValueError:
        return None
