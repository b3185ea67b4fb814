"""When everything open will be closed, from the rate at which things were really closed.

Closings are counted over a window of past days and taken as a Poisson process of an unknown rate.
The 80 % interval of the rate is the exact one of Garwood (1936, Biometrika 28, 437-442): the rates
at which so many closings, or so few, would still happen in one window out of ten. Work is often
closed in batches, which such an interval would take for certainty; so counts are first divided by
their dispersion, Pearson's chi-square over its degrees of freedom and never below 1 (McCullagh and
Nelder 1989, Generalized Linear Models, 6.2.3), and the interval becomes wider.

What was opened meanwhile is taken to go on: it is subtracted from each rate. Where a rate is used
up by it, its date is not known.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

#: A shorter history foretells nothing.
SHORTEST_DAYS = 28
#: A date further ahead than this says nothing either.
FURTHEST_DAYS = 3650
#: On either side of the interval lies so much.
_TAIL = 0.1
_STEPS = 60


class NoForecast(StrEnum):
    """Why there is no date."""

    NOTHING_OPEN = "nothing_open"
    SHORT_HISTORY = "short_history"
    NOTHING_CLOSED = "nothing_closed"
    OUTRUN = "outrun"
    TOO_FAR = "too_far"


@dataclass(frozen=True)
class Point:
    """What was open at the end of a day, and how much was closed since the point before.

    Attributes:
        closed: of the first point it is not counted.
    """

    on: date
    open: int
    closed: int


@dataclass(frozen=True)
class Forecast:
    """When everything open will be closed.

    Attributes:
        open: how much is open on the last day; days: how long the window is.
        closed: in the window; opened: in the window.
        dispersion: how much more closings vary than a Poisson process does; 1 where they do not.
        expected: the date by the observed rate; None with the reason in `why_not`.
        earliest: first day of the 80 % interval; latest: last one, None where it is not known.
    """

    open: int
    days: int
    closed: int
    opened: int
    dispersion: float = 1.0
    expected: date | None = None
    earliest: date | None = None
    latest: date | None = None
    why_not: NoForecast | None = None

    @property
    def closed_per_week(self) -> float | None:
        """Closings a week in the window; None where it has no length."""
        return 7 * self.closed / self.days if self.days else None


def forecast(history: Sequence[Point], *, open_now: int | None = None) -> Forecast:
    """Return when everything open will be closed.

    Args:
        history: points in the order of their days.
        open_now: what is supposed to be open on the last day; None: what the last point says.

    Raises:
        ValueError: there is no point, days do not rise, or counts are negative or contradict each
            other (more closed than could have been).
    """
    _check(history)
    days = (history[-1].on - history[0].on).days
    closed = sum(point.closed for point in history[1:])
    opened = history[-1].open - history[0].open + closed
    now = history[-1].open if open_now is None else open_now
    found = Forecast(open=now, days=days, closed=closed, opened=opened)
    reason = _why_not(found)
    if reason is not None:
        return replace(found, why_not=reason)
    return _dated(found, history[-1].on, _dispersion(history))


def rate_bounds(count: int) -> tuple[float, float]:
    """Return the 80 % interval of the mean of a Poisson count (Garwood 1936).

    Half the chi-square quantile of 2 count degrees of freedom at 0.1, and of 2 count + 2 at 0.9;
    found by bisection of the distribution itself. The lower bound of 0 is 0.
    """
    lower = 0.0 if count == 0 else _solved(lambda mean: 1 - _at_most(count - 1, mean), count)
    return lower, _solved(lambda mean: 1 - _at_most(count, mean), count, of=1 - _TAIL)


def _check(history: Sequence[Point]) -> None:
    if not history:
        raise ValueError("A forecast needs at least one point.")
    if any(point.open < 0 or point.closed < 0 for point in history):
        raise ValueError("Counts are not negative.")
    for before, after in pairwise(history):
        if after.on <= before.on:
            raise ValueError("Points stand in the order of their days.")
        if after.open - before.open + after.closed < 0:
            raise ValueError(f"More was closed by {after.on} than was open.")


def _why_not(found: Forecast) -> NoForecast | None:
    if found.open == 0:
        return NoForecast.NOTHING_OPEN
    if found.days < SHORTEST_DAYS:
        return NoForecast.SHORT_HISTORY
    if found.closed == 0:
        return NoForecast.NOTHING_CLOSED
    if found.opened >= found.closed:
        return NoForecast.OUTRUN
    if _days_until(found, found.closed) is None:
        return NoForecast.TOO_FAR
    return None


def _dated(found: Forecast, on: date, dispersion: float) -> Forecast:
    # Whole batches alone are counted: the interval is rather too wide than too narrow.
    low, high = rate_bounds(math.floor(found.closed / dispersion))
    return replace(
        found,
        dispersion=dispersion,
        expected=_day(found, on, found.closed),
        earliest=_day(found, on, high * dispersion),
        latest=_day(found, on, low * dispersion),
    )


def _day(found: Forecast, on: date, closed: float) -> date | None:
    days = _days_until(found, closed)
    return None if days is None else on + timedelta(days=days)


def _days_until(found: Forecast, closed: float) -> int | None:
    """Return the days until nothing is open at so many closings a window; None: not in time."""
    net = (closed - found.opened) / found.days
    if net <= 0 or found.open / net > FURTHEST_DAYS:
        return None
    return math.ceil(found.open / net)


def _dispersion(history: Sequence[Point]) -> float:
    """Return Pearson's chi-square of the closings between points over its degrees of freedom."""
    steps = [((after.on - before.on).days, after.closed) for before, after in pairwise(history)]
    if len(steps) < 2:
        return 1.0
    rate = sum(closed for _days, closed in steps) / sum(days for days, _closed in steps)
    chi_square = sum((closed - rate * days) ** 2 / (rate * days) for days, closed in steps)
    return max(1.0, chi_square / (len(steps) - 1))


def _at_most(count: int, mean: float) -> float:
    """Return the probability of at most so many events of a Poisson count of this mean above 0."""
    logarithm = math.log(mean)
    return math.fsum(math.exp(k * logarithm - mean - math.lgamma(k + 1)) for k in range(count + 1))


def _solved(rising: Callable[[float], float], count: int, of: float = _TAIL) -> float:
    """Return the mean at which a function that rises with it reaches a value."""
    # Far above any quantile that is asked for: ten standard deviations and more.
    low, high = 0.0, count + 10 * math.sqrt(count + 1) + 10
    for _step in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < of else (low, middle)
    return (low + high) / 2
