"""Who keeps the library of the organisation, and what stands on its terms."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from twofold.catalog.difference import Part
from twofold.controls.models import Implementation
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied
from twofold.people.queries import root_unit

#: Parts of a control that an approval rests on; the rest is wording.
TERMS = frozenset({Part.EVIDENCE, Part.CREDIT, Part.CHECK})


def require_library_keeper(by: Actor, *, at: datetime) -> None:
    """Return when the actor may change the library, which is the whole organisation's.

    Raises:
        AccessDenied: no role in the organisation itself permits it, or the token is for one record.
    """
    if by.restricted_to:
        raise AccessDenied(_("This token is for one record alone; the library is for all."))
    root = root_unit()
    if root is None:
        access.require_anywhere(by, Permission.KEEP_LIBRARY, at=at)
    else:
        access.require(by, Permission.KEEP_LIBRARY, unit=root, at=at)


def may_keep_library(by: Actor, *, at: datetime) -> bool:
    """Return whether `require_library_keeper` would let this pass."""
    try:
        require_library_keeper(by, at=at)
    except AccessDenied:
        return False
    return True


def on_terms_of_library(control: str, parts: Collection[Part] = TERMS) -> QuerySet[Implementation]:
    """Return where a control is run and these parts of it hold, as the library has them.

    Evidence and checks may be set where it is run; what it is credited to is the library's alone.
    """
    rows = Implementation.objects.filter(control=control, retired_at=None).order_by("pk")
    if Part.CREDIT in parts:
        return rows
    follow = Q(pk__in=[])
    if Part.EVIDENCE in parts:
        follow |= Q(needs__isnull=True)
    if Part.CHECK in parts:
        follow |= Q(checks__isnull=True)
    return rows.filter(follow)
