"""What if: facts of readiness as they would be after something changed, and nothing is written.

A supposition names what changes and how. It is applied to the facts of an implementation, or to
those of a requirement itself; what it does not name stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from twofold.domain.checks import Outcome
from twofold.domain.readiness import (
    ApplicabilityFact,
    ClaimFact,
    ImplementationFact,
    MatterFact,
    MatterKind,
    RequirementFacts,
)


class Change(StrEnum):
    """How something changes."""

    EXPIRES = "expires"
    ACCEPTED = "accepted"
    CLOSES = "closes"
    RAISED = "raised"
    PASSES = "passes"
    APPROVED = "approved"
    SHOWN = "shown"
    APPLIES = "applies"


@dataclass(frozen=True)
class Supposition:
    """Something that is supposed to change.

    Attributes:
        about: ledger name of the record that changes: the claim that expires or is accepted, what
            closes, the implementation that is approved, shown, checked or raised against. A finding
            may also be raised against a requirement by its id, and a requirement applies by it.
        detail: title of the check that passes, or of what is raised.
    """

    change: Change
    about: str
    detail: str = ""


#: Who answers for something in a supposition, where nobody does yet.
SOMEBODY = "somebody"


def suppose(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    """Return an implementation after a change on a day; the same where it is about another."""
    change = _OF_IMPLEMENTATIONS.get(given.change)
    return change(fact, given, on) if change else fact


def suppose_of(facts: RequirementFacts, given: Supposition, on: date) -> RequirementFacts:
    """Return what is known of a requirement itself after a change; its controls are left alone."""
    about_it = given.about == facts.requirement
    if given.change is Change.APPLIES and about_it:
        decision = ApplicabilityFact(applicable=True, reason=given.detail, decided_on=on)
        return replace(facts, decision=decision)
    if given.change is Change.RAISED and about_it:
        return replace(facts, matters=(*facts.matters, _major(given, on)))
    if given.change is Change.CLOSES:
        return replace(facts, matters=_closed(facts.matters, given, on))
    return facts


def imagined(
    control: str, *, needs: tuple[str, ...], scope: str, on: date, shown: bool
) -> ImplementationFact:
    """Return a control that is not run yet as if it were: approved and owned, or also shown."""
    fact = ImplementationFact(
        control=control,
        scope=scope,
        record=control,
        owner=SOMEBODY,
        needs=needs,
        started_on=on,
        approved_on=on,
        review_due=None,
    )
    return _shown(fact, Supposition(Change.SHOWN, control), on) if shown else fact


def _expired(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    yesterday = on - timedelta(days=1)
    return _claims(fact, given, lambda c: replace(c, valid_until=min(c.valid_until, yesterday)))


def _accepted(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    return _claims(fact, given, lambda c: replace(c, accepted_on=min(c.accepted_on or on, on)))


def _claims(
    fact: ImplementationFact, given: Supposition, change: Callable[[ClaimFact], ClaimFact]
) -> ImplementationFact:
    claims = tuple(change(c) if c.record == given.about else c for c in fact.claims)
    return fact if claims == fact.claims else replace(fact, claims=claims)


def _without(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    matters = _closed(fact.matters, given, on)
    return fact if matters == fact.matters else replace(fact, matters=matters)


def _closed(
    matters: tuple[MatterFact, ...], given: Supposition, on: date
) -> tuple[MatterFact, ...]:
    return tuple(
        replace(m, closed_on=min(m.closed_on or on, on)) if m.record == given.about else m
        for m in matters
    )


def _raised(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    if fact.record != given.about:
        return fact
    return replace(fact, matters=(*fact.matters, _major(given, on)))


def _major(given: Supposition, on: date) -> MatterFact:
    return MatterFact(given.detail, on, None, given.about, MatterKind.MAJOR)


def _passed(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    if fact.record != given.about:
        return fact
    checks = tuple(
        replace(check, outcome=Outcome.PASS, ran_on=on, valid_until=None)
        if check.title == given.detail
        else check
        for check in fact.checks
    )
    return replace(fact, checks=checks)


def _approved(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    if fact.record != given.about:
        return fact
    return replace(fact, owner=fact.owner or SOMEBODY, approved_on=on, review_due=None)


def _shown(fact: ImplementationFact, given: Supposition, on: date) -> ImplementationFact:
    """Return it approved, with evidence of each need that was accepted on the day."""
    if fact.record != given.about:
        return fact
    claims = tuple(ClaimFact(need, on, on, on, on, on, given.about) for need in fact.needs)
    return replace(_approved(fact, given, on), claims=(*fact.claims, *claims))


_Change = Callable[[ImplementationFact, Supposition, date], ImplementationFact]
_OF_IMPLEMENTATIONS: dict[Change, _Change] = {
    Change.EXPIRES: _expired,
    Change.ACCEPTED: _accepted,
    Change.CLOSES: _without,
    Change.RAISED: _raised,
    Change.PASSES: _passed,
    Change.APPROVED: _approved,
    Change.SHOWN: _shown,
}
