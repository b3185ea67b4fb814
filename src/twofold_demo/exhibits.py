"""Documents that are filed for what they show, without a claim: a picture and a notice for print.

And the operating plan once more, with what the corrective actions put into it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from twofold.controls import actions as controls
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem
from twofold.inventory.models import AISystem
from twofold.people.errors import Conflict
from twofold_demo.case import Case
from twofold_demo.clock import now
from twofold_demo.documents import notices, pictures, systems
from twofold_demo.documents.document import Document
from twofold_demo.evidence import content_of
from twofold_demo.governance import PLACES
from twofold_demo.stage import Stage

_DELAY, _MORTGAGE = PLACES
_PLAN = ("TF-MON-01", "operating-plan")


@dataclass(frozen=True)
class Exhibit:
    """A document on one AI system, filed by its owner."""

    title: str
    kind: str
    code: str
    make: Callable[[Case, AISystem, date], Document]
    valid_days: int


EXHIBITS = (
    Exhibit(
        "Drift of the weather, week by week",
        "field-trend-sheet",
        _DELAY,
        pictures.weather_drift,
        92,
    ),
    Exhibit(
        "What the pre-check cannot tell",
        "user-limitations-notice",
        _MORTGAGE,
        notices.limits_of_use,
        365,
    ),
)


def file_exhibits(stage: Stage) -> list[str]:
    """File the exhibits; return why one could not be made on this computer."""
    refused = []
    for exhibit in EXHIBITS:
        try:
            _file(stage, exhibit)
        except Conflict as refusal:
            refused.append(f"{exhibit.title}: {refusal.message}")
    return refused


def revise_plan(stage: Stage) -> None:
    """Have the owner file the operating plan anew and claim it for the control again."""
    owner = stage.organisation.actor(PLACES[_DELAY][1])
    system, today = stage.systems[_DELAY], now().date()
    control, need = _PLAN
    item = EvidenceItem.objects.select_related("unit").get(
        kind=need, about=system.ledger_subject, erased_at=None
    )
    document = systems.revised_plan(stage.case(_DELAY), system, today)
    version = evidence.add_version(item, content=content_of(document, days=365), by=owner, at=now())
    controls.claim(
        stage.implementations[control, _DELAY],
        evidence=version,
        need=need,
        statement="The plan with what the audit asked for: what an answer names, who reports data.",
        by=owner,
        at=now(),
    )


def _file(stage: Stage, exhibit: Exhibit) -> EvidenceItem:
    system = stage.systems[exhibit.code]
    unit, owner = PLACES[exhibit.code]
    document = exhibit.make(stage.case(exhibit.code), system, now().date())
    return evidence.add_item(
        exhibit.title,
        kind=exhibit.kind,
        unit=stage.organisation.units[unit],
        content=content_of(document, days=exhibit.valid_days),
        about=system.ledger_subject,
        by=stage.organisation.actor(owner),
        at=now(),
    )
