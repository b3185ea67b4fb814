"""AI systems over the API."""

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Router

from twofold.api.authentication import caller
from twofold.api.schemas import SystemIn, SystemOut
from twofold.inventory import actions, queries
from twofold.inventory.models import AISystem
from twofold.people.access import Permission
from twofold.people.queries import person_by_email, unit_by_name

router = Router(tags=["systems"])


@router.get("", response=list[SystemOut])
def list_systems(request: HttpRequest, q: str = "", offset: int = 0) -> list[SystemOut]:
    systems = queries.matching(queries.visible_systems(caller(request), at=_now()), q[:200])
    start = max(0, min(offset, 1_000_000))
    return [_out(system) for system in systems[start : start + 100]]


@router.post("", response={201: SystemOut})
def register_system(request: HttpRequest, given: SystemIn) -> tuple[int, SystemOut]:
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
    return 201, _out(system)


@router.get("/{code}", response=SystemOut)
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
