"""Filing documents as evidence, claiming them for controls, and having others accept the claims."""

from collections.abc import Sequence
from datetime import timedelta

from twofold.controls import actions as controls
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import library
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceVersion
from twofold.monitoring.filing import FAIRNESS
from twofold_demo.clock import now
from twofold_demo.documents.document import Document
from twofold_demo.filings import LEFT_WAITING, OF_SYSTEMS, Filing, SystemFiling
from twofold_demo.governance import APPROVER, PLACES
from twofold_demo.stage import Stage


def file_for_systems(stage: Stage) -> int:
    """File and claim the documents on AI systems; return how many."""
    filed = [(filing, code) for filing in OF_SYSTEMS for code in filing.codes]
    for filing, code in filed:
        document = filing.make(stage.case(code), stage.systems[code], now().date())
        _file(stage, filing, document, by=PLACES[code][1], code=code)
    return len(filed)


def file_for_organisation(stage: Stage, filings: Sequence[Filing]) -> int:
    """File and claim documents on the organisation as a whole; return how many."""
    for filing in filings:
        _file(stage, filing, filing.make(now().date()), by=filing.by)
    return len(filings)


def accept_all(stage: Stage) -> int:
    """Have the approver accept what is claimed, all but two claims; return how many.

    The newest fairness report and the list of documents are left for a visitor.
    """
    approver = stage.organisation.actor(APPROVER)
    waiting = EvidenceClaim.objects.filter(accepted_at=None).exclude(need=LEFT_WAITING)
    claims = list(waiting.order_by("claimed_at", "evidence__number"))
    newest = [claim for claim in claims if claim.need == FAIRNESS][-1:]
    accepted = [claim for claim in claims if claim not in newest]
    for claim in accepted:
        controls.accept_claim(claim, by=approver, at=now())
    return len(accepted)


def content_of(document: Document, *, days: int) -> evidence.Content:
    """Return a document as a content that counts for so many days after its period."""
    return evidence.Content(
        chunks=[document.octets],
        file_name=document.file_name,
        media_type=document.media_type,
        source=document.source,
        period_from=document.period_from,
        period_to=document.period_to,
        valid_until=document.period_to + timedelta(days=days),
    )


def _file(
    stage: Stage, filing: Filing | SystemFiling, document: Document, *, by: str, code: str = ""
) -> None:
    """Add a document and claim it for the control as it is run in that scope."""
    implementation = stage.implementations[filing.control, code]
    actor = stage.organisation.actor(by)
    system = stage.systems.get(code)
    item = evidence.add_item(
        f"{filing.title}: {system.name}" if system else filing.title,
        kind=filing.need,
        unit=implementation.unit,
        content=content_of(document, days=_days(implementation, filing.need)),
        about=system.ledger_subject if system else "",
        by=actor,
        at=now(),
    )
    controls.claim(
        implementation,
        evidence=EvidenceVersion.objects.get(item=item),
        need=filing.need,
        statement=filing.statement,
        by=actor,
        at=now(),
    )


def _days(implementation: Implementation, need: str) -> int:
    """Return how long evidence counts by the control's need."""
    needs = library().control_by_id[implementation.control].evidence
    return next(entry.period_days for entry in needs if entry.kind == need)
