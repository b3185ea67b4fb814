"""Scopes of implementations: which records of the organisation a check may look at."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from twofold.controls.models import Implementation

#: More unit paths than this are not asked for one by one: everything is read, and sorted here.
_MOST_PATHS = 100


@dataclass(frozen=True)
class Place:
    """Where a record belongs: its unit's path, and the AI system that it is about, if any."""

    path: str
    system: uuid.UUID | None = None


@dataclass(frozen=True)
class Scope:
    """Where a control is run: a unit with everything below it, or one AI system.

    Attributes:
        path: of the unit; of a system's unit where it is one system.
        system: the system's key; None: the unit.
    """

    path: str
    system: uuid.UUID | None = None

    def holds(self, place: Place) -> bool:
        """Return whether a record at a place lies in the scope."""
        if self.system is not None:
            return place.system == self.system
        return place.path.startswith(self.path)


def scope_of(implementation: Implementation) -> Scope:
    """Return the scope of an implementation that was loaded with its unit."""
    return Scope(implementation.unit.path, implementation.system_id)


def of_systems(scopes: Iterable[Scope], system: str = "") -> Q:
    """Return the condition that a record is about an AI system of one of the scopes.

    Args:
        system: the look-up that leads to the system, such as `monitor__system`; blank: it is one.
    """
    given = list(scopes)
    prefix = f"{system}__" if system else ""
    units = [scope.path for scope in given if scope.system is None]
    keys = {scope.system for scope in given if scope.system is not None}
    return below(units, f"{prefix}unit__path") | Q(**{f"{prefix}pk__in": keys})


def below(paths: Iterable[str], path: str) -> Q:
    """Return the condition that a record's unit is one of these or lies below one.

    Args:
        path: the look-up that leads to the path of the record's unit.
    """
    widest: list[str] = []
    for start in sorted(set(paths)):
        if not widest or not start.startswith(widest[-1]):
            widest.append(start)
    if len(widest) > _MOST_PATHS:
        return ~Q(pk__in=[])
    return reduce(or_, (Q(**{f"{path}__startswith": start}) for start in widest), Q(pk__in=[]))
