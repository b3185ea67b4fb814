"""One implementation as it stands on a day: what it is worth, why, and until when that holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from twofold.domain.checks import Outcome
from twofold.domain.readiness.facts import (
    Cause,
    ClaimFact,
    ImplementationFact,
    MatterFact,
    MatterKind,
    Reason,
)

_MET = {Cause.EVIDENCED, Cause.EVIDENCED_ONCE}
_A_DAY = timedelta(days=1)
_MATTERS = {
    MatterKind.BREACH: Cause.OPEN_BREACH,
    MatterKind.MAJOR: Cause.OPEN_MAJOR,
    MatterKind.MINOR: Cause.OPEN_MINOR,
}
_OUTCOMES = {
    Outcome.PASS: Cause.CHECK_PASSED,
    Outcome.FAIL: Cause.CHECK_FAILED,
    Outcome.ERROR: Cause.CHECK_ERROR,
    Outcome.NOT_RUN: Cause.CHECK_NOT_RUN,
}
_HALVING = {
    Cause.OPEN_BREACH,
    Cause.OPEN_MINOR,
    Cause.ACTION_OVERDUE,
    Cause.CHECK_FAILED,
}


@dataclass(frozen=True)
class ScopeState:
    """One implementation on one day.

    Attributes:
        credit: 0 to 1, exact: the share of met needs; halved by an open matter or a check that does
            not hold; 0 with a fault of design or an open major nonconformity.
        faulty: whether its design has a fault (no owner, not approved, review overdue).
        reasons: every ground, in no particular order.
        until: last day on which all this stays so as far as the facts tell; None: for good.
    """

    credit: Fraction
    faulty: bool
    reasons: tuple[Reason, ...]
    until: date | None


def scope_state(fact: ImplementationFact, on: date) -> ScopeState | None:
    """Return the state of an implementation on a day; None when it is not run on that day."""
    if fact.started_on > on or (fact.retired_on is not None and fact.retired_on <= on):
        return None
    design = tuple(_design_faults(fact, on))
    against = (*open_matters(fact.matters, fact.scope, on), *_check_states(fact, on))
    needs = _need_states(fact, on)
    return ScopeState(
        credit=_credit(design, against, needs),
        faulty=bool(design),
        reasons=(*design, *against, *needs),
        until=_until(fact, on),
    )


def open_matters(matters: Iterable[MatterFact], about: str, on: date) -> Iterator[Reason]:
    """Yield the reasons of what is open on a day; an action that is late is a reason of its own."""
    for matter in matters:
        if matter.opened_on > on or (matter.closed_on is not None and matter.closed_on <= on):
            continue
        yield Reason(_MATTERS[matter.kind], about, matter.record, matter.title, matter.opened_on)
        if matter.due_on is not None and matter.due_on < on:
            yield Reason(Cause.ACTION_OVERDUE, about, matter.record, matter.title, matter.due_on)


def _credit(
    design: tuple[Reason, ...], against: tuple[Reason, ...], needs: tuple[Reason, ...]
) -> Fraction:
    causes = {reason.cause for reason in against}
    if design or Cause.OPEN_MAJOR in causes:
        return Fraction(0)
    share = Fraction(sum(need.cause in _MET for need in needs), len(needs))
    return share / 2 if causes & _HALVING else share


def _design_faults(fact: ImplementationFact, on: date) -> Iterator[Reason]:
    if not fact.owner:
        yield Reason(Cause.NO_OWNER, fact.scope, fact.record, fact.control)
    if fact.approved_on is None or fact.approved_on > on:
        yield Reason(Cause.NOT_APPROVED, fact.scope, fact.record, fact.control)
    elif fact.review_due is not None and fact.review_due < on:
        due = fact.review_due
        yield Reason(Cause.REVIEW_OVERDUE, fact.scope, fact.record, fact.control, due)


def _check_states(fact: ImplementationFact, on: date) -> Iterator[Reason]:
    for check in fact.checks:
        if check.outcome is None or (check.ran_on is not None and check.ran_on > on):
            # A result that lies ahead is none, and nothing of it may be told yet.
            yield Reason(Cause.CHECK_NOT_RUN, fact.scope, fact.record, check.title)
            continue
        record = check.record or fact.record
        cause = _check_cause(check.outcome, check.valid_until, on)
        yield Reason(cause, fact.scope, record, check.title, check.ran_on)


def _check_cause(outcome: Outcome, valid_until: date | None, on: date) -> Cause:
    """Return how a check stands that has a result; one that has lapsed is none."""
    # What did not hold stays so until a newer result says otherwise: forgetting never mends.
    lapsed = valid_until is not None and valid_until < on
    if lapsed and outcome is Outcome.PASS:
        return Cause.CHECK_NOT_RUN
    return _OUTCOMES[outcome]


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
    return earlier.period_to < later.period_from and lapse <= _A_DAY


def _until(fact: ImplementationFact, on: date) -> date | None:
    """Return the last day before the next one on which any of the facts turns."""
    ahead = [day for day in _turns(fact) if day is not None and day > on]
    return min(ahead) - _A_DAY if ahead else None


def turning_days(fact: ImplementationFact) -> set[date]:
    """Return each day from which something of an implementation may be other than the day before.

    The first day on which it is run is one of them.
    """
    return {fact.started_on, *(day for day in _turns(fact) if day is not None)}


def _turns(fact: ImplementationFact) -> Iterator[date | None]:
    """Yield each day on which something of an implementation begins, or first no longer holds."""
    yield from (fact.retired_on, fact.approved_on, _after(fact.review_due))
    for claim in fact.claims:
        yield from (claim.claimed_on, claim.period_from, claim.accepted_on)
        yield _after(claim.valid_until)
    for matter in fact.matters:
        yield from (matter.opened_on, matter.closed_on, _after(matter.due_on))
    for check in fact.checks:
        yield from (check.ran_on, _after(check.valid_until))


def _after(day: date | None) -> date | None:
    return None if day is None or day == date.max else day + _A_DAY
