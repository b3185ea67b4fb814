"""The controls that were credited to a requirement on a day, by the facts of that day alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from twofold.catalog.model import ControlCredit, LibraryControl, Requirement
from twofold.domain.readiness import ImplementationFact
from twofold.reporting.history import names_of
from twofold.reporting.standing import Standing


@dataclass(frozen=True)
class ScopeThen:
    """Where a control was run on a day.

    Attributes:
        owner: name of the owner; blank: there was none.
        approved_on: day of the approval that stood; None: it was not approved.
    """

    name: str
    owner: str
    approved_on: date | None


@dataclass(frozen=True)
class CreditThen:
    """A control that was credited to a requirement, and where it was run on the day."""

    control: LibraryControl
    credit: ControlCredit
    scopes: tuple[ScopeThen, ...]


def credits_then(requirement: Requirement, found: Standing) -> list[CreditThen]:
    """Return the controls that the library of the day credited to a requirement.

    Two queries, for the names of the owners; persons are called what they are called today.
    """
    controls = found.catalog.controls_of.get(requirement.id, ())
    running = {control.id: _running(found, control.id) for control in controls}
    names = names_of(
        f"person:{fact.owner}" for facts in running.values() for fact in facts if fact.owner
    )
    return [
        CreditThen(
            control,
            next(entry for entry in control.credits if entry.requirement == requirement.id),
            tuple(_scope(fact, names) for fact in running[control.id]),
        )
        for control in controls
    ]


def shared_from_above(controls: Iterable[str], found: Standing) -> dict[str, tuple[ScopeThen, ...]]:
    """Return by control the units above the reader's own for the whole of which it is run.

    A control without any is not among them. Two queries, for the names of the owners.
    """
    shared = {
        control: facts
        for control in controls
        if (facts := [fact for fact in _running(found, control) if not fact.record])
    }
    names = names_of(
        f"person:{fact.owner}" for facts in shared.values() for fact in facts if fact.owner
    )
    return {
        control: tuple(_scope(fact, names) for fact in facts) for control, facts in shared.items()
    }


def _scope(fact: ImplementationFact, names: Mapping[str, str]) -> ScopeThen:
    return ScopeThen(fact.scope, names.get(f"person:{fact.owner}", ""), fact.approved_on)


def _running(found: Standing, control: str) -> list[ImplementationFact]:
    return [
        fact
        for fact in found.implementations(control)
        if fact.retired_on is None or fact.retired_on > found.on
    ]
