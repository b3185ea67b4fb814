"""AI systems over the API."""

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Router

from twofold.api.authentication import caller, reader
from twofold.api.schemas import Offset, Search, SystemIn, SystemOut
from twofold.inventory import actions, queries
from twofold.inventory.models import AISystem
from twofold.people.access import Permission
from twofold.people.queries import person_by_email, unit_by_name

router = Router(tags=["systems"])
ROWS = 100


@router.get("", response=list[SystemOut])
def list_systems(request: HttpRequest, q: Search = "", offset: Offset = 0) -> list[SystemOut]:
    at = _now()
    systems = queries.matching(queries.visible_systems(reader(request, at=at), at=at), q)
    if only := caller(request).restricted_to:
        systems = systems.filter(pk=only.partition(":")[2])
    return [_out(system) for system in systems[offset : offset + ROWS]]


@router.post("", response={201: SystemOut})
def register_system(request: HttpRequest, given: SystemIn) -> SystemOut:
    system = actions.register(
        given.code,
        unit=unit_by_name(given.unit),
        description=actions.SystemDescription(
            name=given.name,
            owner=person_by_email(given.owner, field="owner"),
            purpose=given.purpose,
            role=given.role,
            stage=given.stage,
            risk_tier=given.risk_tier,
        ),
        by=caller(request),
        at=_now(),
    )
    return _out(system)


@router.get("/{slug:code}", response=SystemOut)
def get_system(request: HttpRequest, code: str) -> SystemOut:
    return _out(queries.system_for(code, permission=Permission.READ, by=caller(request), at=_now()))


def _out(system: AISystem) -> SystemOut:
    return SystemOut(
        code=system.code,
        name=system.name,
        owner=system.owner.email,
        unit=system.unit.name,
        purpose=system.purpose,
        role=system.role,
        stage=system.stage,
        risk_tier=system.risk_tier,
        registered_at=system.registered_at,
    )


def _now() -> datetime:
    return datetime.now(UTC)
