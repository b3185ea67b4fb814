"""Erasures as an actor may see them and decide on them, and what one of them would take away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from twofold.controls.models import EvidenceClaim, Implementation
from twofold.evidence import erasure as evidence
from twofold.evidence.erasure import Extent
from twofold.evidence.models import EvidenceItem
from twofold.inventory.models import AISystem
from twofold.ledger.erasing import erasing_lines
from twofold.ledger.queries import LedgerLine
from twofold.people.access import Actor, may
from twofold.people.erasure import PERSON, permission_for
from twofold.people.models import ApiToken, Erasure, Person, RoleAssignment
from twofold.people.queries import ErasureState, erasure_state
from twofold.reporting.controls import CreditedRequirement, claim_views
from twofold.reporting.freshness import loss_without


@dataclass(frozen=True)
class ErasureView:
    """An erasure, how far it has come, the entries that prove it, and what the actor may do.

    Attributes:
        lines: the entries that say that the record was erased; none before it was.
        files: how many stored files they name.
        may_confirm: whether the actor may be the second person.
        about_person: whether it is a person that is erased; else an evidence item.
    """

    erasure: Erasure
    state: ErasureState
    lines: tuple[LedgerLine, ...]
    files: int
    about_person: bool
    may_confirm: bool
    may_withdraw: bool


@dataclass(frozen=True)
class EvidenceLoss:
    """What the erasure of an item would take away.

    Attributes:
        claims: that stand on it, accepted or waiting.
        credited: requirements that rest on those claims today and on nothing else.
        kept: requirements that other evidence carries.
        ended: requirements for which those claims counted, and nothing does any longer.
    """

    item: EvidenceItem
    extent: Extent
    claims: tuple[EvidenceClaim, ...]
    credited: tuple[CreditedRequirement, ...]
    kept: tuple[CreditedRequirement, ...] = ()
    ended: tuple[CreditedRequirement, ...] = ()


@dataclass(frozen=True)
class PersonLoss:
    """What the erasure of a person would end, and what would be left without an owner.

    Attributes:
        roles: that hold or will; tokens: that are not revoked.
        systems, controls, items: that they own.
    """

    person: Person
    roles: int
    tokens: int
    systems: int
    controls: int
    items: int


def erasure_views(rows: Sequence[Erasure], by: Actor, *, at: datetime) -> list[ErasureView]:
    """Return erasures as they stand, in the order given; one query for all their entries."""
    done = [row.subject for row in rows if erasure_state(row) is ErasureState.ERASED]
    lines = erasing_lines(done) if done else {}
    return [_view(row, tuple(lines.get(row.subject, ())), by, at=at) for row in rows]


def evidence_loss(item: EvidenceItem, by: Actor, *, at: datetime) -> EvidenceLoss:
    """Return what the erasure of an item would take away; scopes that the actor may not see too."""
    claims = tuple(
        view.claim
        for view in claim_views(item, by, at=at)
        if view.claim.rejected_at is None and view.claim.withdrawn_at is None
    )
    loss = loss_without(claims, on=at.date())
    extent = evidence.extent_of(item)
    return EvidenceLoss(item, extent, claims, loss.lost, loss.kept, loss.ended)


def person_loss(person: Person, *, at: datetime) -> PersonLoss:
    """Return what the erasure of a person would end or leave without an owner."""
    lasting = Q(until_date=None) | Q(until_date__gte=at.date())
    return PersonLoss(
        person,
        roles=RoleAssignment.objects.filter(lasting, person=person).count(),
        tokens=ApiToken.objects.filter(person=person, revoked_at=None, expires_at__gt=at).count(),
        systems=AISystem.objects.filter(owner=person).count(),
        controls=Implementation.objects.filter(owner=person, retired_at=None).count(),
        items=EvidenceItem.objects.filter(owner=person, erased_at=None).count(),
    )


def loss_of(erasure: Erasure, by: Actor, *, at: datetime) -> EvidenceLoss | PersonLoss | None:
    """Return what an erasure that waits would take away; None once it is decided."""
    if erasure.decided_at is not None:
        return None
    key = erasure.subject.partition(":")[2]
    if erasure.subject.startswith(f"{PERSON}:"):
        return person_loss(Person.objects.get(pk=key), at=at)
    item = EvidenceItem.objects.select_related("unit").get(pk=key)
    return evidence_loss(item, by, at=at)


def _view(row: Erasure, lines: tuple[LedgerLine, ...], by: Actor, *, at: datetime) -> ErasureView:
    waits = row.decided_at is None
    permitted = waits and may(by, permission_for(row), unit=row.unit, at=at, subject=row.subject)
    return ErasureView(
        erasure=row,
        state=erasure_state(row),
        lines=lines,
        files=sum(len(line.entry.body.get("blobs", ())) for line in lines),
        about_person=row.subject.startswith(f"{PERSON}:"),
        may_confirm=permitted and by.person_id not in {None, row.asked_by_id},
        may_withdraw=permitted,
    )
