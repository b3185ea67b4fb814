"""Reading applicability, implementations and claims."""

from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from twofold.catalog.load import catalog
from twofold.catalog.model import LibraryControl
from twofold.controls.models import Applicability, EvidenceClaim, Implementation
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import names_behind
from twofold.inventory.queries import systems_in_reach
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.errors import InvalidInput
from twofold.people.models import Unit


def visible_implementations(by: Actor, *, at: datetime) -> QuerySet[Implementation]:
    """Return the implementations that the actor may read, with claims and their evidence."""
    claims = EvidenceClaim.objects.select_related("evidence__item").order_by("claimed_at")
    return (
        _implementations_in_reach(by, Permission.READ, at)
        .select_related("unit", "system", "owner", "approved_by", "described_by")
        .prefetch_related(Prefetch("claims", queryset=claims))
        .order_by("control", "started_at")
    )


def visible_decisions(by: Actor, *, at: datetime) -> QuerySet[Applicability]:
    """Return the applicability decisions of units that the actor may read.

    They are decisions of a unit: an actor that is restricted to one record of it sees none.
    """
    units = Unit.objects.none() if by.restricted_to else permitted_units(by, Permission.READ, at=at)
    return (
        Applicability.objects.filter(unit__in=units)
        .select_related("unit", "decided_by")
        .order_by("requirement")
    )


def claims_on(item: EvidenceItem) -> QuerySet[EvidenceClaim]:
    """Return the claims that lean on any version of an item, newest first."""
    return (
        EvidenceClaim.objects.filter(evidence__item=item)
        .select_related("evidence", "implementation__system", "implementation__unit", "accepted_by")
        .order_by("-claimed_at")
    )


def waiting_claims(by: Actor, *, at: datetime) -> QuerySet[EvidenceClaim]:
    """Return the claims that the actor may accept and nobody has, oldest first."""
    return (
        EvidenceClaim.objects.filter(
            accepted_at=None,
            implementation__in=_implementations_in_reach(by, Permission.ACCEPT_CLAIM, at),
        )
        .exclude(claimed_by_id=by.person_id)
        .exclude(evidence__author__in=names_behind(by))
        .select_related("evidence__item", "implementation__system", "implementation__unit")
        .order_by("claimed_at")
    )


def _implementations_in_reach(
    by: Actor, permission: Permission, at: datetime
) -> QuerySet[Implementation]:
    """Return the implementations that the actor may act on in this way."""
    rows = Implementation.objects.filter(unit__in=permitted_units(by, permission, at=at))
    if by.restricted_to:
        return rows.filter(system__in=systems_in_reach(by, permission=permission, at=at))
    return rows


def library_control(control: str) -> LibraryControl:
    """Return a control of the library.

    Raises:
        InvalidInput: there is none of this id.
    """
    found = catalog().control_by_id.get(control)
    if found is None:
        raise InvalidInput(_("There is no control %(id)s.") % {"id": control}, field="control")
    return found
