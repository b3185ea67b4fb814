"""The roadmap: what to do in which order, and what each step unlocks in both standards."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from twofold.catalog.model import Framework, LibraryControl, Requirement
from twofold.controls.models import Answer
from twofold.controls.queries import gap_answers
from twofold.domain.readiness import Cause, Status, Tally
from twofold.people.access import Actor
from twofold.people.models import Role, Unit
from twofold.reporting.judged import OPEN, Judged, auditable, certified
from twofold.reporting.standing import standing


class Phase(StrEnum):
    """What is done with a control, in the order in which it becomes possible."""

    DECIDE = "decide"
    DESCRIBE = "describe"
    APPROVE = "approve"
    EVIDENCE = "evidence"
    PROVE = "prove"


@dataclass(frozen=True)
class Unlocked:
    """The requirements of one standard that a step brings nearer."""

    framework: Framework
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class Step:
    """One step of the roadmap.

    Attributes:
        number: its place, from 1.
        control: what it is about; None for deciding what applies.
        framework: the standard whose applicability is decided; None for a control.
        scopes: in how many scopes it is to be done; of a decision, how many are to be taken.
        answer: what the gap assessment says of the control; blank where nothing.
        owner_role: who usually does it.
        unlocks: by standard, in their order; a standard of which it unlocks nothing is there too.
    """

    number: int
    phase: Phase
    control: LibraryControl | None
    framework: Framework | None
    scopes: int
    answer: str
    owner_role: str
    unlocks: tuple[Unlocked, ...]

    @property
    def unlocked(self) -> int:
        """How many requirements it brings nearer, over all standards."""
        return sum(len(entry.requirements) for entry in self.unlocks)


#: What is done first among equals: what is there already and only wants writing down.
_FIRST = (Answer.SHOWN, Answer.DONE, Answer.PARTLY, Answer.MISSING, Answer.UNKNOWN, "")
_UNAPPROVED = (Cause.NOT_APPROVED, Cause.REVIEW_OVERDUE, Cause.NO_OWNER)
_UNSHOWN = (Cause.NO_EVIDENCE, Cause.EVIDENCE_EXPIRED, Cause.EVIDENCE_NOT_ACCEPTED)
_UNPROVEN = (Cause.EVIDENCED_ONCE,)
_CAUSES = {Phase.APPROVE: _UNAPPROVED, Phase.EVIDENCE: _UNSHOWN, Phase.PROVE: _UNPROVEN}


def roadmap(by: Actor, *, unit: Unit | None, at: datetime) -> tuple[Step, ...]:
    """Return every step that is left, in phases: what unlocks most comes first in each.

    A step is there where it brings a requirement of a certified standard nearer: one that the
    control covers wholly and that does not conform yet, or, to prove over time, that is not yet
    effective.

    Args:
        unit: whose answers of the gap assessment put what is done already first; None: nobody's.
    """
    found = standing(by, at=at)
    answers = {row.control: row.answer for row in gap_answers(unit)} if unit else {}
    with found.reading():
        steps = [*_decisions(found), *_of_controls(found, answers)]
    places = {phase: place for place, phase in enumerate(Phase)}
    steps.sort(key=lambda step: (places[step.phase], _FIRST.index(step.answer), -step.unlocked))
    return tuple(_numbered(steps))


def _numbered(steps: Iterable[Step]) -> Iterable[Step]:
    for number, step in enumerate(steps, 1):
        yield replace(step, number=number)


def _decisions(found: Judged) -> Iterable[Step]:
    for framework in certified(found):
        undecided = tuple(
            entry
            for entry in auditable(framework)
            if found.readiness[entry.id].reasons[0].cause is Cause.NOT_DECIDED
        )
        if undecided:
            lead = Role.SECURITY_LEAD if framework.id == "27001" else Role.GOVERNANCE_LEAD
            unlocks = tuple(
                Unlocked(entry, undecided if entry.id == framework.id else ())
                for entry in certified(found)
            )
            yield Step(
                0, Phase.DECIDE, None, framework, len(undecided), "", str(lead.label), unlocks
            )


def _of_controls(found: Judged, answers: Mapping[str, str]) -> Iterable[Step]:
    for control in found.catalog.controls:
        tally = found.tally(control.id)
        for phase, scopes in _todo(tally):
            unlocks = _unlocks(control, found, _UNFINISHED[phase])
            if any(entry.requirements for entry in unlocks):
                yield Step(
                    0,
                    phase,
                    control,
                    None,
                    scopes,
                    answers.get(control.id, "") if phase is Phase.DESCRIBE else "",
                    control.owner_role,
                    unlocks,
                )


def _todo(tally: Tally) -> Iterable[tuple[Phase, int]]:
    """Yield the phases that a control is in, and in how many scopes."""
    if not tally.scopes:
        yield Phase.DESCRIBE, 1
        return
    for phase, causes in _CAUSES.items():
        scopes = {
            reason.about for cause in causes for reason in tally.of(cause, tally.causes[cause])
        }
        if scopes:
            yield phase, len(scopes)


def _unlocks(
    control: LibraryControl, found: Judged, unfinished: Callable[[Status], bool]
) -> tuple[Unlocked, ...]:
    wholly = [
        found.catalog.requirements[credit.requirement]
        for credit in control.credits
        if credit.relation.covers_wholly
    ]
    return tuple(
        Unlocked(
            framework,
            tuple(
                entry
                for entry in wholly
                if entry.framework == framework.id
                and unfinished(found.readiness[entry.id].computed)
            ),
        )
        for framework in certified(found)
    )


def _open(status: Status) -> bool:
    return status in OPEN


def _unproven(status: Status) -> bool:
    return status in OPEN or status is Status.CONFORMING


_UNFINISHED: Mapping[Phase, Callable[[Status], bool]] = {
    Phase.DESCRIBE: _open,
    Phase.APPROVE: _open,
    Phase.EVIDENCE: _open,
    Phase.PROVE: _unproven,
}
