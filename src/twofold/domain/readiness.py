"""Readiness of a requirement on a date, computed from dated facts and from nothing else.

Three questions are asked: is the way to fulfil it designed (owner, approved description,
applicability), does it operate (evidence within its validity, accepted by a second person), and is
anything open against it (breaches, overdue matters). A control is tested once and credited to each
requirement it is mapped to, by the relation of the mapping (NIST IR 8477): only `equal` and
`superset` cover a requirement wholly, so partial relations never give full credit. The module
belongs to the pure domain: reporting gathers the facts, and whoever asks names the day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import fsum


class Status(StrEnum):
    """State of a requirement, from not looked at to shown to work."""

    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    GAP = "gap"
    PARTIAL = "partial"
    CONFORMING = "conforming"
    EFFECTIVE = "effective"


class Relation(StrEnum):
    """How a control stands to a requirement, read as "control RELATION requirement"."""

    EQUAL = "equal"
    SUPERSET = "superset"
    SUBSET = "subset"
    INTERSECTS = "intersects"

    @property
    def covers_wholly(self) -> bool:
        """Whether the control does all that the requirement asks."""
        return self in {Relation.EQUAL, Relation.SUPERSET}


class Cause(StrEnum):
    """Why a status is what it is, the most pressing first; the page says it in words."""

    EXCLUDED = "excluded"
    NOT_DECIDED = "not_decided"
    NO_CONTROL = "no_control"
    NOT_IMPLEMENTED = "not_implemented"
    OPEN_BREACH = "open_breach"
    NO_OWNER = "no_owner"
    NOT_APPROVED = "not_approved"
    REVIEW_OVERDUE = "review_overdue"
    NO_EVIDENCE = "no_evidence"
    EVIDENCE_EXPIRED = "evidence_expired"
    EVIDENCE_NOT_ACCEPTED = "evidence_not_accepted"
    ONLY_PARTLY_COVERED = "only_partly_covered"
    EVIDENCED_ONCE = "evidenced_once"
    EVIDENCED = "evidenced"


@dataclass(frozen=True)
class ApplicabilityFact:
    """A decision whether a requirement applies, with its day.

    Attributes:
        record: ledger name of the decision; blank where it is not known.
    """

    applicable: bool
    reason: str
    decided_on: date
    record: str = ""


@dataclass(frozen=True)
class ClaimFact:
    """A piece of evidence held to show that an implementation operates.

    Attributes:
        need: the evidence kind that it answers.
        period_from: first day that the evidence tells of; period_to: the last one.
        valid_until: last day on which it still counts.
        accepted_on: day on which a second person accepted it; None: not accepted.
        record: ledger name of the claim, so that a figure opens down to it.
    """

    need: str
    period_from: date
    period_to: date
    valid_until: date
    claimed_on: date
    accepted_on: date | None
    record: str


@dataclass(frozen=True)
class MatterFact:
    """Something open against an implementation.

    Attributes:
        closed_on: first day on which it is no longer open; None: still open.
    """

    title: str
    opened_on: date
    closed_on: date | None
    record: str


@dataclass(frozen=True)
class ImplementationFact:
    """How one control is run in one scope.

    Attributes:
        control: id of the control.
        scope: name of the unit or AI system.
        owner: name of who answers for it; blank: nobody.
        needs: evidence kinds that show that it operates; one without any can show nothing.
        approved_on: day on which a second person approved the description; None: never.
        review_due: last day on which the approval still counts.
    """

    control: str
    scope: str
    record: str
    owner: str
    needs: tuple[str, ...]
    started_on: date
    approved_on: date | None
    review_due: date | None
    claims: tuple[ClaimFact, ...] = ()
    matters: tuple[MatterFact, ...] = ()


@dataclass(frozen=True)
class Credit:
    """A control that is mapped to the requirement, and where it is run."""

    control: str
    relation: Relation
    strength: int
    implementations: tuple[ImplementationFact, ...] = ()


@dataclass(frozen=True)
class RequirementFacts:
    """All that is known of one requirement.

    Attributes:
        excludable: whether a decision may exclude it (Annex A controls; never a clause).
        needs_decision: whether a decision that it applies must be on record first.
    """

    requirement: str
    excludable: bool
    needs_decision: bool
    decision: ApplicabilityFact | None = None
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One ground of a status: the cause, what it is about, and the record to open.

    Attributes:
        about: the scope; for a requirement or control as a whole, its id.
        detail: the evidence kind, the control, or the words of the decision or matter.
        on: the day that the cause turns on, such as an expiry; None where there is none.
    """

    cause: Cause
    about: str
    record: str = ""
    detail: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Readiness:
    """The computed state of a requirement.

    Attributes:
        score: 0 to 1, the share of the requirement that is shown to be met; None where it is not
            defined (not applicable, unknown), 0 for a gap, at most 0.9 for partial, 1 above.
        reasons: the grounds, most pressing cause first, within a cause the earliest day first;
            the first one is the next thing to act on. At least one.
    """

    requirement: str
    status: Status
    score: float | None
    reasons: tuple[Reason, ...]


