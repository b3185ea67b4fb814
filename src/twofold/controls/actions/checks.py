"""Recording what automated checks found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from twofold.catalog.model import ControlCheck
from twofold.controls.models import CheckResult as Row
from twofold.controls.models import Implementation
from twofold.controls.queries import rule_values
from twofold.domain.checks import CheckResult
from twofold.ledger import actions as ledger
from twofold.people import access
from twofold.people.access import Actor, Permission


@dataclass(frozen=True)
class Found:
    """What one check of an implementation found; `fault` says why it could not be computed."""

    implementation: Implementation
    check: ControlCheck
    result: CheckResult
    fault: str = ""


@transaction.atomic
def record_checks(found: Sequence[Found], *, by: Actor, at: datetime) -> list[Row]:
    """Record results; each replaces the check's earlier one, which stays as a revision.

    Raises:
        AccessDenied: the actor may not run checks in one of the units.
    """
    implementations = {entry.implementation.pk: entry.implementation for entry in found}
    for run in implementations.values():
        subject = run.system.ledger_subject if run.system else ""
        access.require(by, Permission.RUN_CHECKS, unit=run.unit, at=at, subject=subject)
    # Whoever runs the same checks at once waits here.
    locked = Implementation.objects.select_for_update(of=("self",), no_key=True)
    list(locked.filter(pk__in=implementations).order_by("pk").values_list("pk"))
    standing = {
        (row.implementation_id, row.check_id): row
        for row in Row.objects.select_for_update(of=("self",)).filter(
            implementation__in=implementations
        )
    }
    new: list[Row] = []
    changed: list[Row] = []
    for entry in found:
        kept = standing.get((entry.implementation.pk, entry.check.id))
        row = kept or Row(implementation=entry.implementation, check_id=entry.check.id)
        for name, value in _values(entry, at).items():
            setattr(row, name, value)
        (changed if kept else new).append(row)
    Row.objects.bulk_create(new)
    Row.objects.bulk_update(changed, [*_values(found[0], at)] if found else ["ran_at"])
    rows = [*new, *changed]
    if rows:
        ledger.record_all(rows, "ran", by=by.ledger_name, at=at)
    return rows


def _values(entry: Found, at: datetime) -> dict[str, Any]:
    return {
        "title": entry.check.title,
        "rule": rule_values(entry.check.rule),
        "outcome": entry.result.outcome.value,
        "looked_at": entry.result.looked_at,
        "value": None if entry.result.value is None else float(entry.result.value),
        "records": list(entry.result.records),
        "fault": entry.fault[:300],
        "ran_at": at,
    }
