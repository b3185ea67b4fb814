"""The controls that were credited to a requirement on a day, by the facts of that day alone."""

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
            tuple(
                ScopeThen(fact.scope, names.get(f"person:{fact.owner}", ""), fact.approved_on)
                for fact in running[control.id]
            ),
        )
        for control in controls
    ]


def _running(found: Standing, control: str) -> list[ImplementationFact]:
    return [
        fact
        for fact in found.implementations(control)
        if fact.retired_on is None or fact.retired_on > found.on
    ]
