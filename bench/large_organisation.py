"""A large organisation in a fresh installation: every row recorded in the ledger like any other.

Rows are made in bulk, as an import would; what is measured afterwards goes through the product.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction
from django.db.models import Model
from harness import PASSWORD

if TYPE_CHECKING:
    from twofold.controls.models import Implementation
    from twofold.findings.models import Finding
    from twofold.people.models import Person, Unit

NOW = datetime.now(UTC)
TODAY = NOW.date()
_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True)
class Size:
    """How much of everything there is."""

    systems: int
    controls: int
    scopes: int
    evidence: int
    findings: int

    def __str__(self) -> str:
        """Return the size in words."""
        return (
            f"{self.systems} AI systems, {self.controls} controls in {self.scopes} scopes, "
            f"{self.evidence:,} evidence items, {self.findings:,} findings"
        )


LARGE = Size(systems=50, controls=131, scopes=10, evidence=10_000, findings=2_000)
TINY = Size(systems=5, controls=131, scopes=1, evidence=100, findings=100)
SMALL = Size(systems=5, controls=131, scopes=1, evidence=1_000, findings=100)


@dataclass(frozen=True)
class Large:
    """What stands, and who acts in it."""

    root: Unit
    units: Sequence[Unit]
    lead: Person
    approver: Person
    implementations: Sequence[Implementation]


def build(size: Size) -> Large:
    """Found the organisation and fill it."""
    from twofold.people import actions
    from twofold.people.access import actor_of, part_of_product
    from twofold.people.models import Role

    root, administrator = actions.found_organisation(
        "Bench",
        administrator="Administrator",
        email="administrator@bench.example",
        password=PASSWORD,
        by=part_of_product("installation"),
        at=NOW,
    )
    by = actor_of(administrator)
    units = [
        actions.add_unit(f"Unit {number}", parent=root, by=by, at=NOW)
        for number in range(size.scopes)
    ]
    people = {}
    for name, role in (("lead", Role.GOVERNANCE_LEAD), ("approver", Role.APPROVER)):
        people[name] = actions.add_person(
            name, email=f"{name}@bench.example", password=None, unit=root, by=by, at=NOW
        )
        actions.assign_role(people[name], role=role, unit=root, from_date=TODAY, by=by, at=NOW)
    lead, approver = people["lead"], people["approver"]
    controls = _controls(size.controls, lead)
    _systems(size.systems, units, lead)
    _decide(root, lead)
    runs = _run(controls, units, lead, approver)
    _evidence(size.evidence, runs, lead, approver)
    _findings(size.findings, runs, lead)
    return Large(root, units, lead, approver, runs)


def recorded(rows: Iterable[_Row], kind: str) -> list[_Row]:
    """Insert rows and record each of them, in transactions of a thousand."""
    from twofold.ledger import actions as ledger

    given = list(rows)
    for start in range(0, len(given), 1000):
        some = given[start : start + 1000]
        with transaction.atomic():
            type(some[0])._default_manager.bulk_create(some)  # noqa: SLF001 - any model
            ledger.record_all(some, kind, by="system:bench", at=NOW)  # type: ignore[type-var]
    return given


def _controls(wanted: int, lead: Person) -> list[str]:
    """Return the ids of so many controls: those of the library, and copies as custom ones."""
    from twofold.controls.models import LibraryEntry
    from twofold.controls.queries import control_values, library

    shipped = list(library().controls)
    extra = []
    for number in range(wanted - len(shipped)):
        values = control_values(shipped[number])
        values["id"] = f"OWN-{number:03}"
        values["evidence"] = [
            {**need, "kind": f"{need['kind']}-{number}"} for need in values["evidence"]
        ]
        values["check"] = []
        extra.append(
            LibraryEntry(
                control=values["id"],
                change="added",
                content=values,
                reason="Of our own.",
                changed_by=lead,
                changed_at=NOW,
            )
        )
    if extra:
        recorded(extra, "added")
    return [control.id for control in library().controls][:wanted]


def _systems(count: int, units: Sequence[Unit], lead: Person) -> None:
    from twofold.inventory.models import AISystem

    recorded(
        (
            AISystem(
                code=f"system-{number}",
                name=f"System {number}",
                unit=units[number % len(units)],
                owner=lead,
                purpose="Decides something.",
                role="deployer",
                stage="operation",
                risk_tier="high",
                registered_at=NOW,
            )
            for number in range(count)
        ),
        "registered",
    )


def _decide(root: Unit, lead: Person) -> None:
    from twofold.controls import actions
    from twofold.controls.actions import Decision, GivenGround
    from twofold.controls.models import Ground
    from twofold.controls.queries import library
    from twofold.people.access import actor_of

    ground = (GivenGround(Ground.BUSINESS, "Good practice"),)
    decisions = [
        Decision(entry.id, applicable=True, reason="It is needed.", grounds=ground)
        for entry in library().requirements.values()
        if entry.excludable and entry.framework in {"27001", "42001"}
    ]
    actions.decide_applicability(decisions, unit=root, by=actor_of(lead), at=NOW)


def _run(
    controls: Sequence[str], units: Sequence[Unit], lead: Person, approver: Person
) -> list[Implementation]:
    from twofold.controls.models import Implementation

    return recorded(
        (
            Implementation(
                control=control,
                unit=unit,
                owner=lead,
                description="It is done.",
                described_by=lead,
                started_at=NOW - timedelta(days=200),
                approved_by=approver,
                approved_at=NOW - timedelta(days=190),
                review_due_date=TODAY + timedelta(days=100),
            )
            for control in controls
            for unit in units
        ),
        "described",
    )


def _evidence(count: int, runs: Sequence[Implementation], lead: Person, approver: Person) -> None:
    """Claim items for needs, some current, some expired, some waiting; each of another day."""
    from twofold.controls.models import EvidenceClaim
    from twofold.controls.queries import library
    from twofold.evidence.models import EvidenceItem, EvidenceVersion

    needs = {control.id: control.evidence for control in library().controls}
    items, versions, claims = [], [], []
    for number in range(count):
        run = runs[number % len(runs)]
        turn = number // len(runs)
        need = needs[run.control][turn % len(needs[run.control])]
        ended = TODAY - timedelta(days=(turn * 37 + number) % 400)
        item = EvidenceItem(
            unit=run.unit,
            title=f"Item {number}",
            kind=need.kind,
            created_at=NOW - timedelta(minutes=number),
        )
        version = EvidenceVersion(
            item=item,
            number=1,
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
            size=1,
            stored_sha256=hashlib.sha256(f"stored {number}".encode()).hexdigest(),
            stored_size=1,
            file_name="item.txt",
            media_type="text/plain",
            author=f"person:{lead.pk}",
            source="a benchmark",
            period_from=ended - timedelta(days=20),
            period_to=ended,
            valid_until=ended + timedelta(days=365),
            added_at=NOW - timedelta(minutes=number),
        )
        accepted = number % 11 != 0
        claims.append(
            EvidenceClaim(
                implementation=run,
                evidence=version,
                need=need.kind,
                statement="It was done.",
                period_from=version.period_from,
                period_to=version.period_to,
                valid_until=version.valid_until,
                claimed_by=lead,
                claimed_at=NOW,
                accepted_by=approver if accepted else None,
                accepted_at=NOW if accepted else None,
            )
        )
        items.append(item)
        versions.append(version)
    recorded(items, "added")
    recorded(versions, "added")
    recorded(claims, "claimed")


def _findings(count: int, runs: Sequence[Implementation], lead: Person) -> None:
    from twofold.findings.models import Finding
    from twofold.people.models import Person

    second = Person.objects.get(email="approver@bench.example")

    def finding(number: int) -> Finding:
        run = runs[(number * 7) % len(runs)]
        is_open = number % 5 == 0
        return Finding(
            number=number + 1,
            unit=run.unit,
            implementation=run,
            grade=("minor", "minor", "minor", "major", "improvement")[number // 5 % 5],
            title=f"Finding {number}",
            statement="Something did not conform.",
            raised_by=lead,
            raised_at=NOW - timedelta(days=number % 300),
            owner=lead,
            action="It is corrected.",
            due_date=TODAY + timedelta(days=number % 60 - 20),
            closed_by=None if is_open else second,
            closed_at=None if is_open else NOW,
        )

    recorded((finding(number) for number in range(count)), "raised")
