"""The gap assessment: progress by area, and both standards now and as the answers have it.

The estimate is the computed state on changed facts: as if what was answered were decided, approved
and evidenced. It is always shown as an estimate; answers alone never move a computed state.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.catalog.model import LibraryControl
from twofold.controls.models import Answer, GapAnswer, Implementation
from twofold.controls.queries import gap_answers, running
from twofold.domain.supposition import Change, Supposition
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.models import Unit
from twofold.reporting.judged import certified
from twofold.reporting.posture import FrameworkPosture, framework_posture
from twofold.reporting.standing import Standing, standing_of
from twofold.reporting.supposed import Supposed


@dataclass(frozen=True)
class AreaProgress:
    """How far an area is answered.

    Attributes:
        counts: controls by answer; those without one are not among them.
    """

    area: str
    total: int
    answered: int
    counts: Mapping[Answer, int]


@dataclass(frozen=True)
class Moved:
    """A standard as it is computed today, and as it is estimated from the answers."""

    now: FrameworkPosture
    estimate: FrameworkPosture


@dataclass(frozen=True)
class GapAssessment:
    """The whole assessment of a unit.

    Attributes:
        next_area: the first area that is not answered to its end; None when all are.
    """

    areas: tuple[AreaProgress, ...]
    standards: tuple[Moved, ...]
    answered: int
    total: int
    next_area: str | None


@dataclass(frozen=True)
class Asked:
    """A control that is asked about, what was answered, and how it is run in the unit."""

    control: LibraryControl
    answer: GapAnswer | None
    implementation: Implementation | None


#: The areas of the library in the order in which an organisation goes through them: first what the
#: rest leans on. What it added itself comes last.
_ORDER = (
    "management",
    "ai-governance",
    "assurance",
    "people",
    "legal-and-partners",
    "information",
    "access",
    "technology",
    "development",
    "resilience",
    "physical",
    "ai-lifecycle",
    "ai-data",
    "ai-measurement",
    "ai-operation",
    "ai-use",
)
#: What is taken as done and evidenced; what is done in part is taken as approved and not yet shown.
_DONE = {Answer.SHOWN, Answer.DONE}


def gap_assessment(unit: Unit, by: Actor, *, at: datetime) -> GapAssessment:
    """Return how far a unit's assessment is, and both standards now and as it estimates them.

    Both are told of the unit: what is run in it, below it, and for the whole of a unit above it.

    Raises:
        AccessDenied: the actor may not read the unit.
    """
    access.require(by, Permission.READ, unit=unit, at=at)
    found = standing_of(unit, at=at)
    answers = {row.control: Answer(row.answer) for row in gap_answers(unit)}
    areas = [
        _progress(area, controls, answers)
        for area, controls in by_area(found.catalog.controls).items()
    ]
    unanswered = [progress.area for progress in areas if progress.answered < progress.total]
    return GapAssessment(
        areas=tuple(areas),
        standards=moved(found, answers),
        answered=sum(progress.answered for progress in areas),
        total=sum(progress.total for progress in areas),
        next_area=unanswered[0] if unanswered else None,
    )


def by_area(controls: Iterable[LibraryControl]) -> dict[str, list[LibraryControl]]:
    """Return controls by the area of the library, in the order of the assessment."""
    found: dict[str, list[LibraryControl]] = {area: [] for area in _ORDER}
    for control in controls:
        found.setdefault(control.area, []).append(control)
    return {area: members for area, members in found.items() if members}


def asked(
    controls: Iterable[LibraryControl], unit: Unit, by: Actor, *, at: datetime
) -> list[Asked]:
    """Return controls with what was answered of them in a unit; two queries."""
    wanted = list(controls)
    keys = [control.id for control in wanted]
    answers = {row.control: row for row in gap_answers(unit).filter(control__in=keys)}
    rows = running(by, permission=Permission.READ, at=at).filter(
        unit=unit, system=None, control__in=keys
    )
    run = {row.control: row for row in rows.select_related("owner")}
    return [Asked(control, answers.get(control.id), run.get(control.id)) for control in wanted]


def moved(found: Standing, answers: Mapping[str, Answer]) -> tuple[Moved, ...]:
    """Return each certified standard now, and as if what was answered were approved and shown."""
    supposed = Supposed(found, _supposed(found, answers))
    return tuple(
        Moved(framework_posture(framework, found), framework_posture(framework, supposed))
        for framework in certified(found)
    )


def _supposed(found: Standing, answers: Mapping[str, Answer]) -> Sequence[Supposition]:
    """Return what the answers would change; without any, nothing."""
    changes = {
        control: Change.SHOWN if answer in _DONE else Change.APPROVED
        for control, answer in answers.items()
        if answer in _DONE or answer is Answer.PARTLY
    }
    given = []
    for control, change in changes.items():
        if control not in found.catalog.control_by_id:
            continue
        records = [fact.record for fact in found.implementations(control)] or [control]
        given += [Supposition(change, record) for record in records]
        given += [
            Supposition(Change.APPLIES, credit.requirement)
            for credit in found.catalog.control_by_id[control].credits
            if found.terms_of(found.catalog.requirements[credit.requirement]).decision is None
        ]
    return list(dict.fromkeys(given))


def _progress(
    area: str, controls: Sequence[LibraryControl], answers: Mapping[str, Answer]
) -> AreaProgress:
    given = [answers[control.id] for control in controls if control.id in answers]
    return AreaProgress(area, len(controls), len(given), Counter(given))
