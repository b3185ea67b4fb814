"""What a batch of implementations asks for, and what every population is gathered with."""

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TypeVar

from django.utils.translation import gettext as _

from twofold.catalog.model import EvidenceNeed
from twofold.controls.models import Implementation
from twofold.domain.checks import Observation, Rule
from twofold.reporting.checks.scopes import Place, Scope, scope_of

#: A population that is larger is not judged: an error says so, and memory stays bounded.
MOST_RECORDS = 100_000
_Row = TypeVar("_Row")


class TooManyRecords(Exception):  # noqa: N818 - a refusal, told as such
    """A population has more records than a check looks at."""

    def __init__(self) -> None:
        super().__init__(_("there are more than %(most)s records") % {"most": f"{MOST_RECORDS:,}"})


@dataclass(frozen=True)
class Asked:
    """What a batch asks for.

    Attributes:
        implementations: loaded with their units.
        needs: the evidence that is asked for of each, by its key.
        on: the day of the check.
    """

    implementations: Sequence[Implementation]
    needs: Mapping[uuid.UUID, Sequence[EvidenceNeed]]
    on: date

    @property
    def scopes(self) -> frozenset[Scope]:
        """The scopes of all implementations, each once."""
        return frozenset(scope_of(entry) for entry in self.implementations)

    @property
    def keys(self) -> list[uuid.UUID]:
        """The keys of all implementations."""
        return [entry.pk for entry in self.implementations]


#: Finds the observations that a rule of an implementation is about.
Finder = Callable[[Implementation, Rule], Sequence[Observation]]


def placed(found: Iterable[tuple[Place, Observation]]) -> Finder:
    """Return what finds observations by scope; sorted out once for all that share a scope."""
    by_place: dict[Place, list[Observation]] = {}
    for place, entry in found:
        by_place.setdefault(place, []).append(entry)
    by_scope: dict[Scope, list[Observation]] = {}

    def find(implementation: Implementation, _rule: Rule) -> Sequence[Observation]:
        scope = scope_of(implementation)
        if scope not in by_scope:
            by_scope[scope] = [
                entry
                for place, entries in by_place.items()
                if scope.holds(place)
                for entry in entries
            ]
        return by_scope[scope]

    return find


def bounded(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Yield rows one by one.

    Raises:
        TooManyRecords: there are more than are looked at.
    """
    iterator = iter(rows)
    yield from islice(iterator, MOST_RECORDS)
    if next(iterator, None) is not None:
        if isinstance(iterator, Generator):
            # A cursor of the server is closed while its transaction still stands.
            iterator.close()
        raise TooManyRecords


def days_between(earlier: date, later: date) -> int:
    """Return how many days lie between two days; negative where the first lies after the second."""
    return (later - earlier).days


def person(key: object) -> str:
    """Return the name in the ledger of a person; blank for nobody."""
    return "" if key is None else f"person:{key}"
