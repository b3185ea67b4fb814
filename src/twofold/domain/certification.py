"""Whether what a certification auditor expects is there, from the readiness of requirements.

A predicate rests on requirements. The first stage of certification asks for the design of each, the
second for its operation (ISO/IEC 17021-1:2015 9.3.1.2 and 9.3.1.3). The catalogue names predicates
and requirements; reporting gives their readiness on a day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.domain.readiness import Cause, Readiness, Reason, Status, Tally
from twofold.domain.readiness.assessment import Running


class Level(StrEnum):
    """How far a requirement must have come."""

    DESIGN = "design"
    OPERATION = "operation"


class PredicateState(StrEnum):
    """Whether what is expected is there."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Basis:
    """One requirement that a predicate rests on, as it stands on the day.

    Attributes:
        running: each control that is credited to it, with the sums over its scopes.
    """

    readiness: Readiness
    running: Sequence[Running] = ()


@dataclass(frozen=True)
class Missing:
    """What is missing for a requirement, and the most pressing reason.

    The requirement is not as far as it must be, or something else that the predicate names is not
    there.
    """

    requirement: str
    reason: Reason
    unknown: bool


@dataclass(frozen=True)
class Sealed:
    """A Statement of Applicability that is approved and in force.

    Attributes:
        applicable: what it says of each requirement that it has a row of; None: undecided.
    """

    record: str
    applicable: Mapping[str, bool | None]


@dataclass(frozen=True)
class Judgement:
    """The state of a predicate and what it follows from.

    Attributes:
        missing: what is not there, or not known, in the order of the requirements.
        met: requirements of which nothing is missing; excluded: those that do not apply.
    """

    state: PredicateState
    missing: tuple[Missing, ...]
    met: tuple[str, ...]
    excluded: tuple[str, ...]


_OPERATING = {Status.CONFORMING, Status.EFFECTIVE}
_DESIGN_FAULTS = (Cause.NO_OWNER, Cause.NOT_APPROVED, Cause.REVIEW_OVERDUE)


#: How far evidence of a kind has come, the furthest first.
_EVIDENCE = (
    Cause.EVIDENCED,
    Cause.EVIDENCED_ONCE,
    Cause.EVIDENCE_NOT_ACCEPTED,
    Cause.EVIDENCE_EXPIRED,
    Cause.NO_EVIDENCE,
)
_SHOWN = {Cause.EVIDENCED, Cause.EVIDENCED_ONCE}


def judge(level: Level, bases: Iterable[Basis], besides: Iterable[Missing] = ()) -> Judgement:
    """Return the state of a predicate.

    Args:
        besides: what is missing of the other things that it names: evidence, statements, records.

    - A requirement that was decided not to apply is left out; when all are, so is the predicate.
    - Unknown is a requirement on which nobody decided, or which no control is mapped to.
    - At the level of design a requirement is there when a control that covers it wholly is run,
      with an owner and a current approval in each of its scopes.
    - At the level of operation it is there when it conforms or is effective; then nothing is open
      against it. A status that was set by hand counts for nothing: no auditor would take it.
    - One requirement that is known not to be there makes the predicate not met; else one that is
      unknown makes it unknown.

    Raises:
        ValueError: the predicate rests on nothing.
    """
    given = list(bases)
    if not given:
        raise ValueError("A predicate rests on at least one requirement.")
    excluded, met, missing = [], [], []
    for basis in given:
        lack = _lack(level, basis)
        if basis.readiness.computed is Status.NOT_APPLICABLE:
            excluded.append(basis.readiness.requirement)
        elif lack is None:
            met.append(basis.readiness.requirement)
        else:
            missing.append(lack)
    named = list(besides) if met or missing else []
    missing += named
    lacking = {lack.requirement for lack in named}
    there = tuple(requirement for requirement in met if requirement not in lacking)
    return Judgement(_state(met, missing), tuple(missing), there, tuple(excluded))


def evidence_fault(kind: str, tallies: Iterable[Tally], about: str) -> Reason | None:
    """Return why evidence of a kind is not there; None: a scope shows it, accepted and valid.

    Of several scopes the one that has come furthest is told.

    Args:
        tallies: the sums of every control that may ask for it.
        about: whose it would be, where no scope is asked for it.
    """
    given = [
        reason
        for tally in tallies
        for cause in _EVIDENCE
        for reason in tally.of(cause, tally.causes[cause])
        if reason.detail == kind
    ]
    best = min(given, key=lambda reason: _EVIDENCE.index(reason.cause), default=None)
    if best is None:
        return Reason(Cause.NO_EVIDENCE, about, detail=kind)
    return None if best.cause in _SHOWN else best


def statement_fault(
    framework: str, sealed: Sealed | None, decided: Mapping[str, bool | None]
) -> Reason | None:
    """Return why the Statement of Applicability of a standard is not there; None: it is current.

    It is current while it says of every control what is decided on the day.

    Args:
        decided: of each control of the standard, whether it applies; None: nobody decided.
    """
    if sealed is None:
        return Reason(Cause.NO_STATEMENT, framework)
    for requirement, applicable in sorted(decided.items()):
        if sealed.applicable.get(requirement) is not applicable:
            return Reason(Cause.STATEMENT_OUTRUN, framework, sealed.record, requirement)
    return None


def _state(met: Sequence[str], missing: Sequence[Missing]) -> PredicateState:
    if any(not lack.unknown for lack in missing):
        return PredicateState.NOT_MET
    if missing:
        return PredicateState.UNKNOWN
    return PredicateState.MET if met else PredicateState.NOT_APPLICABLE


def _lack(level: Level, basis: Basis) -> Missing | None:
    found = basis.readiness
    if found.computed is Status.UNKNOWN:
        return Missing(found.requirement, _first(found), unknown=True)
    if level is Level.OPERATION:
        reason = None if found.computed in _OPERATING else _first(found)
    else:
        reason = _design_fault(basis)
    return None if reason is None else Missing(found.requirement, reason, unknown=False)


def _first(found: Readiness) -> Reason:
    """Return the most pressing reason of what the facts say."""
    return next(reason for reason in found.reasons if reason.cause is not Cause.OVERRIDDEN)


def _design_fault(basis: Basis) -> Reason | None:
    """Return what keeps a requirement from being designed; None when it is."""
    run = [(credit, tally) for credit, tally in basis.running if tally.scopes]
    whole = [tally for credit, tally in run if credit.relation.covers_wholly]
    if any(not tally.faulty for tally in whole):
        return None
    for cause in _DESIGN_FAULTS:
        for tally in whole:
            for reason in tally.of(cause, 1):
                return reason
    covering = [credit for credit, _tally in basis.running if credit.relation.covers_wholly]
    if covering:
        # Controls that cover it only in part may be run: the one that would do is what is missing.
        best = min(covering, key=lambda credit: (-credit.strength, credit.control))
        return Reason(Cause.NOT_IMPLEMENTED, best.control)
    return Reason(Cause.NO_CONTROL, basis.readiness.requirement)
