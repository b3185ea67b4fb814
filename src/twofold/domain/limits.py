"""Limits on measures, and the verdict that a measure earns under one.

Monitors hold limits; the verdict is what turns into an alert. No verdict of good or bad is given on
fewer than 30 events: the rule of the design that no colour is shown on a sample which cannot carry
it.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from twofold.domain.measure import Measure

SMALLEST_SAMPLE: Final = 30


class LimitError(ValueError):
    """A limit that cannot be judged against."""

    code = "limit"


class Direction(StrEnum):
    """The side of a limit on which a value breaches it."""

    ABOVE = "above"
    BELOW = "below"


class Verdict(StrEnum):
    """What a measure is under its limit."""

    OK = "ok"
    WARNING = "warning"
    BREACH = "breach"
    INSUFFICIENT = "insufficient"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that must not be passed, in the measure's own unit.

    A value equal to the limit keeps it: "breach above 0.25" is not breached by 0.25, and the
    four-fifths rule is kept by four fifths.

    Raises:
        LimitError: a limit is no finite number, the warning is not on the safe side of the breach,
            or the minimum sample is below 30.
    """

    warn: float | None
    breach: float
    direction: Direction
    minimum_sample: int = SMALLEST_SAMPLE

    def __post_init__(self) -> None:
        numbers = [self.breach] if self.warn is None else [self.breach, self.warn]
        if not all(map(math.isfinite, numbers)):
            raise LimitError("A limit must be a finite number.")
        if self.minimum_sample < SMALLEST_SAMPLE:
            raise LimitError(
                f"A limit needs a minimum sample of at least {SMALLEST_SAMPLE} events."
            )
        if self.warn is not None and not self._is_past(self.breach, self.warn):
            raise LimitError(
                f"A limit that is breached {self.direction} {self.breach:g} must warn before it, "
                f"not at {self.warn:g}."
            )

    def is_breached_by(self, value: float) -> bool:
        """Tell whether the value lies past the limit."""
        return self._is_past(value, self.breach)

    def warns_of(self, value: float) -> bool:
        """Tell whether the value lies past the warning, if there is one."""
        return self.warn is not None and self._is_past(value, self.warn)

    def _is_past(self, value: float, mark: float) -> bool:
        return value > mark if self.direction is Direction.ABOVE else value < mark


def judge(measure: Measure, limit: Limit) -> Verdict:
    """Return the verdict on a measure.

    `insufficient` below the minimum sample, unless the measure is itself the count of events: then
    zero is judged like any other value, and a silent system breaches. `error` when enough events
    gave no finite value.
    """
    if measure.sample < limit.minimum_sample and not measure.is_count:
        return Verdict.INSUFFICIENT
    if measure.value is None or not math.isfinite(measure.value):
        return Verdict.ERROR
    if limit.is_breached_by(measure.value):
        return Verdict.BREACH
    return Verdict.WARNING if limit.warns_of(measure.value) else Verdict.OK
