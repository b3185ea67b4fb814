"""What if: which requirements and predicates turn, and how forecasts move, when something changes.

The same functions answer on changed facts; nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twofold.catalog.model import Framework, Predicate, Requirement
from twofold.controls.models import EvidenceClaim
from twofold.domain.certification import PredicateState, Sealed
from twofold.domain.forecast import Forecast, forecast
from twofold.domain.readiness import Readiness
from twofold.domain.supposition import Supposition
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import visible_items
from twofold.people.access import Actor
from twofold.reporting.forecasts import history, weekly
from twofold.reporting.judged import (
    Judged,
    certified,
    judgements,
    open_of,
    sealed_statements,
)
from twofold.reporting.posture import FrameworkPosture, framework_posture
from twofold.reporting.standing import Snapshot, Standing, standing
from twofold.reporting.supposed import Supposed

_EVIDENCE = f"{EvidenceItem._meta.label_lower}:"


@dataclass(frozen=True)
class Turn:
    """A requirement whose state would be another, or whose score would."""

    requirement: Requirement
    before: Readiness
    after: Readiness


@dataclass(frozen=True)
class PredicateTurn:
    """A predicate whose state would be another."""

    predicate: Predicate
    before: PredicateState
    after: PredicateState


@dataclass(frozen=True)
class StandardTurn:
    """How a standard would move."""

    framework: Framework
    before: FrameworkPosture
    after: FrameworkPosture
    requirements: tuple[Turn, ...]
    predicates: tuple[PredicateTurn, ...]
    forecast_before: Forecast
    forecast_after: Forecast


def what_if(given: Sequence[Supposition], by: Actor, *, at: datetime) -> tuple[StandardTurn, ...]:
    """Return how each certified standard would move if all of this changed today.

    A change of evidence is one of every claim that leans on it. What is about a record that the
    actor may not see changes nothing.
    """
    found = standing(by, at=at)
    supposed = Supposed(found, list(_resolved(given, by, at)))
    weeks = weekly(by, found, at=at)
    sealed = sealed_statements(by, at=at)
    return tuple(_turn(entry, found, supposed, weeks, sealed) for entry in certified(found))


def _resolved(given: Iterable[Supposition], by: Actor, at: datetime) -> Iterable[Supposition]:
    """Yield suppositions about claims in place of those about the evidence that they lean on."""
    for entry in given:
        if not entry.about.startswith(_EVIDENCE):
            yield entry
            continue
        items = visible_items(by, at=at).filter(pk=UUID(entry.about.removeprefix(_EVIDENCE)))
        claims = EvidenceClaim.objects.filter(evidence__item__in=items.values("pk"))
        for claim in claims:
            yield Supposition(entry.change, claim.ledger_subject, entry.detail)


def _turn(
    framework: Framework,
    found: Standing,
    supposed: Supposed,
    weeks: Sequence[Snapshot],
    sealed: Mapping[str, Sealed],
) -> StandardTurn:
    points = history(framework, weeks)
    return StandardTurn(
        framework=framework,
        before=framework_posture(framework, found),
        after=framework_posture(framework, supposed),
        requirements=tuple(_requirements(framework, found, supposed)),
        predicates=tuple(_predicates(framework, found, supposed, sealed)),
        forecast_before=forecast(points),
        forecast_after=forecast(points, open_now=len(open_of(framework, supposed.readiness))),
    )


def _requirements(framework: Framework, found: Judged, supposed: Judged) -> Iterable[Turn]:
    for entry in framework.requirements:
        if entry.auditable:
            before, after = found.readiness[entry.id], supposed.readiness[entry.id]
            if (before.status, before.score) != (after.status, after.score):
                yield Turn(entry, before, after)


def _predicates(
    framework: Framework, found: Judged, supposed: Judged, sealed: Mapping[str, Sealed]
) -> Iterable[PredicateTurn]:
    today = judgements(framework, found, sealed)
    changed = judgements(framework, supposed, sealed)
    for (predicate, before), (_same, after) in zip(today, changed, strict=True):
        if before.state is not after.state:
            yield PredicateTurn(predicate, before.state, after.state)
