"""What a rule finds on a day: one of four outcomes, and what speaks against it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from twofold.domain.checks.monotony import matches, monotony_fault
from twofold.domain.checks.rules import CheckKind, Rule


class Outcome(StrEnum):
    """What came of a check: it held, it did not, it was not computed, it had nothing to say."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    ERROR = "error"
    NOT_RUN = "not_run"


@dataclass(frozen=True)
class Observation:
    """One record of a population as it stands on the day of the check.

    Attributes:
        record: ledger name of the record.
        on: the day that it is dated by; None where it has none yet.
        measures: numbers by name; None where one could not be computed.
        actors: names in the ledger by part; blank where nobody filled it.
    """

    record: str
    on: date | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float | None] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        looked_at: how many records the answer rests on.
        value: days since the newest record, the number counted, or the measure furthest off;
            None where there is none.
        records: ledger names of what speaks against it, at most 20 of them.
    """

    outcome: Outcome
    looked_at: int
    value: float | None = None
    records: tuple[str, ...] = ()


_NAMED = 20


def evaluate(rule: Rule, observations: Iterable[Observation], *, on: date) -> CheckResult:
    """Return what the rule finds on a day.

    Freshness and count answer on an empty population (nothing is fresh; zero is a number); the
    other kinds have nothing to say then and are `not_run`. Where the population has records and the
    filter chooses none of them, a threshold holds: no open alert is too old. A measure that could
    not be computed is an `error`, unless another record already breaks the rule for certain.

    A rule that more evidence could break is `not_run` whatever there is: it was written before such
    rules were refused, and must not lower a status by what is added.
    """
    if monotony_fault(rule) is not None:
        return CheckResult(Outcome.NOT_RUN, 0)
    given = list(observations)
    found = [entry for entry in given if _chosen(rule, entry)]
    if given and not found and rule.kind is CheckKind.THRESHOLD:
        return CheckResult(Outcome.PASS, 0)
    return _EVALUATE[rule.kind](rule, found, on)


def _chosen(rule: Rule, entry: Observation) -> bool:
    for label, wanted in rule.where:
        if not matches(wanted, entry.labels.get(label, "")):
            return False
    # A separation judges what one person did twice; elsewhere that is passed over.
    return rule.kind is CheckKind.SEPARATION or not rule.first or _apart(rule, entry)


def _apart(rule: Rule, entry: Observation) -> bool:
    """Return whether two known persons had the two parts in a record."""
    first, second = entry.actors.get(rule.first), entry.actors.get(rule.second)
    return bool(first and second) and first != second


def _freshness(rule: Rule, found: Sequence[Observation], on: date) -> CheckResult:
    dated = [(entry.on, entry.record) for entry in found if entry.on and entry.on <= on]
    if not dated:
        return CheckResult(Outcome.FAIL, 0)
    newest, record = max(dated)
    age = (on - newest).days
    if age <= (rule.days or 0):
        return CheckResult(Outcome.PASS, len(dated), age)
    return CheckResult(Outcome.FAIL, len(dated), age, (record,))


def _count(rule: Rule, found: Sequence[Observation], on: date) -> CheckResult:
    if rule.days is not None:
        first = on - timedelta(days=rule.days)
        found = [entry for entry in found if entry.on and first < entry.on <= on]
    number = len(found)
    if _within(rule, number):
        return CheckResult(Outcome.PASS, number, number)
    # Of too few there is nothing to name.
    many = rule.at_most is not None and number > rule.at_most
    return CheckResult(Outcome.FAIL, number, number, _names(found) if many else ())


def _threshold(rule: Rule, found: Sequence[Observation], _on: date) -> CheckResult:
    if not found:
        return CheckResult(Outcome.NOT_RUN, 0)
    values = [(_measured(rule, entry), entry) for entry in found]
    known = [(value, entry) for value, entry in values if value is not None]
    broken = [(value, entry) for value, entry in known if not _within(rule, value)]
    if broken:
        worst = max(broken, key=lambda pair: _distance(rule, pair[0]))[0]
        return CheckResult(
            Outcome.FAIL, len(found), worst, _names(entry for _value, entry in broken)
        )
    unknown = [entry for value, entry in values if value is None]
    if unknown:
        return CheckResult(Outcome.ERROR, len(found), None, _names(unknown))
    return CheckResult(Outcome.PASS, len(found))


def _measured(rule: Rule, entry: Observation) -> float | None:
    """Return the measure of a record; None where it could not be computed, or is no number."""
    value = entry.measures.get(rule.measure)
    return None if value is None or math.isnan(value) else value


def _approval(rule: Rule, found: Sequence[Observation], _on: date) -> CheckResult:
    return _faultless(found, [entry for entry in found if not entry.actors.get(rule.by)])


def _separation(rule: Rule, found: Sequence[Observation], _on: date) -> CheckResult:
    complete = [
        entry for entry in found if entry.actors.get(rule.first) and entry.actors.get(rule.second)
    ]
    same = [entry for entry in complete if not _apart(rule, entry)]
    return _faultless(complete, same)


def _faultless(found: Sequence[Observation], faulty: Sequence[Observation]) -> CheckResult:
    if not found:
        return CheckResult(Outcome.NOT_RUN, 0)
    outcome = Outcome.FAIL if faulty else Outcome.PASS
    return CheckResult(outcome, len(found), len(faulty), _names(faulty))


def _within(rule: Rule, value: float) -> bool:
    low = rule.at_least is None or value >= rule.at_least
    return low and (rule.at_most is None or value <= rule.at_most)


def _distance(rule: Rule, value: float) -> float:
    """Return how far a value lies outside the rule's bounds."""
    below = 0.0 if rule.at_least is None else rule.at_least - value
    above = 0.0 if rule.at_most is None else value - rule.at_most
    return max(below, above)


def _names(entries: Iterable[Observation]) -> tuple[str, ...]:
    return tuple(sorted(entry.record for entry in entries)[:_NAMED])


_EVALUATE = {
    CheckKind.FRESHNESS: _freshness,
    CheckKind.COUNT: _count,
    CheckKind.THRESHOLD: _threshold,
    CheckKind.APPROVAL: _approval,
    CheckKind.SEPARATION: _separation,
}
