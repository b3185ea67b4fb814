"""What is asked of a standing, be it the real one or one that is supposed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from twofold.catalog.model import Catalog, Framework, Predicate, Requirement
from twofold.controls.queries import statements_in_force
from twofold.domain.certification import (
    Basis,
    Judgement,
    Missing,
    Sealed,
    evidence_fault,
    judge,
    statement_fault,
)
from twofold.domain.readiness import (
    Cause,
    Credit,
    ImplementationFact,
    Readiness,
    Reason,
    Status,
    Tally,
)
from twofold.people.access import Actor

#: What is still to be closed before an audit; what was set by hand counts as its facts say.
OPEN = frozenset({Status.UNKNOWN, Status.GAP, Status.PARTIAL})


class Judged(Protocol):
    """The state of every requirement on a day, real or supposed."""

    @property
    def on(self) -> date:
        """The day."""

    @property
    def catalog(self) -> Catalog:
        """The catalogue that it was judged by."""

    @property
    def readiness(self) -> Mapping[str, Readiness]:
        """The state by requirement."""

    def implementations(self, control: str) -> tuple[ImplementationFact, ...]:
        """Return how a control is run, in every scope that the reader may see."""

    def tally(self, control: str) -> Tally:
        """Return the sums of a control over its scopes."""

    def reading(self) -> AbstractContextManager[object]:
        """Return a context in which nothing of what is read changes."""


def certified(found: Judged) -> list[Framework]:
    """Return the standards that are certified against, in their order."""
    return [framework for framework in found.catalog.frameworks if framework.certifiable]


def running(requirement: str, found: Judged) -> list[tuple[Credit, Tally]]:
    """Return each control that is credited to a requirement, with the sums over its scopes."""
    return [
        (Credit(control.id, credit.relation, credit.strength), found.tally(control.id))
        for control in found.catalog.controls_of.get(requirement, ())
        for credit in control.credits
        if credit.requirement == requirement
    ]


def sealed_statements(by: Actor, *, at: datetime) -> dict[str, Sealed]:
    """Return what the statements in force say of each requirement, by standard; one query."""
    return {
        framework: Sealed(
            row.ledger_subject,
            {entry["id"]: entry["applicable"] for entry in json.loads(row.content)["rows"]},
        )
        for framework, row in statements_in_force(by, at=at).items()
    }


def judgements(
    framework: Framework, found: Judged, sealed: Mapping[str, Sealed]
) -> list[tuple[Predicate, Judgement]]:
    """Return what an auditor of a standard expects, with what is there of it.

    Args:
        sealed: the statements in force, by standard.
    """
    judged = []
    with found.reading():
        for predicate in found.catalog.predicates:
            bases = [
                Basis(found.readiness[key], running(key, found))
                for key in predicate.requirements
                if found.catalog.requirements[key].framework == framework.id
            ]
            if bases:
                besides = _besides(predicate, framework, found, sealed)
                judged.append((predicate, judge(predicate.level, bases, besides)))
    return judged


def _besides(
    predicate: Predicate, framework: Framework, found: Judged, sealed: Mapping[str, Sealed]
) -> Iterator[Missing]:
    """Yield what is missing of the evidence, statements and records that a predicate names."""
    own = [
        key
        for key in predicate.requirements
        if found.catalog.requirements[key].framework == framework.id
    ]
    yield from _evidence(predicate, framework, own, found)
    for standard in certified(found) if predicate.statements else ():
        reason = statement_fault(standard.id, sealed.get(standard.id), _decided(standard, found))
        if reason is not None:
            yield Missing(own[0], reason, unknown=False)
    for record in predicate.not_kept:
        reason = Reason(Cause.NOT_KEPT, framework.id, detail=record)
        yield Missing(own[0], reason, unknown=True)


def _evidence(
    predicate: Predicate, framework: Framework, own: Sequence[str], found: Judged
) -> Iterator[Missing]:
    """Yield the kinds of evidence that are not there, each with a requirement that asks for it.

    A kind may be asked for by a control that serves the other standard alone: it is shown once.
    """
    controls = {
        control.id: control
        for key in predicate.requirements
        for control in found.catalog.controls_of.get(key, ())
    }
    tallies = [found.tally(control) for control in controls]
    for kind in predicate.evidence:
        reason = evidence_fault(kind, tallies, framework.short_title)
        if reason is not None:
            asking = {
                credit.requirement
                for control in controls.values()
                if kind in {need.kind for need in control.evidence}
                for credit in control.credits
            }
            place = next((key for key in own if key in asking), own[0])
            yield Missing(place, reason, unknown=False)


def _decided(framework: Framework, found: Judged) -> dict[str, bool | None]:
    """Return of each control of a standard whether it applies; None where nobody decided."""
    return {
        entry.id: _applies(found.readiness[entry.id])
        for entry in auditable(framework)
        if entry.excludable
    }


def _applies(found: Readiness) -> bool | None:
    if found.computed is Status.NOT_APPLICABLE:
        return False
    undecided = any(reason.cause is Cause.NOT_DECIDED for reason in found.reasons)
    return None if undecided else True


def open_of(framework: Framework, readiness: Mapping[str, Readiness]) -> set[str]:
    """Return the requirements of a framework that do not conform yet and are not excluded."""
    return {entry.id for entry in auditable(framework) if readiness[entry.id].computed in OPEN}


def auditable(framework: Framework) -> Iterable[Requirement]:
    """Yield the requirements of a framework that ask something."""
    return (entry for entry in framework.requirements if entry.auditable)
