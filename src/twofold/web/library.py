"""Shaping the control library for templates: areas, what was done to a control, what differs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from twofold.catalog.difference import Difference, Part, differences
from twofold.catalog.model import ControlCheck, ControlCredit, EvidenceNeed
from twofold.catalog.writing import tables_toml
from twofold.controls.models import Change
from twofold.controls.queries import SHIPPED, LibraryRow, rule_values
from twofold.web.forms.library import RELATIONS

AREAS = {
    "access": gettext_lazy("Access"),
    "ai-data": gettext_lazy("Data of AI systems"),
    "ai-governance": gettext_lazy("Governance of AI"),
    "ai-lifecycle": gettext_lazy("Life cycle of AI systems"),
    "ai-measurement": gettext_lazy("Measurement of AI systems"),
    "ai-operation": gettext_lazy("Operation of AI systems"),
    "ai-use": gettext_lazy("Use of AI systems"),
    "assurance": gettext_lazy("Assurance"),
    "development": gettext_lazy("Development"),
    "information": gettext_lazy("Information"),
    "legal-and-partners": gettext_lazy("Law and partners"),
    "management": gettext_lazy("Management system"),
    "people": gettext_lazy("People"),
    "physical": gettext_lazy("Premises and equipment"),
    "resilience": gettext_lazy("Resilience"),
    "technology": gettext_lazy("Technology"),
}
CHANGES = {SHIPPED: gettext_lazy("As shipped"), **dict(Change.choices)}
_RELATIONS = dict(RELATIONS)
_PARTS = {
    Part.TITLE: gettext_lazy("Title"),
    Part.PURPOSE: gettext_lazy("Purpose"),
    Part.ACTIVITY: gettext_lazy("Activity"),
    Part.OWNER_ROLE: gettext_lazy("Usual owner"),
    Part.EVIDENCE: gettext_lazy("Evidence"),
    Part.CREDIT: gettext_lazy("Credit"),
    Part.CHECK: gettext_lazy("Check"),
}


@dataclass(frozen=True)
class DifferenceLine:
    """A part that differs, in words; a side is blank where nothing stands there."""

    part: str
    about: str
    before: str
    after: str


def area_name(area: str) -> str:
    """Return the name of a part of the library; of an unknown one, its own."""
    return str(AREAS.get(area, area)) if area else _("Own controls")


def difference_lines(row: LibraryRow) -> list[DifferenceLine]:
    """Return what differs from the shipped wording; nothing for a control of one's own."""
    return [] if row.shipped is None else list(_lines(differences(row.shipped, row.control)))


def _lines(found: Iterable[Difference]) -> Iterable[DifferenceLine]:
    for entry in found:
        yield DifferenceLine(
            str(_PARTS[entry.part]), entry.about, _told(entry.before), _told(entry.after)
        )


def _told(side: str | EvidenceNeed | ControlCredit | ControlCheck | None) -> str:
    if side is None or isinstance(side, str):
        return side or ""
    if isinstance(side, EvidenceNeed):
        days = ngettext("each day", "every %(days)d days", side.period_days)
        return f"{side.title}, {days % {'days': side.period_days}}"
    if isinstance(side, ControlCredit):
        return _("%(relation)s, %(strength)d of 10: %(rationale)s") % {
            "relation": _RELATIONS[side.relation.value],
            "strength": side.strength,
            "rationale": side.rationale,
        }
    rule = tables_toml("check", [rule_values(side.rule)]).splitlines()[1:]
    return f"{side.title}\n" + "\n".join(line for line in rule if line)
