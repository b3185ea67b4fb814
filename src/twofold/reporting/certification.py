"""The certification view: what an auditor of each stage expects, what is missing, who owes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from twofold.catalog.certification import STAGES
from twofold.catalog.model import Framework, Predicate, Requirement
from twofold.domain.certification import Judgement, Missing, PredicateState
from twofold.domain.forecast import Forecast, Point, forecast
from twofold.domain.readiness import Cause, ImplementationFact, Reason
from twofold.people.access import Actor
from twofold.people.models import Role
from twofold.reporting.forecasts import history, weekly
from twofold.reporting.history import names_of
from twofold.reporting.judged import Judged, certified, judgements, sealed_statements
from twofold.reporting.standing import standing


@dataclass(frozen=True)
class Owed:
    """What a requirement lacks, and who owes the next step.

    Attributes:
        owner: name of the person who answers for it; blank where nobody is named.
        role: who usually would.
        second: whether somebody else than the owner has to act.
    """

    requirement: Requirement
    reason: Reason
    unknown: bool
    owner: str
    role: str
    second: bool


@dataclass(frozen=True)
class PredicateView:
    """Something that an auditor expects, with its state and what it follows from."""

    predicate: Predicate
    state: PredicateState
    owed: tuple[Owed, ...]
    met: tuple[Requirement, ...]
    excluded: tuple[Requirement, ...]


@dataclass(frozen=True)
class StageView:
    """One stage of the audit of a standard.

    Attributes:
        met: predicates that are met; `total` of them apply.
    """

    stage: int
    predicates: tuple[PredicateView, ...]
    met: int
    total: int


@dataclass(frozen=True)
class StandardView:
    """How far a standard is from its certificate.

    Attributes:
        history: open requirements week by week; the last point is the day itself.
    """

    framework: Framework
    stages: tuple[StageView, ...]
    history: tuple[Point, ...]
    forecast: Forecast


@dataclass(frozen=True)
class Certification:
    """The view of all standards that are certified against."""

    on: date
    standards: tuple[StandardView, ...]


#: What a second person has to do: the owner may not.
_SECOND = {Cause.NOT_APPROVED, Cause.REVIEW_OVERDUE, Cause.EVIDENCE_NOT_ACCEPTED}


def certification(by: Actor, *, at: datetime) -> Certification:
    """Return how far each standard is from its certificate, as the actor may see it."""
    found = standing(by, at=at)
    weeks = weekly(by, found, at=at)
    sealed = sealed_statements(by, at=at)
    judged = [(framework, judgements(framework, found, sealed)) for framework in certified(found)]
    owners = _owners(judged, found)
    standards = []
    for framework, given in judged:
        points = history(framework, weeks)
        standards.append(
            StandardView(framework, _stages(given, owners, found), points, forecast(points))
        )
    return Certification(found.on, tuple(standards))


def _stages(
    given: Iterable[tuple[Predicate, Judgement]], owners: Mapping[str, str], found: Judged
) -> tuple[StageView, ...]:
    views = [_view(predicate, judgement, owners, found) for predicate, judgement in given]
    stages = []
    for stage in STAGES:
        members = tuple(view for view in views if view.predicate.stage == stage)
        applying = [v for v in members if v.state is not PredicateState.NOT_APPLICABLE]
        met = sum(view.state is PredicateState.MET for view in applying)
        stages.append(StageView(stage, members, met, len(applying)))
    return tuple(stages)


def _view(
    predicate: Predicate, judgement: Judgement, owners: Mapping[str, str], found: Judged
) -> PredicateView:
    known = found.catalog.requirements
    return PredicateView(
        predicate=predicate,
        state=judgement.state,
        owed=tuple(_owed(lack, owners, found) for lack in judgement.missing),
        met=tuple(known[key] for key in judgement.met),
        excluded=tuple(known[key] for key in judgement.excluded),
    )


def _owed(lack: Missing, owners: Mapping[str, str], found: Judged) -> Owed:
    return Owed(
        requirement=found.catalog.requirements[lack.requirement],
        reason=lack.reason,
        unknown=lack.unknown,
        owner=owners.get(lack.reason.record, ""),
        role=role_for(lack.reason, lack.requirement, found),
        second=lack.reason.cause in _SECOND,
    )


def role_for(reason: Reason, requirement: str, found: Judged) -> str:
    """Return who usually takes the step that a reason asks for."""
    control = found.catalog.control_by_id.get(reason.detail or reason.about)
    if control is None:
        needs = (
            control
            for control in found.catalog.controls_of.get(requirement, ())
            if reason.detail in {need.kind for need in control.evidence}
        )
        control = next(needs, None)
    if control is not None:
        return control.owner_role
    framework = found.catalog.requirements[requirement].framework
    lead = Role.SECURITY_LEAD if framework == "27001" else Role.GOVERNANCE_LEAD
    return str(lead.label)


def _owners(
    judged: Iterable[tuple[Framework, list[tuple[Predicate, Judgement]]]], found: Judged
) -> dict[str, str]:
    """Return the names of who answers for the records that reasons rest on; one query."""
    wanted = {
        lack.reason.record: lack.requirement
        for _framework, given in judged
        for _predicate, judgement in given
        for lack in judgement.missing
        if lack.reason.record
    }
    keys = {record: _owner(record, key, found) for record, key in wanted.items()}
    names = names_of(f"person:{key}" for key in keys.values() if key)
    return {record: names[f"person:{key}"] for record, key in keys.items() if key}


def _owner(record: str, requirement: str, found: Judged) -> str:
    """Return the key of who owns the implementation that a record belongs to; blank for nobody."""
    for control in found.catalog.controls_of.get(requirement, ()):
        for fact in found.implementations(control.id):
            if record == fact.record or record in _records(fact):
                return fact.owner
    return ""


def _records(fact: ImplementationFact) -> set[str]:
    return {
        *(claim.record for claim in fact.claims),
        *(matter.record for matter in fact.matters),
        *(check.record for check in fact.checks),
    }
