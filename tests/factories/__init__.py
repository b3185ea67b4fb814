"""The minimum valid records, made through the product's own actions, and the cast of people."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from twofold.controls import actions as controls
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem
from twofold.inventory import actions as inventory
from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold.people import access, actions
from twofold.people.access import Actor, Permission
from twofold.people.models import Person, Role, Unit
from twofold.telemetry import actions as telemetry
from twofold.telemetry.models import EventSchema

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PASSWORD = "a sound passphrase of tests"
FIELDS: Sequence[Mapping[str, str]] = (
    {"name": "amount", "type": "number", "role": "feature"},
    {"name": "approved", "type": "boolean", "role": "prediction"},
    {"name": "score", "type": "number", "role": "score"},
    {"name": "repaid", "type": "boolean", "role": "label"},
    {"name": "sex", "type": "category", "role": "protected"},
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cast:
    """The people who stand in every test; `unit` is theirs, the outsider's is beside it."""

    root: Unit
    unit: Unit
    elsewhere: Unit
    administrator: Person
    owner: Person
    lead: Person
    approver: Person
    reviewer: Person
    auditor: Person
    engineer: Person
    outsider: Person


def now() -> datetime:
    """Return the real time, for tests of what reads the clock itself."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def cast(at: datetime = AT) -> Cast:
    """Found the organisation and give each of the cast their role."""
    root, administrator = actions.found_organisation(
        "Acme",
        administrator="Administrator",
        email="administrator@acme.example",
        password=PASSWORD,
        by=access.part_of_product("installation"),
        at=at,
    )
    by = access.actor_of(administrator)
    unit = actions.add_unit("Lending", parent=root, by=by, at=at)
    elsewhere = actions.add_unit("Travel", parent=root, by=by, at=at)
    places = {
        "owner": (Role.SYSTEM_OWNER, unit),
        "lead": (Role.GOVERNANCE_LEAD, root),
        "approver": (Role.APPROVER, unit),
        "reviewer": (Role.REVIEWER, unit),
        "auditor": (Role.AUDITOR, root),
        "engineer": (Role.ENGINEER, unit),
        "outsider": (Role.GOVERNANCE_LEAD, elsewhere),
    }
    people = {name: person(name, by=by, unit=root, at=at) for name in places}
    for name, (role, place) in places.items():
        actions.assign_role(people[name], role=role, unit=place, from_date=at.date(), by=by, at=at)
    return Cast(root, unit, elsewhere, administrator, **people)


def person(name: str, *, by: Actor, unit: Unit, at: datetime = AT) -> Person:
    """Add a person who can sign in with `PASSWORD`."""
    return actions.add_person(
        name.capitalize(),
        email=f"{name}@acme.example",
        password=PASSWORD,
        unit=unit,
        by=by,
        at=at,
    )


def actor(someone: Person) -> Actor:
    """Return a new actor of a person: nothing of an earlier one's roles is remembered."""
    return access.actor_of(someone)


def token(
    someone: Person,
    cast: Cast,
    *permissions: Permission,
    restricted_to: str = "",
    at: datetime | None = None,
) -> str:
    """Issue a token of a person's own and return its secret; valid in real time."""
    return actions.issue_token(
        someone,
        name="test",
        permissions=permissions,
        restricted_to=restricted_to,
        unit=cast.unit,
        by=actor(someone),
        at=at or now(),
    ).secret


def system(cast: Cast, *, code: str = "", at: datetime = AT) -> AISystem:
    """Register an AI system in the cast's unit."""
    code = code or f"system-{next(_numbers)}"
    return inventory.register(
        code,
        unit=cast.unit,
        description=inventory.SystemDescription(
            name=code.replace("-", " ").capitalize(),
            owner=cast.owner,
            purpose="Suggests which applications to approve.",
            role=SystemRole.DEPLOYER,
            stage=Stage.OPERATION,
            risk_tier=RiskTier.HIGH,
        ),
        by=actor(cast.owner),
        at=at,
    )


def schema(of: AISystem, cast: Cast, *, version: str = "1", at: datetime = AT) -> EventSchema:
    """Declare `FIELDS` for a system."""
    return telemetry.declare_schema(
        of, version=version, fields=FIELDS, by=actor(cast.engineer), at=at
    )


def events(
    count: int, *, name: str = "event", at: datetime = AT, **values: Any
) -> list[dict[str, Any]]:
    """Return events of `FIELDS`, an hour before `at`; `values` replace the ordinary ones."""
    moment = (at - timedelta(hours=1)).isoformat()
    return [
        {
            "id": f"{name}-{number}",
            "at": moment,
            "values": {
                "amount": 100.0 + number % 50,
                "approved": number % 2 == 0,
                "score": (number % 10) / 10,
                "repaid": number % 4 < 2,
                "sex": "f" if number % 3 == 0 else "m",
                **values,
            },
        }
        for number in range(count)
    ]


def body(of: Sequence[Mapping[str, Any]]) -> bytes:
    """Return events as the body of a request."""
    return msgspec.json.encode({"events": of})


def content(
    data: bytes = b"what was seen",
    *,
    period_from: date = date(2026, 11, 1),
    period_to: date = date(2026, 11, 15),
    valid_until: date = date(2026, 12, 31),
) -> evidence.Content:
    """Return a small text file as the content of evidence."""
    return evidence.Content(
        chunks=[data],
        file_name="seen.txt",
        media_type="text/plain",
        source="a test",
        period_from=period_from,
        period_to=period_to,
        valid_until=valid_until,
    )


def evidence_item(
    cast: Cast, *, by: Person | None = None, kind: str = "monitoring-report", at: datetime = AT
) -> EvidenceItem:
    """Add an evidence item of the cast's unit, by its owner unless told otherwise."""
    return evidence.add_item(
        f"Item {next(_numbers)}",
        kind=kind,
        unit=cast.unit,
        content=content(),
        by=actor(by or cast.owner),
        at=at,
    )


def implementation(
    cast: Cast,
    *,
    control: str = "TF-MON-01",
    of: AISystem | None = None,
    approved: bool = True,
    at: datetime = AT,
) -> Implementation:
    """Describe how a control is run, by the owner, and have the approver approve it."""
    made = controls.implement(
        control,
        unit=cast.unit,
        system=of,
        owner=cast.owner,
        description="Every week the report is read and breaches are followed up.",
        by=actor(cast.owner),
        at=at,
    )
    if approved:
        made = controls.approve_implementation(
            made,
            review_due_date=(at + timedelta(days=365)).date(),
            by=actor(cast.approver),
            at=at,
        )
    return made


def retire(row: Implementation, *, reason: str, by: Actor, at: datetime) -> Implementation:
    """Ask that a control is no longer run in a scope, and have the approver confirm it."""
    asked = controls.ask_to_retire(row, reason=reason, by=by, at=at)
    return controls.confirm_retirement(asked, by=actor(Person.objects.get(name="Approver")), at=at)


def claim(
    of: Implementation, item: EvidenceItem, cast: Cast, *, at: datetime = AT
) -> EvidenceClaim:
    """Claim, by the owner, that an item's newest version answers its kind's need."""
    version = item.versions.order_by("-number")[0]
    return controls.claim(
        of,
        evidence=version,
        need=item.kind,
        statement="The system was watched in the period.",
        by=actor(cast.owner),
        at=at,
    )
