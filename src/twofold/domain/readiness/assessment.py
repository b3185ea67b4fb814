"""The state of a requirement, from all facts of it or from the tallies of its controls."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from twofold.domain.readiness.facts import (
    MATTERS,
    Cause,
    Credit,
    Readiness,
    Reason,
    RequirementFacts,
    Status,
)
from twofold.domain.readiness.scopes import open_matters, scope_state
from twofold.domain.readiness.tally import Tally, rank

#: What a requirement may reach while something is missing, however much the rest is worth.
_UNFINISHED_CAP = Fraction(9, 10)
#: What all partial relations to a requirement are worth together, at most. Each says that something
#: of the requirement is left over, and none says what: two may share the same part and leave the
#: same rest, so however many there are, more than half is not known to be done.
PARTIAL_RELATIONS_CAP = Fraction(1, 2)
#: What shows that something works, and not yet that it goes on working. A check that could not be
#: computed has found nothing, as one that was not run.
_ONCE = {Cause.EVIDENCED_ONCE, Cause.CHECK_NOT_RUN, Cause.CHECK_ERROR}
#: What takes nothing away.
SOUND = {Cause.EVIDENCED, Cause.CHECK_PASSED, *_ONCE}
#: A control by its credit, and the sums over the scopes that run it on the day.
Running = tuple[Credit, Tally]


def assess(facts: RequirementFacts, on: date) -> Readiness:
    """Return the state of a requirement on a date, from facts dated on or before it.

    The rules, in order:

    - excluded by a decision: `not_applicable`; a needed decision is missing: `unknown`;
    - no control is mapped to it: `unknown`; none of them is implemented: `gap`;
    - a major nonconformity is open against the requirement, or against a control that covers it
      wholly; or every implementation has a fault of design (no owner, not approved, review
      overdue): `gap`;
    - some fault of design or of evidence, a check that fails, a matter open, or no running
      control that covers the requirement wholly: `partial`. Where one covers it wholly, controls
      that only touch it are held against it by what is open against them alone; else by all;
    - otherwise `conforming`; and `effective` when each evidence need of each implementation is met
      over time, by evidence of two periods, the earlier of which had not lapsed before the later
      one began, and every check has a result: none is never a pass, and an error is none.

    The score is the larger of two: the best share that a wholly covering control shows, and what
    the partial relations are worth together, each its share by strength in tenths, summed and at
    most `PARTIAL_RELATIONS_CAP`. A `partial` status is worth at most 0.9.

    An override that is approved and has not expired replaces the status alone; `computed` and the
    score stay what the facts say.

    The order in which facts are given does not matter. Facts hold the newest decision, approval and
    owner alone: for a day in the past, give them as they stood on that day.
    """
    running = [(credit, _tally(credit, on)) for credit in facts.credits]
    found = conclude(facts, running, on)
    if found.computed not in {Status.GAP, Status.PARTIAL, Status.CONFORMING, Status.EFFECTIVE}:
        return found
    if not any(tally.scopes for _credit, tally in running):
        return found
    run = [(credit, tally) for credit, tally in running if tally.scopes]
    covered = is_covered(run)
    own = {reason.record for reason in open_matters(facts.matters, facts.requirement, on)}
    grounds = {
        reason
        for credit, tally in run
        for reason in tally.reasons
        if bears(credit, reason.cause, covered=covered) and reason.record not in own
    }
    return replace(found, reasons=_ranked({*found.reasons, *grounds}))


def is_covered(running: Iterable[Running]) -> bool:
    """Return whether a control that is run covers the requirement wholly."""
    return any(credit.relation.covers_wholly for credit, tally in running if tally.scopes)


def bears(credit: Credit, cause: Cause, *, covered: bool) -> bool:
    """Return whether a reason of a control bears on a requirement that it is credited to.

    Args:
        covered: whether a control that is run covers the requirement wholly.
    """
    return credit.relation.covers_wholly or not covered or cause in MATTERS


def conclude(facts: RequirementFacts, running: Sequence[Running], on: date) -> Readiness:
    """Return the same answer from tallies, with the most pressing reason of each control alone.

    Args:
        facts: of the requirement; the implementations of its credits are not read.
        running: each of its credits with the tally of that control's scopes on the day.
    """
    found = _computed(facts, running, on)
    override = facts.override
    if (
        override is None
        or override.approved_on is None
        or not override.approved_on <= on <= override.expires_on
    ):
        return found
    reason = Reason(
        Cause.OVERRIDDEN, facts.requirement, override.record, override.reason, override.expires_on
    )
    return replace(found, status=override.status, reasons=(reason, *found.reasons))


def _computed(facts: RequirementFacts, running: Sequence[Running], on: date) -> Readiness:
    decision = facts.decision if facts.decision and facts.decision.decided_on <= on else None
    if decision and not decision.applicable and facts.excludable:
        reason = Reason(
            Cause.EXCLUDED,
            facts.requirement,
            decision.record,
            decision.reason,
            decision.decided_on,
        )
        return _answer(facts, Status.NOT_APPLICABLE, None, (reason,))
    own = tuple(open_matters(facts.matters, facts.requirement, on))
    if facts.needs_decision and decision is None:
        return _unknown(facts, Cause.NOT_DECIDED, own)
    if not running:
        return _unknown(facts, Cause.NO_CONTROL, own)
    run = [(credit, tally) for credit, tally in running if tally.scopes]
    if not run:
        missing = (Reason(Cause.NOT_IMPLEMENTED, credit.control) for credit, _tally in running)
        return _answer(facts, Status.GAP, 0.0, _ranked((*missing, *own)))
    return _operating(facts, run, own)


def _unknown(facts: RequirementFacts, cause: Cause, own: Sequence[Reason]) -> Readiness:
    reasons = _ranked((Reason(cause, facts.requirement), *own))
    return _answer(facts, Status.UNKNOWN, None, reasons)


def _operating(facts: RequirementFacts, run: Sequence[Running], own: Sequence[Reason]) -> Readiness:
    covered = is_covered(run)
    grounds, causes = set(own), {reason.cause for reason in own}
    for credit, tally in run:
        bearing = {cause for cause in tally.present if bears(credit, cause, covered=covered)}
        causes |= bearing
        grounds |= set(_most_pressing(tally, bearing, {reason.record for reason in own}))
    if not covered:
        closest = min((credit for credit, _tally in run), key=_closeness)
        grounds.add(Reason(Cause.ONLY_PARTLY_COVERED, closest.control))
        causes.add(Cause.ONLY_PARTLY_COVERED)
    status = _status(run, own, causes)
    return _answer(facts, status, _score(run, status), _ranked(grounds))


def _most_pressing(
    tally: Tally, causes: Collection[Cause], told: Collection[str]
) -> Iterator[Reason]:
    """Yield the most pressing reason of these causes, but for records that were told already."""
    for cause in Cause:
        # Of the first so many, one at least is of another record.
        found = tally.of(cause, len(told) + 1) if cause in causes else ()
        for reason in found:
            if reason.record not in told:
                yield reason
                return


def _status(run: Sequence[Running], own: Sequence[Reason], causes: set[Cause]) -> Status:
    broken = any(reason.cause is Cause.OPEN_MAJOR for reason in own) or any(
        credit.relation.covers_wholly and Cause.OPEN_MAJOR in tally.present for credit, tally in run
    )
    if broken or all(tally.faulty == tally.scopes for _credit, tally in run):
        return Status.GAP
    if causes - SOUND:
        return Status.PARTIAL
    return Status.CONFORMING if causes & _ONCE else Status.EFFECTIVE


def _score(run: Sequence[Running], status: Status) -> float:
    if status is Status.GAP:
        return 0.0
    whole = [tally.credit for credit, tally in run if credit.relation.covers_wholly]
    shared = sum(
        (
            tally.credit * credit.strength / 10
            for credit, tally in run
            if not credit.relation.covers_wholly
        ),
        Fraction(0),
    )
    best = max([*whole, min(shared, PARTIAL_RELATIONS_CAP)])
    return float(min(best, _UNFINISHED_CAP) if status is Status.PARTIAL else best)


def _answer(
    facts: RequirementFacts, status: Status, score: float | None, reasons: tuple[Reason, ...]
) -> Readiness:
    return Readiness(facts.requirement, status, score, reasons, status)


def _tally(credit: Credit, on: date) -> Tally:
    tally = Tally()
    for fact in credit.implementations:
        state = scope_state(fact, on)
        if state is not None:
            tally.add(state)
    return tally


def _closeness(credit: Credit) -> tuple[int, str]:
    return -credit.strength, credit.control


def _ranked(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons without repetition in an order that depends on nothing but themselves."""
    return tuple(sorted(set(reasons), key=rank))
