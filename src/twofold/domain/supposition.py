"""What if: facts of readiness as they would be after something changed, and nothing is written.

A supposition names what changes and how. It is applied to the facts of an implementation, or to
those of a requirement itself; what it does not name stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from twofold.domain.checks import (
    EVIDENCE,
    OF_EVIDENCE,
    POPULATIONS,
    Observation,
    Outcome,
    Rule,
    evaluate,
)
from twofold.domain.readiness import (
    ApplicabilityFact,
    CheckFact,
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


_DESCRIPTION = "implementation"
#: Whoever has a part in evidence that is supposed is another person than who has the next.
_TWO = {actor: actor for actor in POPULATIONS[EVIDENCE].actors}
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
    control: str,
    *,
    needs: tuple[str, ...],
    checks: Iterable[tuple[str, Rule]],
    scope: str,
    on: date,
    shown: bool,
) -> ImplementationFact:
    """Return a control that is not run yet as if it were: approved and owned, or also shown.

    Args:
        checks: title and rule of each that it would be under. What supposed evidence does not
            answer has no result.
    """
    fact = ImplementationFact(
        control=control,
        scope=scope,
        record=control,
        owner=SOMEBODY,
        needs=needs,
        started_on=on,
        approved_on=on,
        review_due=None,
        checks=tuple(CheckFact(title, None, rule=rule) for title, rule in checks),
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
    """Return it approved, with evidence of each need that was accepted on the day.

    Its checks say what they would say of that: those that ask for evidence are evaluated on it,
    and what was found of the description before is no result any more. Results about other records
    stay, and a check that never ran still has none.
    """
    if fact.record != given.about:
        return fact
    added = tuple(ClaimFact(need, on, on, on, on, on, given.about) for need in fact.needs)
    checks = tuple(_rechecked(check, fact.claims, added, on) for check in fact.checks)
    claims = (*fact.claims, *added)
    return replace(_approved(fact, given, on), claims=claims, checks=checks)


def _rechecked(
    check: CheckFact, before: Sequence[ClaimFact], added: Sequence[ClaimFact], on: date
) -> CheckFact:
    """Return a check as it would be on more evidence; a pass is never broken by it."""
    if check.rule is None:
        return check
    if check.rule.of in OF_EVIDENCE:
        seen = [*_seen(check.rule, before, on), *_seen(check.rule, added, on, actors=_TWO)]
        passes = evaluate(check.rule, seen, on=on).outcome is Outcome.PASS
        after = replace(check, outcome=Outcome.PASS, ran_on=on, valid_until=None)
        return after if passes else check
    if check.rule.of == _DESCRIPTION and check.outcome in {Outcome.FAIL, Outcome.ERROR}:
        return replace(check, outcome=None, ran_on=None, valid_until=None, record="")
    return check


def _seen(
    rule: Rule, claims: Iterable[ClaimFact], on: date, *, actors: Mapping[str, str] | None = None
) -> Iterator[Observation]:
    """Yield claims as a rule over evidence sees them; who had a part is known of supposed ones."""
    for claim in claims:
        accepted = claim.accepted_on is not None and claim.accepted_on <= on
        if rule.of == EVIDENCE:
            if accepted and claim.need == rule.need and claim.period_from <= on:
                yield Observation(claim.record, min(claim.period_to, on), actors=actors or {})
        else:
            labels = {"need": claim.need, "state": "accepted" if accepted else "waiting"}
            yield Observation(claim.record, claim.claimed_on, labels, actors=actors or {})


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
