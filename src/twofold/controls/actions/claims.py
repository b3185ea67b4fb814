"""Claiming what evidence shows, judging it as a second person, and taking a claim back."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import needs_of
from twofold.evidence.keeping import standing
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import names_behind
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.people.given import person_behind, required


@dataclass(frozen=True)
class Period:
    """The part of the evidence's period that is claimed, and the last day on which it counts."""

    period_from: date
    period_to: date
    valid_until: date


@transaction.atomic
def claim(
    implementation: Implementation,
    *,
    evidence: EvidenceVersion,
    need: str,
    statement: str,
    period: Period | None = None,
    by: Actor,
    at: datetime,
) -> EvidenceClaim:
    """Claim that evidence shows something of how a control operates; somebody else accepts it.

    Args:
        need: the evidence kind that it answers, of those asked for there.
        period: a part of the evidence's own period; None: all of it.

    Raises:
        AccessDenied: the actor may not claim evidence there, or not read this evidence.
        InvalidInput: no such evidence is asked for, there is no statement, or the period is not
            within that of the evidence.
        Conflict: this evidence is claimed for this need already, was erased or is in quarantine, or
            the control is no longer run.
    """
    subject = implementation.system.ledger_subject if implementation.system else ""
    access.require(by, Permission.CLAIM, unit=implementation.unit, at=at, subject=subject)
    item = evidence.item
    access.require(by, Permission.READ, unit=item.unit, at=at, subject=item.about)
    needs = [entry.kind for entry in needs_of(implementation)]
    if need not in needs:
        raise InvalidInput(
            _("This control asks for %(needs)s.") % {"needs": ", ".join(needs)}, field="need"
        )
    statement = required(
        statement,
        500,
        field="statement",
        message=_("Say in 1 to %(maximum)s characters what it shows."),
    )
    claimed = _within(period, evidence)
    kept = Implementation.objects.select_for_update(no_key=True).get(pk=implementation.pk)
    if kept.retired_at is not None:
        raise Conflict(_("This control is no longer run there."))
    # An erasure that comes at once waits, or is waited for.
    standing(item)
    if EvidenceVersion.objects.get(pk=evidence.pk).quarantine:
        raise Conflict(_("The file is in quarantine: nobody can open it."), field="evidence")
    if EvidenceClaim.objects.filter(
        implementation=implementation,
        evidence=evidence,
        need=need,
        rejected_at=None,
        withdrawn_at=None,
    ).exists():
        raise Conflict(_("This evidence is claimed for this already."), field="evidence")
    made = EvidenceClaim.objects.create(
        implementation=implementation,
        evidence=evidence,
        need=need,
        statement=statement,
        period_from=claimed.period_from,
        period_to=claimed.period_to,
        valid_until=claimed.valid_until,
        claimed_by_id=by.person_id,
        claimed_at=at,
    )
    ledger.record(made, "claimed", by=by.ledger_name, at=at)
    return made


@transaction.atomic
def accept_claim(claim: EvidenceClaim, *, by: Actor, at: datetime) -> EvidenceClaim:
    """Accept that the evidence shows what is claimed.

    Raises:
        AccessDenied: the actor may not accept claims there.
        SeparationOfDuties: the actor made the claim or is the author of the evidence.
        Conflict: it is judged or withdrawn already, or the control is no longer run there.
    """
    row = _judged(claim, by, at)
    row.accepted_by_id = by.person_id
    row.accepted_at = at
    row.save(update_fields=["accepted_by", "accepted_at"])
    ledger.record(row, "accepted", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def reject_claim(claim: EvidenceClaim, *, reason: str, by: Actor, at: datetime) -> EvidenceClaim:
    """Say that the evidence does not show what is claimed; the claim stays on record.

    Raises:
        AccessDenied: the actor may not judge claims there.
        SeparationOfDuties: the actor made the claim or is the author of the evidence.
        InvalidInput: no reason.
        Conflict: it is judged or withdrawn already, or the control is no longer run there.
    """
    row = _judged(claim, by, at)
    row.rejection = required(
        reason, 500, field="reason", message=_("Give a reason of 1 to %(maximum)s characters.")
    )
    row.rejected_by_id = by.person_id
    row.rejected_at = at
    row.save(update_fields=["rejected_by", "rejected_at", "rejection"])
    ledger.record(row, "rejected", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def withdraw_claim(claim: EvidenceClaim, *, reason: str, by: Actor, at: datetime) -> EvidenceClaim:
    """Take a claim back, also an accepted one: from today on the evidence counts for it no longer.

    One person is enough, since nothing gets better by it. The claim stays on record.

    Raises:
        AccessDenied: the actor may not claim evidence there, or is no person.
        InvalidInput: no reason.
        Conflict: it is rejected or withdrawn already, or the control is no longer run there.
    """
    row = _locked(claim)
    run = row.implementation
    subject = run.system.ledger_subject if run.system else ""
    access.require(by, Permission.CLAIM, unit=run.unit, at=at, subject=subject)
    person_id = person_behind(by)
    _require_standing(row)
    row.withdrawal = required(
        reason, 500, field="reason", message=_("Give a reason of 1 to %(maximum)s characters.")
    )
    row.withdrawn_by_id = person_id
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal"])
    ledger.record(row, "withdrawn", by=by.ledger_name, at=at)
    return row


def _locked(claim: EvidenceClaim) -> EvidenceClaim:
    """Return the claim; an end of the control that comes at once waits, or is waited for."""
    return (
        EvidenceClaim.objects.select_for_update(no_key=True, of=("self", "implementation"))
        .select_related("implementation__unit", "implementation__system", "evidence")
        .get(pk=claim.pk)
    )


def _require_standing(row: EvidenceClaim) -> None:
    if row.implementation.retired_at is not None:
        raise Conflict(_("This control is no longer run there."))
    if row.rejected_at is not None:
        raise Conflict(_("This claim is rejected already."))
    if row.withdrawn_at is not None:
        raise Conflict(_("This claim is withdrawn already."))


def _judged(claim: EvidenceClaim, by: Actor, at: datetime) -> EvidenceClaim:
    """Return the claim, locked, when the actor may judge it and nobody has."""
    row = _locked(claim)
    access.require(by, Permission.ACCEPT_CLAIM, unit=row.implementation.unit, at=at)
    # The author may have worked through a token, or judge through one.
    author_id = by.person_id if row.evidence.author in names_behind(by) else None
    access.require_another(
        by, than=[row.claimed_by_id, author_id], what=_("the acceptance of evidence")
    )
    _require_standing(row)
    if row.accepted_at is not None:
        raise Conflict(_("This claim is accepted already."))
    return row


def _within(period: Period | None, evidence: EvidenceVersion) -> Period:
    """Return the claimed period, or that of the evidence; refuse what the evidence cannot show."""
    whole = Period(evidence.period_from, evidence.period_to, evidence.valid_until)
    if period is None:
        return whole
    if period.period_to < period.period_from:
        raise InvalidInput(_("The period ends before it begins."), field="period_to")
    if period.period_from < whole.period_from or period.period_to > whole.period_to:
        raise InvalidInput(
            _("The evidence speaks of %(first)s to %(last)s alone.")
            % {"first": whole.period_from, "last": whole.period_to},
            field="period_from",
        )
    if not period.period_to <= period.valid_until <= whole.valid_until:
        raise InvalidInput(
            _("The claim counts from the end of its period until %(day)s at the latest.")
            % {"day": whole.valid_until},
            field="valid_until",
        )
    return period
