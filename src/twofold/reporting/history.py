"""The ledger in words: what happened to a record, by whom, and where it stands in the log.

Pages show these lines; the entries themselves stay what they are and are never interpreted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.ledger.queries import LedgerLine
from twofold.people.models import ApiToken, Person


@dataclass(frozen=True)
class HistoryLine:
    """One entry of the ledger as a page tells it.

    Attributes:
        index: its place in the log; None while it waits for the sequencer.
        text: what happened, in words; the entry's kind where there are none for it.
        subject: ledger name of the record.
        actor: name of the person, of the token with its person, or of the part of the product.
        leaf_hash: hex.
    """

    index: int | None
    kind: str
    text: str
    subject: str
    actor: str
    at: datetime
    leaf_hash: str


def told(lines: Iterable[LedgerLine]) -> list[HistoryLine]:
    """Return entries in words, in the order given; two queries for the names of who acted."""
    given = list(lines)
    names = names_of(line.entry.actor for line in given)
    return [
        HistoryLine(
            index=line.index,
            kind=line.entry.kind,
            text=str(_KINDS.get(line.entry.kind, line.entry.kind)),
            subject=line.entry.subject,
            actor=names[line.entry.actor],
            at=line.entry.recorded_at,
            leaf_hash=line.leaf_hash,
        )
        for line in given
    ]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return what people call each actor, by ledger name; an unknown one keeps its ledger name."""
    wanted = dict.fromkeys(actors)
    names = {actor: _part(actor) for actor in wanted if actor.startswith("system:")}
    for person in Person.objects.filter(pk__in=_keys(wanted, "person")):
        names[f"person:{person.pk}"] = person.name or _("Erased person")
    tokens = ApiToken.objects.filter(pk__in=_keys(wanted, "token")).select_related("person")
    for token in tokens:
        words = {"token": token.name, "person": token.person.name or _("Erased person")}
        names[f"token:{token.pk}"] = _("%(person)s by token %(token)s") % words
    return {actor: names.get(actor, actor) for actor in wanted}


def _keys(actors: Iterable[str], kind: str) -> list[UUID]:
    return [UUID(name.partition(":")[2]) for name in actors if name.startswith(f"{kind}:")]


def _part(actor: str) -> str:
    return _("Twofold (%(part)s)") % {"part": actor.partition(":")[2]}


