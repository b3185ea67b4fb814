"""Changes to the register of AI systems."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import InvalidInput
from twofold.people.models import Person, Unit

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class SystemDescription:
    """What the register holds of a system."""

    name: str
    owner: Person
    purpose: str
    role: SystemRole
    stage: Stage
    risk_tier: RiskTier


@transaction.atomic
def register(
    code: str, *, unit: Unit, description: SystemDescription, by: Actor, at: datetime
) -> AISystem:
    """Enter an AI system in the register.

    Raises:
        AccessDenied: the actor may not register systems in the unit.
        InvalidInput: the code is taken or not of small letters, digits and hyphens, or a text is
            missing or too long.
    """
    access.require(by, Permission.REGISTER_SYSTEM, unit=unit, at=at)
    if not _CODE.fullmatch(code) or len(code) > 60:
        raise InvalidInput(
            _("A code has 1 to 60 small letters, digits and single hyphens."), field="code"
        )
    if AISystem.objects.filter(code=code).exists():
        raise InvalidInput(_("There is an AI system with this code already."), field="code")
    _check(description)
    system = AISystem(code=code, unit=unit, registered_at=at)
    _apply(system, description)
    system.save(force_insert=True)
    ledger.record(system, "registered", by=by.ledger_name, at=at)
    return system


@transaction.atomic
def change(
    system: AISystem, *, description: SystemDescription, by: Actor, at: datetime
) -> AISystem:
    """Change what the register holds of a system.

    Raises:
        AccessDenied: the actor may not change systems in the unit.
        InvalidInput: a text is missing or too long.
    """
    access.require(
        by, Permission.CHANGE_SYSTEM, unit=system.unit, at=at, subject=system.ledger_subject
    )
    _check(description)
    system = AISystem.objects.select_for_update().get(pk=system.pk)
    _apply(system, description)
    system.save()
    ledger.record(system, "changed", by=by.ledger_name, at=at)
    return system


def _check(description: SystemDescription) -> None:
    for field, value, maximum in (
        ("name", description.name, 120),
        ("purpose", description.purpose, 2000),
    ):
        if not value.strip() or len(value) > maximum or "\0" in value:
            raise InvalidInput(
                _("Give 1 to %(maximum)d characters.") % {"maximum": maximum}, field=field
            )


def _apply(system: AISystem, description: SystemDescription) -> None:
    system.name = description.name.strip()
    system.owner = description.owner
    system.purpose = description.purpose.strip()
    system.role = description.role
    system.stage = description.stage
    system.risk_tier = description.risk_tier
