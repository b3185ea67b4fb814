"""Planning a collection whose source exists, can be read by whoever plans, and lies in its unit."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from twofold.controls.queries import visible_implementations
from twofold.evidence import collections
from twofold.evidence.collections import Plan
from twofold.evidence.models import EvidenceCollection
from twofold.inventory.queries import visible_systems
from twofold.people.access import Actor, Permission, require
from twofold.people.errors import InvalidInput
from twofold.people.models import Unit
from twofold.reporting.collecting.places import (
    FetchError,
    Places,
    folder_parts,
    permitted_address,
)
from twofold.reporting.linkable import require_linkable

Source = EvidenceCollection.Source
_OF_RECORD = {Source.MONITOR: "monitoring.monitor", Source.CHECKS: "controls.implementation"}


def plan_collection(
    unit: Unit, plan: Plan, places: Places, *, by: Actor, at: datetime
) -> EvidenceCollection:
    """Plan a collection, from a source that can be collected from.

    Raises:
        AccessDenied: the actor may not collect evidence in the unit.
        InvalidInput: a field is not acceptable.
    """
    require(by, Permission.COLLECT_EVIDENCE, unit=unit, at=at, subject=plan.about)
    if plan.about:
        require_linkable(plan.about, by, field="about", at=at)
    try:
        if plan.source == Source.FOLDER:
            folder_parts(plan.locator, places)
        elif plan.source == Source.ADDRESS:
            permitted_address(plan.locator, places)
        else:
            _require_record(plan, unit, by, at)
    except FetchError as refusal:
        raise InvalidInput(str(refusal), field="locator") from refusal
    return collections.plan(unit, plan, by=by, at=at)


def _require_record(plan: Plan, unit: Unit, by: Actor, at: datetime) -> None:
    label, _separator, key = plan.locator.partition(":")
    if label != _OF_RECORD[plan.source]:
        raise FetchError(_("Name the record that the source is of."))
    try:
        place = _place_of(plan.source, UUID(key), by, at)
    except ValueError:
        place = None
    if place is None:
        raise FetchError(_("There is no such record."))
    if not place.path.startswith(unit.path):
        raise FetchError(_("The record lies in another unit."))


def _place_of(source: Source, key: UUID, by: Actor, at: datetime) -> Unit | None:
    """Return the unit of a monitor or of a control as it is run; None where it cannot be read."""
    if source == Source.MONITOR:
        system = visible_systems(by, at=at).filter(monitors=key).first()
        return system.unit if system else None
    rows = visible_implementations(by, at=at).prefetch_related(None)
    run = rows.filter(pk=key, retired_at=None).first()
    return run.unit if run else None
