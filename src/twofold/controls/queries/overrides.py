"""Statuses that are set by hand: which stand, which wait, and which have ended."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.models import Override
from twofold.controls.queries.records import visible_overrides
from twofold.people.access import Actor
from twofold.people.errors import NotFound
from twofold.people.models import Unit


class OverrideState(TextChoices):
    """How far an override has come."""

    WAITING = "waiting", gettext_lazy("Waits for approval")
    STANDING = "standing", gettext_lazy("Stands")
    EXPIRED = "expired", gettext_lazy("Expired")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")


def overrides_in(rows: QuerySet[Override], state: OverrideState, *, on: date) -> QuerySet[Override]:
    """Narrow overrides to those that are in a state on a day."""
    if state is OverrideState.WITHDRAWN:
        return rows.exclude(withdrawn_at=None)
    rows = rows.filter(withdrawn_at=None)
    if state is OverrideState.EXPIRED:
        return rows.filter(expires_date__lt=on)
    waiting = Q(approved_at=None)
    rows = rows.filter(expires_date__gte=on)
    return rows.filter(waiting if state is OverrideState.WAITING else ~waiting)


def override_state(row: Override, *, on: date) -> OverrideState:
    """Return the state of an override on a day."""
    if row.withdrawn_at is not None:
        return OverrideState.WITHDRAWN
    if row.expires_date < on:
        return OverrideState.EXPIRED
    return OverrideState.STANDING if row.approved_at else OverrideState.WAITING


def override_for(key: UUID, by: Actor, *, at: datetime) -> Override:
    """Return an override by its key.

    Raises:
        NotFound: there is none, or it lies outside what the actor may read.
    """
    found = visible_overrides(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such override."), field="override_id")
    return found


def override_of(requirement: str, unit: Unit, by: Actor, *, at: datetime) -> Override:
    """Return the override of a requirement in a unit that is not withdrawn.

    Raises:
        NotFound: there is none, or it lies outside what the actor may read.
    """
    rows = visible_overrides(by, at=at).filter(requirement=requirement, unit=unit)
    found = rows.filter(withdrawn_at=None).first()
    if found is None:
        raise NotFound(
            _("There is no override of %(requirement)s in %(unit)s.")
            % {"requirement": requirement, "unit": unit.name},
            field="requirement",
        )
    return found
