"""How much of one standard the work for another one already serves.

Work is a control: it is run once and credited to every requirement that it is mapped to. A control
is work for the first standard where it covers one of that standard's applicable requirements wholly
(`equal` or `superset`). One that only touches the first standard would not be run for its sake, and
counting it would make nearly everything look paid for.

For a requirement of the second standard, with the controls of the first that are credited to it,

    served = max(largest w(c) of those that cover it wholly,
                 min(9/10, sum of w(c) * strength(c) / 10 of the others))

which is the rule by which readiness scores. With w = 1 this is the *potential*: every control of
the first standard is run and shown to work. With w(c) = what readiness credits control c with today
it is what is *shown*. Partial credit never becomes full, because what the parts share is not known.
The figure of a standard is the mean over its applicable requirements, each counting once; without
any there is no figure.

The potential says what the library's controls bring, which are written for both standards at once.
`worded` looks at the wording of the standards alone, whoever runs which control, and is the more
careful figure. The module belongs to the pure domain: reporting says what applies and what is run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from twofold.domain.readiness import Credit, Relation

#: What partial credits come to at the most, however many there are.
PARTIAL_CAP = Fraction(9, 10)
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
        potential: mean over `served`, 0 to 1; None where no requirement applies.
        shown: the same of what is shown today.
    """

    controls: tuple[str, ...]
    served: tuple[Served, ...]
    potential: Fraction | None
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
        potential=_mean([entry.potential for entry in served]),
        shown=_mean([entry.shown for entry in served]),
    )


def worded(second: Iterable[str], pairs: Iterable[Wording]) -> Fraction | None:
    """Return how much of a standard another one's wording asks already: at least so much.

    A requirement counts with its strongest pair alone, wholly or by strength in tenths up to 0.9;
    the pairs are not added up, so that what two of them share is not counted twice.

    Args:
        second: the applicable requirements.
        pairs: those that end in them; others are ignored.

    Returns:
        The mean over the requirements, 0 to 1; None where there is none.
    """
    best = dict.fromkeys(second, _NOTHING)
    for pair in pairs:
        if pair.requirement in best:
            best[pair.requirement] = max(best[pair.requirement], _weight(pair))
    return _mean(list(best.values()))


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
    return max(*whole, min(parts, PARTIAL_CAP))


def _weight(pair: Wording) -> Fraction:
    if pair.relation.covers_wholly:
        return _WHOLE
    return min(Fraction(pair.strength, 10), PARTIAL_CAP)


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, _NOTHING) / len(values) if values else None
