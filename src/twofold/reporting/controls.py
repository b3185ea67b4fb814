"""Controls with their implementations and claims, and what a piece of evidence is credited to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from twofold.catalog.load import catalog
from twofold.catalog.model import ControlCredit, EvidenceNeed, LibraryControl, Requirement
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import visible_implementations
from twofold.people.access import Actor, Permission, may


@dataclass(frozen=True)
class ControlRow:
    """A control of the library and how far it is run.

    Attributes:
        scopes: implementations; `approved` of them stand approved and not overdue.
        frameworks: how many requirements of each framework it is credited to, by framework id.
    """

    control: LibraryControl
    scopes: int
    approved: int
    frameworks: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class NeedView:
    """One evidence need of an implementation and the claims that answer it, newest first."""

    need: EvidenceNeed
    claims: tuple[EvidenceClaim, ...]


@dataclass(frozen=True)
class ImplementationView:
    """An implementation with its needs and what the actor may do with it."""

    implementation: Implementation
    needs: tuple[NeedView, ...]
    may_approve: bool
    may_claim: bool
    may_accept: bool


@dataclass(frozen=True)
class CreditedRequirement:
    """A requirement that evidence is credited to, through which control, and by which relation."""

    requirement: Requirement
    control: LibraryControl
    credit: ControlCredit


def control_rows(by: Actor, *, at: datetime) -> list[ControlRow]:
    """Return every control of the library with how far the actor's organisation runs it."""
    running: dict[str, list[Implementation]] = {}
    for row in visible_implementations(by, at=at):
        running.setdefault(row.control, []).append(row)
    return [_row(control, running.get(control.id, []), at) for control in catalog().controls]


def control_view(control: LibraryControl, by: Actor, *, at: datetime) -> list[ImplementationView]:
    """Return the implementations of one control as the actor may see and act on them."""
    return [
        ImplementationView(
            implementation=row,
            needs=tuple(_need(need, row) for need in control.evidence),
            may_approve=may(by, Permission.APPROVE_CONTROL, unit=row.unit, at=at)
            and by.person_id not in {row.described_by_id, row.owner_id},
            may_claim=may(by, Permission.CLAIM, unit=row.unit, at=at),
            may_accept=may(by, Permission.ACCEPT_CLAIM, unit=row.unit, at=at),
        )
        for row in visible_implementations(by, at=at).filter(control=control.id)
    ]


def credited_requirements(claims: Iterable[EvidenceClaim]) -> list[CreditedRequirement]:
    """Return every requirement that accepted or proposed claims are credited to, each once.

    They stand in the order of the frameworks, under the first control that credits them.
    """
    controls = {claim.implementation.control for claim in claims}
    found: dict[str, CreditedRequirement] = {}
    for control in catalog().controls:
        if control.id in controls:
            for credit in control.credits:
                requirement = catalog().requirements[credit.requirement]
                found.setdefault(requirement.id, CreditedRequirement(requirement, control, credit))
    order = {key: place for place, key in enumerate(catalog().requirements)}
    return sorted(found.values(), key=lambda entry: order[entry.requirement.id])


def _row(control: LibraryControl, running: list[Implementation], at: datetime) -> ControlRow:
    counts: dict[str, int] = {}
    for credit in control.credits:
        framework = catalog().requirements[credit.requirement].framework
        counts[framework] = counts.get(framework, 0) + 1
    approved = sum(
        row.approved_at is not None
        and (row.review_due_date is None or row.review_due_date >= at.date())
        for row in running
    )
    return ControlRow(control, len(running), approved, tuple(counts.items()))


def _need(need: EvidenceNeed, row: Implementation) -> NeedView:
    claims = [claim for claim in row.claims.all() if claim.need == need.kind]
    return NeedView(need, tuple(reversed(claims)))
