"""What is asked of a standing, be it the real one or one that is supposed."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from twofold.catalog.model import Catalog, Framework, Predicate, Requirement
from twofold.domain.certification import Basis, Judgement, judge
from twofold.domain.readiness import Credit, ImplementationFact, Readiness, Status, Tally

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


def judgements(framework: Framework, found: Judged) -> list[tuple[Predicate, Judgement]]:
    """Return what an auditor of a standard expects, with what is there of it."""
    judged = []
    with found.reading():
        for predicate in found.catalog.predicates:
            bases = [
                Basis(found.readiness[key], running(key, found))
                for key in predicate.requirements
                if found.catalog.requirements[key].framework == framework.id
            ]
            if bases:
                judged.append((predicate, judge(predicate.level, bases)))
    return judged


def open_of(framework: Framework, readiness: Mapping[str, Readiness]) -> set[str]:
    """Return the requirements of a framework that do not conform yet and are not excluded."""
    return {entry.id for entry in auditable(framework) if readiness[entry.id].computed in OPEN}


def auditable(framework: Framework) -> Iterable[Requirement]:
    """Yield the requirements of a framework that ask something."""
    return (entry for entry in framework.requirements if entry.auditable)
