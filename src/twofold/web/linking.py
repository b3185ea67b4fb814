"""Links between evidence and other records as pages show them, from either end."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from twofold.evidence.models import EvidenceItem, EvidenceLink
from twofold.evidence.queries import items_linked_to, links_of
from twofold.people.access import Permission, may, permitted_units
from twofold.reporting.history import names_of
from twofold.reporting.linkable import Linkable, named, sort_of
from twofold.web.present import record_href
from twofold.web.request import actor, now

MOST = 50


@dataclass(frozen=True)
class BearsOn:
    """A record that an item bears on.

    Attributes:
        title: what it is called, or that it cannot be read; `kind` in words.
        href: its page; blank where none shows it to the reader.
    """

    link: EvidenceLink
    kind: str
    title: str
    place: str
    href: str
    made_by: str
    removed_by: str


@dataclass(frozen=True)
class Linked:
    """The evidence that is linked to a record.

    Attributes:
        rows: each link with whether the reader may take it away.
        more: how many are not shown.
    """

    subject: str
    rows: tuple[tuple[EvidenceLink, bool], ...]
    more: int
    may_link: bool
    may_ask: bool


def bears_on(request: HttpRequest, item: EvidenceItem) -> list[BearsOn]:
    """Return the records that an item bears on or once did, those that stand first."""
    links = list(links_of(item)[:MOST])
    records = named((link.target for link in links), actor(request), at=now())
    names = names_of(name for link in links for name in (link.made_by, link.removed_by) if name)
    found = []
    for link in links:
        record = records.get(link.target)
        found.append(
            BearsOn(
                link,
                sort_of(link.target) or _("Record"),
                record.title if record else _("A record that you may not read"),
                record.place if record else "",
                record_href(link.target) if record else "",
                names[link.made_by],
                names.get(link.removed_by, ""),
            )
        )
    return found


def linked_evidence(request: HttpRequest, subject: str) -> Linked:
    """Return the evidence that is linked to a record, as the reader may see it and act on it."""
    by, at = actor(request), now()
    links = list(items_linked_to(subject, by, at=at)[: MOST + 1])
    more = items_linked_to(subject, by, at=at).count() - MOST if len(links) > MOST else 0
    rows = [
        (
            link,
            may(by, Permission.ADD_EVIDENCE, unit=link.item.unit, at=at, subject=link.item.about),
        )
        for link in links[:MOST]
    ]
    may_link = permitted_units(by, Permission.ADD_EVIDENCE, at=at).exists()
    may_ask = permitted_units(by, Permission.ASK_EVIDENCE, at=at).exists()
    return Linked(subject, tuple(rows), more, may_link, may_ask)


def asked_about(request: HttpRequest) -> Linkable | None:
    """Return the record that the address says a new request or collection is about, if any."""
    subject = request.GET.get("about", "")
    return named([subject], actor(request), at=now()).get(subject)
