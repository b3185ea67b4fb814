"""Deciding whether requirements apply, and setting a status by hand."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.catalog.model import Requirement
from twofold.controls.exclusions import refuse_needed
from twofold.controls.models import Applicability, Ground, Override
from twofold.controls.queries import library
from twofold.domain.readiness import Status
from twofold.ledger import actions as ledger
from twofold.ledger.queries import revisions_of
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput, Outdated
from twofold.people.given import fits, person_behind, required
from twofold.people.models import Unit

#: An override is for the time until the facts say it themselves.
LONGEST_OVERRIDE_DAYS = 365
_MOST_GROUNDS = 20
_MOST_AT_ONCE = 500


@dataclass(frozen=True)
class GivenGround:
    """Why a control is included, and the record or text that says so.

    Attributes:
        reference: a risk, a law, a contract: what an auditor would open.
    """

    kind: Ground
    reference: str


@dataclass(frozen=True)
class Decision:
    """Whether a requirement applies, and why.

    Attributes:
        expected: the revision of the decision that was read, 0: none stood; None: any.
    """

    requirement: str
    applicable: bool
    reason: str
    grounds: tuple[GivenGround, ...] = ()
    expected: int | None = None


@transaction.atomic
def decide_applicability(
    decisions: Sequence[Decision], *, unit: Unit, by: Actor, at: datetime
) -> list[Applicability]:
    """Decide whether requirements apply in the unit; a later decision replaces an earlier one.

    Raises:
        AccessDenied: the actor may not decide this in the unit, or is no person.
        InvalidInput: more than 500, an unknown requirement or one given twice, a reason missing,
            something excluded that cannot be or that something needs, or a ground that names
            nothing.
        Outdated: somebody has decided on one since it was read.
    """
    access.require(by, Permission.DECIDE_APPLICABILITY, unit=unit, at=at)
    person_id = person_behind(by)
    if len(decisions) > _MOST_AT_ONCE:
        raise InvalidInput(
            _("At most %(most)d decisions at once.") % {"most": _MOST_AT_ONCE}, field="decisions"
        )
    known = library().requirements
    for decision in decisions:
        _check_decision(decision, known.get(decision.requirement))
    _check_once(decisions)
    # Whoever decides the same at once waits here, and so does whoever comes to need it.
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    refuse_needed([entry.requirement for entry in decisions if not entry.applicable], unit)
    standing = {
        kept.requirement: kept
        for kept in Applicability.objects.filter(
            unit=unit, requirement__in=[decision.requirement for decision in decisions]
        )
    }
    _refuse_unseen(decisions, standing)
    saved = [
        _decide(decision, standing.get(decision.requirement), unit, person_id, at)
        for decision in decisions
    ]
    ledger.record_all(saved, "decided", by=by.ledger_name, at=at)
    return saved


@transaction.atomic
def request_override(
    requirement: str,
    *,
    status: Status,
    reason: str,
    expires_date: date,
    unit: Unit,
    by: Actor,
    at: datetime,
) -> Override:
    """Ask that a requirement shows another status than its facts; it counts once approved.

    Raises:
        AccessDenied: the actor may not ask this in the unit, or is no person.
        InvalidInput: an unknown requirement, a status that cannot be set by hand, no reason, or an
            expiry that does not lie within a year ahead.
        Conflict: an override stands or waits there already.
    """
    access.require(by, Permission.OVERRIDE, unit=unit, at=at)
    found = library().requirements.get(requirement)
    if found is None or not found.auditable:
        raise InvalidInput(
            _("There is no requirement %(id)s.") % {"id": requirement}, field="requirement"
        )
    if status not in Override.STATUSES:
        raise InvalidInput(
            _("Only these can be set by hand: %(statuses)s.")
            % {"statuses": ", ".join(Override.STATUSES)},
            field="status",
        )
    reason = required(
        reason, 1000, field="reason", message=_("Give a reason of 1 to %(maximum)s characters.")
    )
    if not at.date() < expires_date <= at.date() + timedelta(days=LONGEST_OVERRIDE_DAYS):
        raise InvalidInput(
            _("An override ends within %(days)d days.") % {"days": LONGEST_OVERRIDE_DAYS},
            field="expires_date",
        )
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    _clear_expired(requirement, unit, by=by, at=at)
    made = Override.objects.create(
        unit=unit,
        requirement=requirement,
        status=status.value,
        reason=reason,
        requested_by_id=person_behind(by),
        requested_at=at,
        expires_date=expires_date,
    )
    ledger.record(made, "requested", by=by.ledger_name, at=at)
    return made


@transaction.atomic
def approve_override(override: Override, *, by: Actor, at: datetime) -> Override:
    """Approve an override: from now until it expires, its status is shown.

    Raises:
        AccessDenied: the actor may not approve it.
        SeparationOfDuties: the actor asked for it.
        Conflict: it is approved, withdrawn or expired already.
    """
    row = _locked(override)
    access.require(by, Permission.APPROVE_OVERRIDE, unit=row.unit, at=at)
    access.require_another(
        by, than=[row.requested_by_id], what=_("the approval of a status set by hand")
    )
    if row.approved_at or row.withdrawn_at or row.expires_date < at.date():
        raise Conflict(_("This override does not wait for an approval any more."))
    row.approved_by_id = by.person_id
    row.approved_at = at
    row.save()
    ledger.record(row, "approved", by=by.ledger_name, at=at)
    return row


@transaction.atomic
def withdraw_override(override: Override, *, by: Actor, at: datetime) -> Override:
    """End an override before it expires.

    Raises:
        AccessDenied: the actor may not ask for overrides there.
        Conflict: it is withdrawn already.
    """
    row = _locked(override)
    access.require(by, Permission.OVERRIDE, unit=row.unit, at=at)
    if row.withdrawn_at:
        raise Conflict(_("This override is withdrawn already."))
    _withdraw(row, by=by, at=at)
    return row


def _decide(
    decision: Decision,
    kept: Applicability | None,
    unit: Unit,
    person_id: uuid.UUID,
    at: datetime,
) -> Applicability:
    row = kept or Applicability(unit=unit, requirement=decision.requirement)
    row.applicable = decision.applicable
    row.reason = decision.reason.strip()
    row.grounds = [
        {"kind": ground.kind.value, "reference": ground.reference.strip()}
        for ground in decision.grounds
    ]
    row.decided_by_id = person_id
    row.decided_at = at
    row.save()
    return row


def _refuse_unseen(decisions: Sequence[Decision], standing: Mapping[str, Applicability]) -> None:
    """Raise Outdated where a decision stands that was not the one that was read."""
    read = [decision for decision in decisions if decision.expected is not None]
    kept = {decision.requirement: standing.get(decision.requirement) for decision in read}
    revisions = revisions_of([row.ledger_subject for row in kept.values() if row]) if read else {}
    for decision in read:
        row = kept[decision.requirement]
        if decision.expected != (revisions.get(row.ledger_subject, 0) if row else 0):
            raise Outdated(
                _("Somebody has decided on %(id)s since you opened it: read it again first.")
                % {"id": decision.requirement},
                field="expected",
            )


def _check_decision(decision: Decision, requirement: Requirement | None) -> None:
    if requirement is None or not requirement.auditable:
        raise InvalidInput(
            _("There is no requirement %(id)s.") % {"id": decision.requirement},
            field="requirement",
        )
    if not decision.applicable and not requirement.excludable:
        raise InvalidInput(
            _("%(id)s cannot be excluded: only a control of an annex can.")
            % {"id": decision.requirement},
            field="applicable",
        )
    if not fits(decision.reason, 1000):
        raise InvalidInput(_("Give a reason of 1 to 1,000 characters."), field="reason")
    _check_grounds(decision)


def _check_grounds(decision: Decision) -> None:
    if decision.grounds and not decision.applicable:
        raise InvalidInput(
            _("%(id)s is excluded: it has no grounds for inclusion.")
            % {"id": decision.requirement},
            field="grounds",
        )
    if len(decision.grounds) > _MOST_GROUNDS:
        raise InvalidInput(
            _("Give at most %(number)d grounds.") % {"number": _MOST_GROUNDS}, field="grounds"
        )
    for ground in decision.grounds:
        if not fits(ground.reference, 200):
            raise InvalidInput(
                _("Say of each ground in 1 to 200 characters what it refers to."),
                field="grounds",
            )


def _check_once(decisions: Sequence[Decision]) -> None:
    for requirement, times in Counter(decision.requirement for decision in decisions).items():
        if times > 1:
            raise InvalidInput(
                _("%(id)s is decided twice at once.") % {"id": requirement}, field="requirement"
            )


def _locked(override: Override) -> Override:
    rows = Override.objects.select_for_update(of=("self",)).select_related("unit")
    return rows.get(pk=override.pk)


def _clear_expired(requirement: str, unit: Unit, *, by: Actor, at: datetime) -> None:
    """Withdraw what has expired; raise Conflict where something still stands or waits."""
    standing = Override.objects.filter(requirement=requirement, unit=unit, withdrawn_at=None)
    for row in standing:
        if row.expires_date >= at.date():
            raise Conflict(_("An override stands or waits there already."), field="requirement")
        _withdraw(row, by=by, at=at)


def _withdraw(row: Override, *, by: Actor, at: datetime) -> None:
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    ledger.record(row, "withdrawn", by=by.ledger_name, at=at)
