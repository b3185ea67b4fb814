"""Statuses that were set by hand, as an actor may see them and act on them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twofold.controls.models import Override
from twofold.controls.queries import OverrideState, override_state, visible_overrides
from twofold.domain.readiness import Readiness, Status
from twofold.people.access import Actor, Permission, may


@dataclass(frozen=True)
class OverrideView:
    """An override, how far it has come on a day, and what the actor may do about it."""

    override: Override
    status: Status
    state: OverrideState
    may_approve: bool
    may_withdraw: bool


def override_views(rows: Iterable[Override], by: Actor, *, at: datetime) -> list[OverrideView]:
    """Return overrides as they stand today, in the order given."""
    return [_view(row, by, at=at) for row in rows]


def overrides_on(requirement: str, by: Actor, *, at: datetime) -> list[OverrideView]:
    """Return the overrides of a requirement that nobody has withdrawn, newest first."""
    rows = visible_overrides(by, at=at).filter(requirement=requirement, withdrawn_at=None)
    return override_views(rows, by, at=at)


def overrides_behind(readiness: Readiness, by: Actor, *, at: datetime) -> list[OverrideView]:
    """Return the override that makes a state what it was on a past day; nothing is to be done.

    Of one that holds from a unit above, which is told without its record, there is none.
    """
    if not readiness.overridden or not readiness.reasons[0].record:
        return []
    key = UUID(readiness.reasons[0].record.partition(":")[2])
    return [
        OverrideView(
            row, Status(row.status), OverrideState.STANDING, may_approve=False, may_withdraw=False
        )
        for row in visible_overrides(by, at=at).filter(pk=key)
    ]


def _view(row: Override, by: Actor, *, at: datetime) -> OverrideView:
    state = override_state(row, on=at.date())
    return OverrideView(
        override=row,
        status=Status(row.status),
        state=state,
        may_approve=state is OverrideState.WAITING
        and by.person_id != row.requested_by_id
        and may(by, Permission.APPROVE_OVERRIDE, unit=row.unit, at=at),
        may_withdraw=row.withdrawn_at is None
        and may(by, Permission.OVERRIDE, unit=row.unit, at=at),
    )