_KINDS = {
    "controls.applicability.decided": gettext_lazy("Applicability decided"),
    "controls.checkresult.ran": gettext_lazy("Check run"),
    "controls.evidenceclaim.accepted": gettext_lazy("Claim accepted"),
    "controls.evidenceclaim.claimed": gettext_lazy("Evidence claimed"),
    "controls.evidenceclaim.rejected": gettext_lazy("Claim rejected"),
    "controls.evidenceclaim.withdrawn": gettext_lazy("Claim withdrawn"),
    "controls.gapanswer.answered": gettext_lazy("Gap assessment answered"),
    "controls.implementation.approval_ended": gettext_lazy(
        "Approval ended: the control of the library was adapted"
    ),
    "controls.implementation.approved": gettext_lazy("Implementation approved"),
    "controls.implementation.checks_set": gettext_lazy("Checks of the implementation set"),
    "controls.implementation.described": gettext_lazy("Implementation described"),
    "controls.implementation.evidence_required": gettext_lazy("Evidence asked for set"),
    "controls.implementation.retired": gettext_lazy("Implementation ended"),
    "controls.implementation.retirement_asked": gettext_lazy("Asked that the implementation ends"),
    "controls.implementation.retirement_dropped": gettext_lazy("Implementation goes on"),
    "controls.implementation.terms_changed": gettext_lazy(
        "Terms changed: the control of the library was adapted"
    ),
    "controls.importedframework.imported": gettext_lazy("Framework imported"),
    "controls.importedframework.withdrawn": gettext_lazy("Framework withdrawn"),
    "controls.libraryentry.adapted": gettext_lazy("Control of the library adapted"),
    "controls.libraryentry.added": gettext_lazy("Control added to the library"),
    "controls.libraryentry.retired": gettext_lazy("Control of the library retired"),
    "controls.override.approved": gettext_lazy("Status set by hand"),
    "controls.override.requested": gettext_lazy("Status to be set by hand asked for"),
    "controls.override.withdrawn": gettext_lazy("Status set by hand withdrawn"),
    "controls.statement.approved": gettext_lazy("Statement of Applicability approved"),
    "controls.statement.prepared": gettext_lazy("Statement of Applicability prepared"),
    "evidence.evidencecollection.begun": gettext_lazy("Collection given its item"),
    "evidence.evidencecollection.ended": gettext_lazy("Collection ended"),
    "evidence.evidencecollection.planned": gettext_lazy("Collection planned"),
    "evidence.evidenceitem.added": gettext_lazy("Evidence added"),
    "evidence.evidenceitem.described": gettext_lazy("Evidence described"),
    "evidence.evidenceitem.erased": gettext_lazy("Evidence erased"),
    "evidence.evidenceitem.held": gettext_lazy("Evidence put on legal hold"),
    "evidence.evidenceitem.released": gettext_lazy("Legal hold of evidence ended"),
    "evidence.evidencelink.linked": gettext_lazy("Evidence linked to a record"),
    "evidence.evidencelink.unlinked": gettext_lazy("Evidence unlinked from a record"),
    "evidence.evidencerequest.answered": gettext_lazy("Request for evidence answered"),
    "evidence.evidencerequest.asked": gettext_lazy("Evidence asked for"),
    "evidence.evidencerequest.withdrawn": gettext_lazy("Request for evidence taken back"),
    "evidence.evidenceversion.added": gettext_lazy("Version of evidence added"),
    "evidence.evidenceversion.emptied": gettext_lazy("Version of evidence erased"),
    "evidence.evidenceversion.released": gettext_lazy("Version released from quarantine"),
    "evidence.evidenceversion.scanned": gettext_lazy("Version looked at by the scanner"),
    "findings.finding.answered": gettext_lazy("Corrective action recorded"),
    "findings.finding.closed": gettext_lazy("Finding closed"),
    "findings.finding.raised": gettext_lazy("Finding raised"),
    "inventory.aisystem.changed": gettext_lazy("Entry in the register changed"),
    "inventory.aisystem.registered": gettext_lazy("AI system registered"),
    "ledger.export.made": gettext_lazy("Record exported"),
    "ledger.key.rotated": gettext_lazy("Key of the log rotated"),
    "monitoring.alert.acknowledged": gettext_lazy("Alert acknowledged"),
    "monitoring.alert.raised": gettext_lazy("Alert raised"),
    "monitoring.breach.closed": gettext_lazy("Breach closed"),
    "monitoring.breach.evidenced": gettext_lazy("Record of the breach filed as evidence"),
    "monitoring.breach.extended": gettext_lazy("Breach went on"),
    "monitoring.breach.opened": gettext_lazy("Breach opened"),
    "monitoring.measurement.measured": gettext_lazy("Window measured"),
    "monitoring.monitor.set_up": gettext_lazy("Monitor set up"),
    "monitoring.monitoringreport.filed": gettext_lazy("Report filed"),
    "people.apitoken.issued": gettext_lazy("Token issued"),
    "people.apitoken.revoked": gettext_lazy("Token revoked"),
    "people.erasure.asked": gettext_lazy("Erasure asked for"),
    "people.erasure.confirmed": gettext_lazy("Erasure confirmed"),
    "people.erasure.withdrawn": gettext_lazy("Erasure taken back"),
    "people.person.added": gettext_lazy("Person added"),
    "people.person.deactivated": gettext_lazy("Person deactivated"),
    "people.person.erased": gettext_lazy("Person erased"),
    "people.person.password_changed": gettext_lazy("Password changed"),
    "people.person.reactivated": gettext_lazy("Person reactivated"),
    "people.roleassignment.assigned": gettext_lazy("Role assigned"),
    "people.roleassignment.ended": gettext_lazy("End of a role set"),
    "people.unit.added": gettext_lazy("Unit added"),
    "telemetry.dayprofile.counted": gettext_lazy("Day of events counted"),
    "telemetry.eventschema.declared": gettext_lazy("Event schema declared"),
    "telemetry.referenceprofile.extended": gettext_lazy("Reference extended"),
    "telemetry.sealedfile.sealed": gettext_lazy("Day of events sealed"),
}