#: What a requirement may reach while something is missing, however much the rest is worth.
_PARTIAL_CAP = 0.9
_ORDER = {cause: place for place, cause in enumerate(Cause)}
_MET = {Cause.EVIDENCED, Cause.EVIDENCED_ONCE}


def assess(facts: RequirementFacts, on: date) -> Readiness:
    """Return the state of a requirement on a date, from facts dated on or before it.

    The rules, in order:

    - excluded by a decision: `not_applicable`; a needed decision is missing: `unknown`;
    - no control is mapped to it: `unknown`; none of them is implemented: `gap`;
    - every implementation has a fault of design (no owner, not approved, review overdue): `gap`;
    - some fault of design or of evidence, a matter open, or no running control that covers the
      requirement wholly: `partial`. A running control is held against the requirement even where
      another one covers it: what an organisation says that it does, it is audited on;
    - otherwise `conforming`; and `effective` when each evidence need of each implementation is met
      over time: by evidence of two periods, the earlier of which had not lapsed before the later
      one began.

    The score is the best credit of a wholly covering control, or the sum of partial credits, which
    is capped at 0.9 because what they share is not known; 0.9 also caps a `partial` status. A
    credit is the mean over the implementations of the share of met needs, 0 with a fault of design,
    halved by an open matter; a partial relation counts by its strength in tenths.

    The order in which facts are given does not matter. Facts hold the newest decision, approval and
    owner alone: for a day in the past, give them as they stood on that day.
    """
    decision = facts.decision if facts.decision and facts.decision.decided_on <= on else None
    if decision and not decision.applicable and facts.excludable:
        return _excluded(facts.requirement, decision)
    if facts.needs_decision and decision is None:
        return _unknown(facts.requirement, Cause.NOT_DECIDED)
    if not facts.credits:
        return _unknown(facts.requirement, Cause.NO_CONTROL)
    running = [view for view in (_view(credit, on) for credit in facts.credits) if view.scopes]
    if not running:
        missing = (Reason(Cause.NOT_IMPLEMENTED, credit.control) for credit in facts.credits)
        return Readiness(facts.requirement, Status.GAP, 0.0, _ranked(missing))
    reasons = _ranked(_grounds(running))
    status = _status(running, reasons)
    return Readiness(facts.requirement, status, _score(running, status), reasons)


def _excluded(requirement: str, decision: ApplicabilityFact) -> Readiness:
    reason = Reason(
        Cause.EXCLUDED, requirement, decision.record, decision.reason, decision.decided_on
    )
    return Readiness(requirement, Status.NOT_APPLICABLE, None, (reason,))


def _unknown(requirement: str, cause: Cause) -> Readiness:
    return Readiness(requirement, Status.UNKNOWN, None, (Reason(cause, requirement),))


@dataclass(frozen=True)
class _ScopeView:
    """One implementation as it stood on the date: faults of design, open matters, each need."""

    design: tuple[Reason, ...]
    matters: tuple[Reason, ...]
    needs: tuple[Reason, ...]

    @property
    def credit(self) -> float:
        if self.design:
            return 0.0
        share = sum(need.cause in _MET for need in self.needs) / len(self.needs)
        return share / 2 if self.matters else share


@dataclass(frozen=True)
class _CreditView:
    """One credit as it stood on the date: only implementations begun by then."""

    control: str
    relation: Relation
    strength: int
    scopes: tuple[_ScopeView, ...]

    @property
    def value(self) -> float:
        # fsum rounds once, so the same facts in another order give the same figure.
        mean = fsum(scope.credit for scope in self.scopes) / len(self.scopes)
        return mean if self.relation.covers_wholly else mean * self.strength / 10


def _view(credit: Credit, on: date) -> _CreditView:
    begun = (fact for fact in credit.implementations if fact.started_on <= on)
    scopes = tuple(
        _ScopeView(
            tuple(_design_faults(fact, on)), tuple(_open_matters(fact, on)), _need_states(fact, on)
        )
        for fact in begun
    )
    return _CreditView(credit.control, credit.relation, credit.strength, scopes)


