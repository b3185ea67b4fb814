"""Reading the register of AI systems."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from twofold.inventory.models import AISystem
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.errors import NotFound


def visible_systems(by: Actor, *, at: datetime) -> QuerySet[AISystem]:
    """Return the systems in units that the actor may read, by name."""
    return (
        AISystem.objects.filter(unit__in=permitted_units(by, Permission.READ, at=at))
        .select_related("unit", "owner")
        .order_by("name", "pk")
    )


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
    systems = AISystem.objects.filter(unit__in=permitted_units(by, permission, at=at))
    system = systems.select_related("unit", "owner").filter(code=code).first()
    if system is None or (by.restricted_to and by.restricted_to != system.ledger_subject):
        raise NotFound(_("There is no AI system %(code)s.") % {"code": code}, field="system")
    return system
