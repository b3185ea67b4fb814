"""Who keeps the library of the organisation, and what stands on its terms."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from twofold.catalog.difference import Part
from twofold.controls.models import Applicability, Implementation, Override, Statement
from twofold.controls.queries.library import library
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


def uses_of_framework(code: str) -> list[str]:
    """Return in words what of this context bears on the requirements of an imported framework.

    Controls of the library that are credited to it, with the scopes that run them; decisions
    whether its requirements apply; statuses set by hand, past ones included; sealed statements.
    Nothing is returned where it can be withdrawn.
    """
    prefix = f"{code}:"
    credited = [
        control.id
        for control in library().controls
        if any(credit.requirement.startswith(prefix) for credit in control.credits)
    ]
    found = [*_credited(credited)]
    named = {"requirement__startswith": prefix}
    decisions = Applicability.objects.filter(**named).count()
    if decisions:
        words = ngettext("%(count)d decision", "%(count)d decisions", decisions)
        found.append(words % {"count": decisions} + " " + _("whether a requirement applies"))
    overrides = Override.objects.filter(**named).count()
    if overrides:
        words = ngettext(
            "%(count)d status set by hand", "%(count)d statuses set by hand", overrides
        )
        found.append(words % {"count": overrides})
    # A row of a statement names the requirement that it is about as a text of JSON.
    stated = Statement.objects.filter(Q(framework=code) | Q(content__contains=f'"{prefix}'))
    statements = [f"{row.framework} {row.number}" for row in stated.only("framework", "number")]
    if statements:
        found.append(_("statements (%(names)s)") % {"names": ", ".join(statements)})
    return found


#: So many are named; the rest is counted.
_NAMED = 5


def _credited(controls: list[str]) -> list[str]:
    if not controls:
        return []
    named = ", ".join(controls[:_NAMED])
    if len(controls) > _NAMED:
        named = _("%(names)s and %(more)d more") % {
            "names": named,
            "more": len(controls) - _NAMED,
        }
    scopes = Implementation.objects.filter(control__in=controls).count()
    words = ngettext("run in %(count)d scope", "run in %(count)d scopes", scopes)
    told = _("controls credited to it (%(controls)s)") % {"controls": named}
    return [f"{told}, {words % {'count': scopes}}" if scopes else told]
