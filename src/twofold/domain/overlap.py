"""How much of one standard the work for another one already does.

The figure of a pair of standards comes from the crosswalk between their requirements, and from no
control: the controls of the library are written for several standards at once and do more than one
of them asks, so an organisation that holds the first certificate alone need not have done it. A
requirement of the second standard counts

- 1, where one of the first asks the same or all of it and more (`equal`, or `superset` read from
  the first standard);
- by its strongest pair alone, strength in tenths, and at most `PARTIAL_RELATIONS_CAP`, where the
  first asks a part of it or overlaps with it;
- 0 else.

`worded` tells how many there are of each, and two means over the applicable requirements: the
least, where only the whole counts, and the most, where parts count too. Without a requirement that
applies there is no figure.

`overlap` tells what the library's controls do for each requirement of the second standard. A
control is work for the first where it covers one of that standard's applicable requirements wholly;
what it does for the second is counted by the rule by which readiness scores. With every control
shown to work this is the *potential*; with what readiness credits each with today it is what is
*shown*. The module belongs to the pure domain: reporting says what applies and what is run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from twofold.domain.readiness import PARTIAL_RELATIONS_CAP, Credit, Relation

_WHOLE = Fraction(1)
_NOTHING = Fraction(0)


@dataclass(frozen=True)
class Asked:
    """An applicable requirement and the controls that are credited to it."""

    requirement: str
    credits: tuple[Credit, ...]


@dataclass(frozen=True)
class Served:
    """A requirement of the second standard and what the first one's controls do for it.

    Attributes:
        potential: 0 to 1, exact: served when all controls of the first standard are shown to work.
        shown: 0 to `potential`: served by what is shown today.
        by: those controls of the first standard that are credited to it.
        closing: the controls that cover it wholly, those of the first standard first; empty where
            the library has none.
    """

    requirement: str
    potential: Fraction
    shown: Fraction
    by: tuple[str, ...]
    closing: tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """What the work for a first standard does for a second one.

    Attributes:
        controls: the controls of the first standard.
        served: every applicable requirement of the second, in the order given.
        shown: mean over `served` of what is shown today, 0 to 1; None where no requirement applies.
    """

    controls: tuple[str, ...]
    served: tuple[Served, ...]
    shown: Fraction | None

    @property
    def remaining(self) -> tuple[Served, ...]:
        """The requirements that are not fully shown today.

        What lies furthest beyond the first standard comes first, among equals what is least shown;
        else they stand in the order given.
        """
        left = (entry for entry in self.served if entry.shown < 1)
        return tuple(sorted(left, key=lambda entry: (entry.potential, entry.shown)))


@dataclass(frozen=True)
class Wording:
    """A pair that ends in `requirement`, read as "its counterpart RELATION requirement"."""

    requirement: str
    relation: Relation
    strength: int


@dataclass(frozen=True)
class Worded:
    """How much of a standard another one's wording asks already.

    Attributes:
        shares: by requirement: 1 asked wholly, 0 not at all, else the share of its strongest pair.
    """

    shares: Mapping[str, Fraction]

    @property
    def wholly(self) -> int:
        """How many requirements are asked wholly."""
        return sum(share == 1 for share in self.shares.values())

    @property
    def not_at_all(self) -> int:
        """How many requirements nothing of is asked."""
        return sum(not share for share in self.shares.values())

    @property
    def partly(self) -> int:
        """How many requirements are asked in part."""
        return len(self.shares) - self.wholly - self.not_at_all

    @property
    def least(self) -> Fraction | None:
        """The share of requirements that are asked wholly, 0 to 1; None without any requirement."""
        return Fraction(self.wholly, len(self.shares)) if self.shares else None

    @property
    def most(self) -> Fraction | None:
        """The mean of all shares, `least` to 1; None without any requirement."""
        return _mean(list(self.shares.values()))


def overlap(
    first: Iterable[Asked], second: Iterable[Asked], shown: Mapping[str, Fraction]
) -> Overlap:
    """Return what the controls of a first standard do for a second one.

    Args:
        first: the applicable requirements of the first standard; or a part of them, such as one.
        second: the applicable requirements of the second.
        shown: 0 to 1 by control, what readiness credits it with; a control that is left out is
            not run.
    """
    controls = tuple(
        dict.fromkeys(
            credit.control
            for asked in first
            for credit in asked.credits
            if credit.relation.covers_wholly
        )
    )
    return served_by(controls, second, shown)


def served_by(
    controls: Sequence[str], second: Iterable[Asked], shown: Mapping[str, Fraction]
) -> Overlap:
    """Return what given controls do for a standard; the arguments are those of `overlap`."""
    known = frozenset(controls)
    served = tuple(_served(asked, known, shown) for asked in second)
    return Overlap(
        controls=tuple(controls),
        served=served,
        shown=_mean([entry.shown for entry in served]),
    )


def worded(second: Iterable[str], pairs: Iterable[Wording]) -> Worded:
    """Return how much of a standard another one's wording asks already.

    A requirement counts with its strongest pair alone: pairs are not added up, because what two of
    them share is not known.

    Args:
        second: the applicable requirements.
        pairs: those that end in them; others are ignored.
    """
    best = dict.fromkeys(second, _NOTHING)
    for pair in pairs:
        if pair.requirement in best:
            best[pair.requirement] = max(best[pair.requirement], _weight(pair))
    return Worded(best)


def _served(asked: Asked, controls: frozenset[str], shown: Mapping[str, Fraction]) -> Served:
    of_first = [credit for credit in asked.credits if credit.control in controls]
    whole = [credit.control for credit in asked.credits if credit.relation.covers_wholly]
    return Served(
        requirement=asked.requirement,
        potential=_share(of_first, dict.fromkeys(controls, _WHOLE)),
        shown=_share(of_first, shown),
        by=tuple(credit.control for credit in of_first),
        closing=tuple(sorted(whole, key=lambda control: control not in controls)),
    )


def _share(credits_given: Sequence[Credit], worth: Mapping[str, Fraction]) -> Fraction:
    whole, parts = [_NOTHING], _NOTHING
    for credit in credits_given:
        value = worth.get(credit.control, _NOTHING)
        if credit.relation.covers_wholly:
            whole.append(value)
        else:
            parts += value * credit.strength / 10
    return max(*whole, min(parts, PARTIAL_RELATIONS_CAP))


def _weight(pair: Wording) -> Fraction:
    if pair.relation.covers_wholly:
        return _WHOLE
    return min(Fraction(pair.strength, 10), PARTIAL_RELATIONS_CAP)


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, _NOTHING) / len(values) if values else None
