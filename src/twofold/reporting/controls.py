"""Controls with their implementations and claims, and what a piece of evidence is credited to."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from twofold.catalog.model import ControlCredit, EvidenceNeed, LibraryControl, Requirement
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import claims_on, library, needs_of, visible_implementations
from twofold.domain.readiness import (
    Cause,
    Credit,
    ImplementationFact,
    Readiness,
    Relation,
    RequirementFacts,
    assess,
)
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import names_behind
from twofold.people.access import Actor, Permission, may
from twofold.reporting.credited import ScopeThen, shared_from_above
from twofold.reporting.facts import counts_until
from twofold.reporting.history import names_of
from twofold.reporting.standing import Standing, standing


@dataclass(frozen=True)
class ControlRow:
    """A control of the library and how far it is run.

    Attributes:
        scopes: implementations; `approved` of them stand approved and not overdue.
        state: readiness of all its scopes together; blank where it is not run.
        frameworks: how many requirements of each framework it is credited to, in their order.
    """

    control: LibraryControl
    scopes: int
    approved: int
    state: str
    frameworks: tuple[int, ...]


@dataclass(frozen=True)
class ClaimView:
    """A claim with the names of who made and judged it, and what the actor may do with it.

    Attributes:
        until: the last day on which it counts, once it is accepted.
    """

    claim: EvidenceClaim
    claimed_by: str
    accepted_by: str
    rejected_by: str
    withdrawn_by: str
    until: date
    may_accept: bool
    may_withdraw: bool


@dataclass(frozen=True)
class NeedView:
    """One evidence need of an implementation and the claims that answer it, newest first.

    Attributes:
        cause: how the need stands today, as readiness sees it.
    """

    need: EvidenceNeed
    cause: Cause
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True)
class ImplementationView:
    """An implementation with its needs, its state in its scope, and what the actor may do."""

    implementation: Implementation
    readiness: Readiness
    needs: tuple[NeedView, ...]
    may_approve: bool
    may_claim: bool


@dataclass(frozen=True)
class CreditView:
    """A control that is credited to a requirement, and where it is run.

    Attributes:
        implementations: those that the actor may open.
        above: units above for the whole of which it is run, and so here too.
    """

    control: LibraryControl
    credit: ControlCredit
    implementations: tuple[Implementation, ...]
    above: tuple[ScopeThen, ...]


@dataclass(frozen=True)
class CreditedRequirement:
    """A requirement that evidence is credited to, through which control, and by which relation.

    Attributes:
        accepted: whether a claim that was accepted carries it; else it is only proposed.
    """

    requirement: Requirement
    control: LibraryControl
    credit: ControlCredit
    accepted: bool


def control_rows(by: Actor, *, at: datetime) -> list[ControlRow]:
    """Return every control of the library with how far it is run; those that are run first."""
    found = standing(by, at=at)
    rows = [_row(control, found) for control in found.catalog.controls]
    return sorted(rows, key=lambda row: not row.scopes)


def control_view(control: LibraryControl, by: Actor, *, at: datetime) -> list[ImplementationView]:
    """Return where a control is run, as the actor may see it and act on it."""
    facts = {fact.record: fact for fact in standing(by, at=at).implementations(control.id)}
    rows = list(visible_implementations(by, at=at).filter(control=control.id, retired_at=None))
    names = claim_names(claim for row in rows for claim in row.claims.all())
    own = names_behind(by)
    return [
        _implementation(control, row, facts[row.ledger_subject], names, own, by=by, at=at)
        for row in rows
    ]


def claim_views(item: EvidenceItem, by: Actor, *, at: datetime) -> list[ClaimView]:
    """Return the claims that lean on any version of an item, newest first."""
    claims = list(claims_on(item))
    names, own = claim_names(claims), names_behind(by)
    return [claim_view(claim, claim.implementation, names, own, by=by, at=at) for claim in claims]


def requirement_credits(
    requirement: Requirement, found: Standing, by: Actor, *, at: datetime
) -> list[CreditView]:
    """Return the controls credited to a requirement, with the scopes that run them.

    Args:
        found: where the organisation stands today, as the actor may see it.
    """
    controls = library().controls_of.get(requirement.id, ())
    running: dict[str, list[Implementation]] = {}
    rows = visible_implementations(by, at=at).filter(control__in=[c.id for c in controls])
    for row in rows.filter(retired_at=None).prefetch_related(None):
        running.setdefault(row.control, []).append(row)
    above = shared_from_above([control.id for control in controls], found)
    return [
        CreditView(
            control,
            next(entry for entry in control.credits if entry.requirement == requirement.id),
            tuple(running.get(control.id, ())),
            above.get(control.id, ()),
        )
        for control in controls
    ]


def credited_requirements(claims: Iterable[EvidenceClaim]) -> list[CreditedRequirement]:
    """Return every requirement that accepted or proposed claims are credited to, each once.

    They stand in the order of the frameworks, under the first control that credits them; one whose
    claim was accepted goes before one whose claim waits. What was rejected or withdrawn is
    credited to nothing.
    """
    accepted: dict[str, bool] = {}
    for claim in claims:
        if claim.rejected_at is not None or claim.withdrawn_at is not None:
            continue
        key = claim.implementation.control
        accepted[key] = accepted.get(key, False) or claim.accepted_at is not None
    found: dict[str, CreditedRequirement] = {}
    asked = [control for control in library().controls if control.id in accepted]
    for control in sorted(asked, key=lambda entry: not accepted[entry.id]):
        for credit in control.credits:
            requirement = library().requirements[credit.requirement]
            found.setdefault(
                requirement.id,
                CreditedRequirement(requirement, control, credit, accepted[control.id]),
            )
    order = {key: place for place, key in enumerate(library().requirements)}
    return sorted(found.values(), key=lambda entry: order[entry.requirement.id])


def _row(control: LibraryControl, found: Standing) -> ControlRow:
    counts: dict[str, int] = {}
    for credit in control.credits:
        framework = found.catalog.requirements[credit.requirement].framework
        counts[framework] = counts.get(framework, 0) + 1
    run = found.control(control.id)
    return ControlRow(
        control=control,
        scopes=run.scopes,
        approved=run.approved,
        state=run.status.value if run.status else "",
        frameworks=tuple(counts.get(framework.id, 0) for framework in found.catalog.frameworks),
    )


def state_of(control: str, running: Sequence[ImplementationFact], on: date) -> Readiness:
    """Return the readiness of a control by itself: as of a requirement that asks just for it."""
    itself = Credit(control, Relation.EQUAL, 10, tuple(running))
    return assess(
        RequirementFacts(control, excludable=False, needs_decision=False, credits=(itself,)), on
    )


def _implementation(
    control: LibraryControl,
    row: Implementation,
    fact: ImplementationFact,
    names: Mapping[str, str],
    own: Container[str],
    *,
    by: Actor,
    at: datetime,
) -> ImplementationView:
    readiness = state_of(control.id, [fact], at.date())
    causes = {reason.detail: reason.cause for reason in readiness.reasons}
    claims = [
        claim_view(claim, row, names, own, by=by, at=at)
        for claim in reversed(list(row.claims.all()))
    ]
    return ImplementationView(
        implementation=row,
        readiness=readiness,
        needs=tuple(
            NeedView(
                need,
                causes.get(need.kind, Cause.NO_EVIDENCE),
                tuple(view for view in claims if view.claim.need == need.kind),
            )
            for need in needs_of(row)
        ),
        may_approve=may(by, Permission.APPROVE_CONTROL, unit=row.unit, at=at)
        and by.person_id not in row.hands,
        may_claim=may(by, Permission.CLAIM, unit=row.unit, at=at),
    )


def claim_view(
    claim: EvidenceClaim,
    implementation: Implementation,
    names: Mapping[str, str],
    own: Container[str],
    *,
    by: Actor,
    at: datetime,
) -> ClaimView:
    """Return a claim as it is shown.

    Args:
        names: of the persons of several claims, by `claim_names`.
        own: ledger names under which the person behind the actor may have made evidence.
    """
    periods = {need.kind: need.period_days for need in needs_of(implementation)}
    return ClaimView(
        claim=claim,
        claimed_by=names.get(_person(claim.claimed_by_id), ""),
        accepted_by=names.get(_person(claim.accepted_by_id), ""),
        rejected_by=names.get(_person(claim.rejected_by_id), ""),
        withdrawn_by=names.get(_person(claim.withdrawn_by_id), ""),
        until=counts_until(claim.period_to, claim.valid_until, periods.get(claim.need)),
        may_accept=implementation.retired_at is None
        and claim.accepted_at is None
        and claim.rejected_at is None
        and claim.withdrawn_at is None
        and by.person_id != claim.claimed_by_id
        and claim.evidence.author not in own
        and may(by, Permission.ACCEPT_CLAIM, unit=implementation.unit, at=at),
        may_withdraw=implementation.retired_at is None
        and claim.rejected_at is None
        and claim.withdrawn_at is None
        and may(by, Permission.CLAIM, unit=implementation.unit, at=at),
    )


def claim_names(claims: Iterable[EvidenceClaim]) -> dict[str, str]:
    """Return the names of everybody who made or judged one of these claims, by ledger name."""
    given = list(claims)
    return names_of(
        _person(key)
        for claim in given
        for key in (
            claim.claimed_by_id,
            claim.accepted_by_id,
            claim.rejected_by_id,
            claim.withdrawn_by_id,
        )
        if key
    )


def _person(key: object) -> str:
    return f"person:{key}"
