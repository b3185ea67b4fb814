"""Sums over the scopes of one control, changed by one scope at a time.

What they hold does not depend on the order in which scopes came and went: counts are exact, and
reasons stand sorted by nothing but themselves.
"""

from bisect import bisect_left, insort
from collections import Counter
from datetime import date
from fractions import Fraction

from twofold.domain.readiness.facts import Cause, Reason
from twofold.domain.readiness.scopes import ScopeState

_ORDER = {cause: place for place, cause in enumerate(Cause)}
Rank = tuple[int, date, bool, str, str, str]


def rank(reason: Reason) -> Rank:
    """Return the place of a reason among others: the most pressing is the smallest."""
    return (
        _ORDER[reason.cause],
        reason.on or date.max,
        reason.on is None,
        reason.about,
        reason.detail,
        reason.record,
    )


class Tally:
    """The scopes in which one control is run, summed.

    Attributes:
        scopes: how many there are; faulty: how many have a fault of design.
        causes: how often each cause stands among the reasons.
    """

    def __init__(self) -> None:
        """Begin with no scope."""
        self.scopes = 0
        self.faulty = 0
        self.causes: Counter[Cause] = Counter()
        self._credits: Counter[Fraction] = Counter()
        self._reasons: list[tuple[Rank, Reason]] = []

    def add(self, state: ScopeState) -> None:
        """Count one scope in."""
        self.scopes += 1
        self.faulty += state.faulty
        self._credits[state.credit] += 1
        for reason in state.reasons:
            self.causes[reason.cause] += 1
            insort(self._reasons, (rank(reason), reason), key=_place)

    def remove(self, state: ScopeState) -> None:
        """Take one scope out that was counted in.

        Raises:
            ValueError: it was not counted in.
        """
        if not self._credits[state.credit]:
            raise ValueError("This scope was not counted in.")
        self.scopes -= 1
        self.faulty -= state.faulty
        self._credits[state.credit] -= 1
        for reason in state.reasons:
            self.causes[reason.cause] -= 1
            place = bisect_left(self._reasons, rank(reason), key=_place)
            if place == len(self._reasons) or self._reasons[place][1] != reason:
                raise ValueError("This scope was not counted in.")
            del self._reasons[place]

    @property
    def credit(self) -> Fraction:
        """Mean credit over the scopes, exact; 0 without any."""
        if not self.scopes:
            return Fraction(0)
        return sum((value * times for value, times in self._credits.items()), Fraction(0)) / (
            self.scopes
        )

    @property
    def present(self) -> set[Cause]:
        """The causes that stand among the reasons."""
        return {cause for cause, times in self.causes.items() if times}

    @property
    def first(self) -> Reason | None:
        """The most pressing reason; None without any scope."""
        return self._reasons[0][1] if self._reasons else None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason, the most pressing first, each once."""
        return tuple(dict.fromkeys(reason for _rank, reason in self._reasons))

    def of(self, cause: Cause, limit: int) -> list[Reason]:
        """Return the first reasons of one cause, at most so many."""
        start = bisect_left(self._reasons, (_ORDER[cause], date.min, False, "", "", ""), key=_place)
        found: dict[Reason, None] = {}
        for _rank, reason in self._reasons[start:]:
            if reason.cause is not cause or len(found) == limit:
                break
            found[reason] = None
        return list(found)


def _place(entry: tuple[Rank, Reason]) -> Rank:
    return entry[0]
