"""Quarantine: versions that nobody may open, because the scanner objected or has not looked yet.

Such a version is kept with all that is known of it, but it is not handed out, shown, read, found or
claimed. A second person may release it with a reason; the worker lifts what was merely not scanned.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import contents
from twofold.evidence.keeping import standing
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import names_behind
from twofold.evidence.scanning import Result, Verdict, begin_scan
from twofold.evidence.storage import DamagedFile, StoreUnavailable
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, Refusal, SeparationOfDuties
from twofold.people.given import person_behind, required

_log = logging.getLogger(__name__)
#: What stands in the column until the scanner has looked.
NOT_SCANNED = "not scanned yet"
_LENGTH = 300


def quarantine_of(verdict: Verdict) -> str:
    """Return what a verdict puts into the column of a version; blank: it may be opened."""
    if verdict.result is Result.CLEAN:
        return ""
    if verdict.result is Result.OBJECTION:
        return f"the scanner recognised {verdict.what}"[:_LENGTH]
    if verdict.result is Result.TOO_LARGE:
        return "larger than the scanner looks at"
    return NOT_SCANNED


def release(version: EvidenceVersion, *, reason: str, by: Actor, at: datetime) -> EvidenceVersion:
    """Let a version out of quarantine in spite of the scanner, as somebody else than its author.

    Raises:
        AccessDenied: the actor may not release files in the item's unit, or is no person.
        SeparationOfDuties: the person behind the actor added the version.
        InvalidInput: no reason is given, or it is too long.
        Conflict: it is not in quarantine, or its item was erased.
    """
    item = version.item
    access.require(by, Permission.RELEASE_EVIDENCE, unit=item.unit, at=at, subject=item.about)
    person_behind(by)
    if version.author in names_behind(by):
        raise SeparationOfDuties(
            _("Two persons are needed: whoever added a file does not release it.")
        )
    why = required(
        reason,
        _LENGTH,
        field="reason",
        message=_("Say in 1 to %(maximum)s characters why it may be opened."),
    )
    with transaction.atomic():
        standing(item)
        held = EvidenceVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        if not held.quarantine:
            raise Conflict(_("The version is not in quarantine."))
        body = {"reason": why, "quarantine": held.quarantine}
        held.quarantine = ""
        held.save(update_fields=["quarantine"])
        ledger.record(held, "released", by=by.ledger_name, at=at, body=body)
    return held


def scan_waiting(*, by: Actor, at: datetime, limit: int = 20) -> int:
    """Have the scanner look at versions that it has not looked at; return how many it did.

    The scanner's first silence ends the round: the others would wait for it in vain too.
    """
    waiting = EvidenceVersion.objects.filter(quarantine=NOT_SCANNED, item__erased_at=None)
    looked_at = 0
    for version in waiting.select_related("item").order_by("added_at", "pk")[:limit]:
        verdict = _scanned(version)
        if verdict is None:
            continue
        if verdict.result is Result.UNAVAILABLE:
            break
        _enter(version, quarantine_of(verdict), by=by, at=at)
        looked_at += 1
    return looked_at


def _scanned(version: EvidenceVersion) -> Verdict | None:
    """Return what the scanner says of a stored version; None when it cannot be read."""
    scan = begin_scan()
    if scan is None:
        return Verdict(Result.UNAVAILABLE)
    try:
        file = contents.open_content(version)
        if file is None:
            return None
        for _piece in scan.watch(contents.pieces(file)):
            pass
    except (DamagedFile, StoreUnavailable, Refusal):
        _log.exception("The version %s cannot be scanned", version.pk)
        return None
    else:
        return scan.verdict()
    finally:
        scan.close()


@transaction.atomic
def _enter(version: EvidenceVersion, quarantine: str, *, by: Actor, at: datetime) -> None:
    # One that was released or erased meanwhile is left as it is.
    held = (
        EvidenceVersion.objects.select_for_update(no_key=True)
        .filter(pk=version.pk, quarantine=NOT_SCANNED, item__erased_at=None)
        .first()
    )
    if held is not None:
        held.quarantine = quarantine
        held.save(update_fields=["quarantine"])
        ledger.record(held, "scanned", by=by.ledger_name, at=at)
