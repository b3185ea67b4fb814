"""Erasures: what was filed by mistake, somebody who left, and what is past its term."""

from datetime import datetime, timedelta

from twofold.controls.actions import ask_for_erasure, confirm_erasure
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem
from twofold.people.models import Erasure
from twofold_demo import cast
from twofold_demo.clock import now
from twofold_demo.governance import APPROVER, CONTENT
from twofold_demo.stage import Stage

_PAST_ITS_TERM = "Workplaces at home, year before"


def erase(stage: Stage) -> int:
    """Have an item and a person erased by two persons each, and ask for a third; return how many.

    The third is past its term: whether it is disposed of is left for a visitor.
    """
    trainee = cast.join_trainee(stage.organisation, at=now())
    filed = _file_by_mistake(stage, at=now())
    asked = (
        (
            filed.ledger_subject,
            "A curriculum vitae was filed as a sample of joiner files, and has no place here.",
            ("marta", APPROVER),
        ),
        (
            trainee.ledger_subject,
            "The traineeship is over, and nothing that names the person is needed any more.",
            (cast.ADMINISTRATOR.key, "tomasz"),
        ),
    )
    for subject, reason, (first, second) in asked:
        request = _ask(stage, subject, reason, first, at=now())
        confirm_erasure(request, by=stage.organisation.actor(second), at=now())
    expired = EvidenceItem.objects.get(title=_PAST_ITS_TERM)
    _ask(stage, expired.ledger_subject, "Its term of one year is over.", "tomasz", at=now())
    return len(asked)


def _ask(stage: Stage, subject: str, reason: str, by: str, *, at: datetime) -> Erasure:
    return ask_for_erasure(subject, reason=reason, by=stage.organisation.actor(by), at=at)


def _file_by_mistake(stage: Stage, *, at: datetime) -> EvidenceItem:
    day = at.date()
    return evidence.add_item(
        f"Joiner file: {cast.TRAINEE.name}",
        kind="joiner-file-sample",
        unit=stage.organisation.units[""],
        content=evidence.Content(
            chunks=[(CONTENT / "joiner-file.md").read_bytes()],
            file_name=f"{cast.TRAINEE.email.partition('@')[0]}.md",
            media_type="text/markdown",
            source="Sent in by the applicant",
            period_from=day,
            period_to=day,
            valid_until=day + timedelta(days=92),
        ),
        by=stage.organisation.actor("tomasz"),
        at=at,
    )