def _design_faults(fact: ImplementationFact, on: date) -> Iterable[Reason]:
    if not fact.owner:
        yield Reason(Cause.NO_OWNER, fact.scope, fact.record, fact.control)
    if fact.approved_on is None or fact.approved_on > on:
        yield Reason(Cause.NOT_APPROVED, fact.scope, fact.record, fact.control)
    elif fact.review_due is not None and fact.review_due < on:
        due = fact.review_due
        yield Reason(Cause.REVIEW_OVERDUE, fact.scope, fact.record, fact.control, due)


def _open_matters(fact: ImplementationFact, on: date) -> Iterable[Reason]:
    for matter in fact.matters:
        if matter.opened_on <= on and (matter.closed_on is None or matter.closed_on > on):
            opened = matter.opened_on
            yield Reason(Cause.OPEN_BREACH, fact.scope, matter.record, matter.title, opened)


def _need_states(fact: ImplementationFact, on: date) -> tuple[Reason, ...]:
    if not fact.needs:
        # Nothing is asked for, so nothing is shown: green without evidence does not exist.
        return (Reason(Cause.NO_EVIDENCE, fact.scope, fact.record, fact.control),)
    return tuple(_need_state(fact, need, on) for need in dict.fromkeys(fact.needs))


def _need_state(fact: ImplementationFact, need: str, on: date) -> Reason:
    """Return how one evidence need stands: met over time, met once, or why it is not met."""
    claims = [
        claim
        for claim in fact.claims
        # Evidence of a period that has not begun cannot have been seen by anybody.
        if claim.need == need and claim.claimed_on <= on and claim.period_from <= on
    ]
    if not claims:
        return Reason(Cause.NO_EVIDENCE, fact.scope, fact.record, need)
    current = [claim for claim in claims if claim.valid_until >= on]
    if not current:
        lapsed = _newest(claims)
        return Reason(Cause.EVIDENCE_EXPIRED, fact.scope, lapsed.record, need, lapsed.valid_until)
    accepted = [claim for claim in claims if claim.accepted_on and claim.accepted_on <= on]
    counting = [claim for claim in accepted if claim.valid_until >= on]
    if not counting:
        return Reason(Cause.EVIDENCE_NOT_ACCEPTED, fact.scope, _newest(current).record, need)
    over_time = any(_follows(later, earlier) for later in counting for earlier in accepted)
    cause = Cause.EVIDENCED if over_time else Cause.EVIDENCED_ONCE
    shown = _newest(counting)
    return Reason(cause, fact.scope, shown.record, need, shown.valid_until)


def _newest(claims: Iterable[ClaimFact]) -> ClaimFact:
    return max(claims, key=lambda claim: (claim.valid_until, claim.period_to, claim.record))


def _follows(later: ClaimFact, earlier: ClaimFact) -> bool:
    """Return whether one claim tells of a later period, with no lapse between the two."""
    lapse = later.period_from - earlier.valid_until
    return earlier.period_to < later.period_from and lapse <= timedelta(days=1)


def _grounds(running: Sequence[_CreditView]) -> Iterable[Reason]:
    for view in running:
        for scope in view.scopes:
            yield from (*scope.design, *scope.matters, *scope.needs)
    if not any(view.relation.covers_wholly for view in running):
        closest = min(running, key=lambda view: (-view.strength, view.control))
        yield Reason(Cause.ONLY_PARTLY_COVERED, closest.control)


def _ranked(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons without repetition in an order that depends on nothing but themselves."""
    return tuple(
        sorted(
            set(reasons),
            key=lambda reason: (
                _ORDER[reason.cause],
                reason.on or date.max,
                reason.about,
                reason.detail,
                reason.record,
            ),
        )
    )


def _status(running: Sequence[_CreditView], reasons: Sequence[Reason]) -> Status:
    causes = {reason.cause for reason in reasons}
    if all(scope.design for view in running for scope in view.scopes):
        return Status.GAP
    if causes - _MET:
        return Status.PARTIAL
    return Status.CONFORMING if Cause.EVIDENCED_ONCE in causes else Status.EFFECTIVE


def _score(running: Sequence[_CreditView], status: Status) -> float:
    whole = [view.value for view in running if view.relation.covers_wholly]
    shared = fsum(view.value for view in running if not view.relation.covers_wholly)
    best = max([*whole, min(shared, _PARTIAL_CAP)])
    return min(best, _PARTIAL_CAP) if status is Status.PARTIAL else best
