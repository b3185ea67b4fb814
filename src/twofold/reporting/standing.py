"""Where the organisation stands: the book of readiness as one reader may see it, now or then.

The present is kept in the memory of each process and brought up to date by following the ledger:
whatever changes a record appends an entry, so one query tells what to read anew. A day in the past
is built from the revisions that were recorded by its end, and does not change any more.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cached_property, partial

from django.utils.translation import gettext as _

from twofold.catalog.model import Catalog, LibraryControl, Requirement
from twofold.domain.readiness import (
    Cause,
    Credit,
    ImplementationFact,
    Readiness,
    Reason,
    Relation,
    RequirementFacts,
    Status,
    Tally,
    assess,
    bears,
    conclude,
    is_covered,
)
from twofold.inventory.models import AISystem
from twofold.ledger.queries import (
    Mark,
    PastMark,
    changes_since,
    mark_now,
    past_mark,
    subjects_between,
)
from twofold.people.access import Actor, Permission, reach
from twofold.people.errors import InvalidInput
from twofold.people.models import Unit
from twofold.reporting.book import Book
from twofold.reporting.judged import running
from twofold.reporting.recent import Recent
from twofold.reporting.rows import Now, Then, end_of
from twofold.reporting.shelves import Sight


@dataclass(frozen=True)
class ControlStanding:
    """How far a control is run.

    Attributes:
        scopes: where it is run; `approved` of them have a current approval.
        status: its own state over all of them; None where it is not run.
    """

    scopes: int
    approved: int
    status: Status | None


@dataclass(frozen=True)
class Standing:
    """The state of every requirement on a day, as one reader may see it.

    Attributes:
        readiness: by requirement, with its most pressing reasons; `explained` tells them all.
        catalog: the catalogue that it was judged by.
    """

    on: date
    catalog: Catalog
    readiness: Mapping[str, Readiness]
    _book: Book
    _sees: Sight | None

    def facts_of(self, requirement: Requirement) -> RequirementFacts:
        """Return everything that is known of a requirement."""
        with _LOCK:
            return self._book.facts_of(requirement.id, self._sees)

    def explained(self, requirement: Requirement) -> Readiness:
        """Return the state of a requirement with every reason."""
        return assess(self.facts_of(requirement), self.on)

    def implementations(self, control: str) -> tuple[ImplementationFact, ...]:
        """Return how a control is run, in every scope that the reader may see."""
        with _LOCK:
            return self._book.implementations(control, self._sees)

    def worst(self, cause: Cause, limit: int) -> dict[str, list[Reason]]:
        """Return the first reasons of a cause, at most so many of each control that has any."""
        with _LOCK:
            return {
                control: tally.of(cause, limit)
                for control, tally in self._tallies.items()
                if tally.causes[cause]
            }

    def held_by(self, control: LibraryControl, cause: Cause) -> list[str]:
        """Return the requirements that a reason of this cause in a control bears on."""
        with _LOCK:
            return [
                credit.requirement
                for credit in control.credits
                if bears(
                    Credit(control.id, credit.relation, credit.strength),
                    cause,
                    covered=is_covered(running(credit.requirement, self)),
                )
            ]

    def terms_of(self, requirement: Requirement) -> RequirementFacts:
        """Return what is known of a requirement itself, without the controls credited to it."""
        with _LOCK:
            return self._book.terms_of(requirement.id, self._sees)

    def tally(self, control: str) -> Tally:
        """Return the sums of a control over its scopes; they may change once `reading` ends."""
        with _LOCK:
            return self._tallies.get(control) or Tally()

    def reading(self) -> AbstractContextManager[object]:
        """Return a context in which nothing of what is read changes."""
        return _LOCK

    def control(self, control: str) -> ControlStanding:
        """Return how far a control is run, from the sums over its scopes."""
        with _LOCK:
            tally = self._tallies.get(control)
            if tally is None or not tally.scopes:
                return ControlStanding(0, 0, None)
            # As of a requirement that asks for just this control.
            itself = Credit(control, Relation.EQUAL, 10)
            facts = RequirementFacts(control, excludable=False, needs_decision=False)
            found = conclude(facts, [(itself, tally)], self.on)
            unapproved = tally.causes[Cause.NOT_APPROVED] + tally.causes[Cause.REVIEW_OVERDUE]
            return ControlStanding(tally.scopes, tally.scopes - unapproved, found.status)

    def shown(self) -> dict[str, Fraction]:
        """Return what each control that is run somewhere is credited with: 0 to 1, exact."""
        with _LOCK:
            return {key: tally.credit for key, tally in self._tallies.items() if tally.scopes}

    @cached_property
    def _tallies(self) -> Mapping[str, Tally]:
        return self._book.tallies(self._sees)


@dataclass(frozen=True)
class Snapshot:
    """The state of every requirement at the end of a past day."""

    on: date
    readiness: Mapping[str, Readiness]


#: One reader or writer of the present book at a time; what is handed out does not change any more.
#: Whoever holds it never waits for a past one: that is made while others read.
_LOCK = threading.RLock()
#: So many books of past days, and series of them, are kept in memory.
_PAST_DAYS = 6


@dataclass
class _Kept:
    """The present of one process: the book, and how far it follows the ledger."""

    mark: Mark
    book: Book


_present: list[_Kept] = []
_past: Recent[tuple[date, PastMark], Book] = Recent(_PAST_DAYS)
_series: Recent[object, list[Snapshot]] = Recent(_PAST_DAYS)


def standing(by: Actor, *, at: datetime, on: date | None = None) -> Standing:
    """Return where the organisation stands, as the actor may see it.

    Args:
        on: a day that is asked for, today or earlier; None: today.

    Raises:
        InvalidInput: the day lies ahead.
    """
    today = at.astimezone(UTC).date()
    if on is not None and on > today:
        raise InvalidInput(_("That day lies ahead: choose today or an earlier one."), field="as_of")
    # The past is read before anybody is kept waiting: it changes no more.
    past = None if on is None or on == today else _book_then(on)
    with _LOCK:
        book = past or _book_of(today)
        sees = _sight(book, by, at)
        return Standing(book.on, book.catalog, book.readiness(sees), book, sees)


def snapshots(by: Actor, days: Sequence[date], *, at: datetime) -> list[Snapshot]:
    """Return the states at the end of past days, as the actor may see them.

    Only the first day is read whole: the book then follows what was recorded from one day to the
    next, so that a long history costs what changed in it.

    Args:
        days: in their order, all before today.
    """
    if not days:
        return []
    scope = (reach(by, Permission.READ, at=at), by.restricted_to)
    key = (scope, tuple(days), past_mark(before=end_of(days[-1])))
    return _series.get(key, lambda: list(_rolled(by, days, at)))


def _rolled(by: Actor, days: Sequence[date], at: datetime) -> Iterator[Snapshot]:
    book = Book(Then(days[0]), days[0])
    for before, day in zip((days[0], *days), days, strict=False):
        if day != before:
            changed = subjects_between(end_of(before), end_of(day))
            book.follow(changed, partial(Then, day))
            book.turn_to(day)
        yield Snapshot(day, book.readiness(_sight(book, by, at)))


def standing_of(unit: Unit, *, at: datetime) -> Standing:
    """Return where a unit stands today, the same for whoever asks.

    What is run for the whole of a unit above it is run for it too; what is run for one AI system
    there is not.
    """
    today = at.astimezone(UTC).date()
    with _LOCK:
        book = _book_of(today)
        sight = None if book.sees_all([unit.path]) else Sight((unit.path,), veiled=False)
        return Standing(book.on, book.catalog, book.readiness(sight), book, sight)


def forget() -> None:
    """Let go of everything that is kept in memory; the next reader reads it anew."""
    with _LOCK:
        _present.clear()
    _past.forget()
    _series.forget()


def _sight(book: Book, by: Actor, at: datetime) -> Sight | None:
    paths = reach(by, Permission.READ, at=at)
    if not by.restricted_to:
        return None if book.sees_all(paths) else Sight(paths)
    label, _separator, key = by.restricted_to.partition(":")
    # Of an actor that is restricted to something else, nothing is seen.
    return Sight(paths, key if label == AISystem._meta.label_lower else "-")


def _book_of(today: date) -> Book:
    """Return the present book, up to date with the ledger and turned to the day."""
    if _present:
        # A book that fails to follow half-way is not kept: the next reader reads it anew.
        kept = _present.pop()
        found = changes_since(kept.mark)
        if found is not None:
            kept.mark, subjects = found
            if subjects:
                kept.book.follow(subjects)
            if kept.book.on != today:
                kept.book.turn_to(today)
            _present.append(kept)
            return kept.book
    # The mark is taken first: what is written meanwhile is read a second time, never missed.
    mark = mark_now()
    _present[:] = [_Kept(mark, Book(Now(), today))]
    return _present[0].book


def _book_then(day: date) -> Book:
    """Return the book of a past day, read anew when an entry of it was committed late."""
    # The mark is taken first: what is committed meanwhile makes another one.
    key = (day, past_mark(before=end_of(day)))
    return _past.get(key, lambda: Book(Then(day), day))
