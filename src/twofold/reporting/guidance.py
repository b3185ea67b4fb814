"""Guidance such as the EU AI Act: its articles, and how the requirements that answer them stand.

Nothing here is assessed by itself: an article has no state, only its counterparts have.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from twofold.catalog.model import Effective, Framework, Requirement
from twofold.domain.readiness import Status
from twofold.reporting.crosswalk import Heading, heading
from twofold.reporting.overlap import Basis

#: Whom an article binds, in words.
ADDRESSEES: dict[str, Promise] = {
    "all": _("Everybody concerned"),
    "provider": _("Providers"),
    "deployer": _("Deployers"),
    "provider+deployer": _("Providers and deployers"),
    "importer": _("Importers"),
    "distributor": _("Distributors"),
    "value chain": _("Along the value chain"),
    "GPAI provider": _("Providers of general-purpose models"),
    "GPAI systemic provider": _("Providers of general-purpose models with systemic risk"),
}


@dataclass(frozen=True)
class Article:
    """An article of law, whom it binds, and the requirements that answer it.

    Attributes:
        heading: the chapter that it stands in.
        effective: as the catalogue has it, from which day it applies included.
        applies: whether it applies on the day that was asked for.
        mapped: how many requirements answer it in part or wholly.
        counts: how many of those stand in which computed state, the ones that occur.
    """

    requirement: Requirement
    heading: Heading
    effective: Effective
    applies: bool
    mapped: int
    counts: Mapping[Status, int]

    @property
    def addressee(self) -> str:
        """Whom it binds, in words."""
        return addressee_text(self.effective.addressee)


def addressee_text(addressee: str) -> str:
    """Return whom an article binds in words; what the catalogue says where no word is known."""
    return str(ADDRESSEES.get(addressee, addressee))


def articles(on: Basis, framework: Framework, *, day: date) -> list[Article]:
    """Return the articles of a guidance framework in their order, as of a day."""
    return [
        article(on, entry, entry.effective, day=day)
        for entry in framework.requirements
        if entry.effective is not None
    ]


def article(on: Basis, requirement: Requirement, effective: Effective, *, day: date) -> Article:
    """Return one article, as of a day."""
    pairs = on.catalog.pairs_of.get(requirement.id, ())
    others = [pair.target if pair.source == requirement.id else pair.source for pair in pairs]
    states = (on.readiness[other].status for other in others if other in on.readiness)
    return Article(
        requirement=requirement,
        heading=heading(on.catalog, requirement),
        effective=effective,
        applies=effective.applies_from <= day,
        mapped=len(others),
        counts=Counter(states),
    )
