"""Additive profile of a window of decision events: all that the measures of AI behaviour need.

A profile is small, does not grow with the number of events, and adds: `merge` of the profiles of
two batches has exactly the counts of the profile of the joined batch, so a window of any length is
a sum and its raw events need not be read again. Sums of floats, as opposed to counts, agree up to
rounding. Drift, performance and fairness are computed from profiles alone; telemetry makes and
stores them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from twofold.domain.columns import (
    Coded,
    Column,
    Numbers,
    length_of,
    read_booleans,
    read_categories,
    read_numbers,
)
from twofold.domain.fields import (
    GROUPING_ROLES,
    Field,
    FieldType,
    ProfileError,
    Role,
    field_in_role,
    require_sound,
)
from twofold.domain.outcomes import Confusion, Outcomes, ScoreTally
from twofold.domain.tally import CategoryTally, Count, NumberTally

__all__ = [
    "CategoryTally",
    "Column",
    "Confusion",
    "Field",
    "FieldType",
    "NumberTally",
    "Outcomes",
    "Profile",
    "ProfileError",
    "Role",
    "ScoreTally",
    "from_json",
    "merge",
    "profile_of",
    "to_json",
]

Present = TypeVar("Present")


@dataclass(frozen=True, slots=True)
class Profile:
    """The tallies of a window.

    `numbers` and `categories` (booleans among them) hold every field of the schema by name.
    `outcomes` is None without a boolean prediction in the schema, `scores` without a score and a
    boolean label.
    """

    events: Count
    numbers: Mapping[str, NumberTally]
    categories: Mapping[str, CategoryTally]
    outcomes: Outcomes | None
    scores: ScoreTally | None


@dataclass(frozen=True, slots=True)
class _Document:
    """The stored form; another scale of bins would be another version."""

    version: Literal[1]
    profile: Profile


def profile_of(columns: Mapping[str, Column], fields: Sequence[Field]) -> Profile:
    """Return the profile of the events that the columns hold.

    Args:
        columns: equally long; None is a missing value. A field without a column is missing in every
            event, a column without a field is ignored.
        fields: the schema. `profile_of({}, fields)` is the profile of a silent window.

    Raises:
        ProfileError: the schema contradicts itself, columns differ in length, or a value is not of
            its field's type.
    """
    require_sound(fields)
    events = length_of(columns)
    absent = [None] * events
    of_type = {kind: [f.name for f in fields if f.type is kind] for kind in FieldType}
    numbers = {
        name: read_numbers(name, columns.get(name, absent)) for name in of_type[FieldType.NUMBER]
    }
    coded = {
        name: read_booleans(name, columns.get(name, absent)) for name in of_type[FieldType.BOOLEAN]
    }
    coded |= {
        name: read_categories(name, columns.get(name, absent))
        for name in of_type[FieldType.CATEGORY]
    }
    return Profile(
        events=events,
        numbers={name: NumberTally.of(column) for name, column in numbers.items()},
        categories={name: CategoryTally.of(column) for name, column in coded.items()},
        outcomes=_outcomes(fields, coded),
        scores=_scores(fields, numbers, coded),
    )


def merge(profiles: Sequence[Profile]) -> Profile:
    """Return the sum of the profiles; without any, a profile of no events and no fields.

    A field that one of the profiles does not have counts as missing in its events.

    Raises:
        ProfileError: a name stands for a number in one profile and for a category in another.
    """
    numbers = {name for profile in profiles for name in profile.numbers}
    categories = {name for profile in profiles for name in profile.categories}
    for name in sorted(numbers & categories):
        raise ProfileError(f"`{name}` is a number in one profile and a category in another.")
    outcomes = _present([profile.outcomes for profile in profiles])
    scores = _present([profile.scores for profile in profiles])
    return Profile(
        events=sum(profile.events for profile in profiles),
        numbers={
            name: NumberTally.merged(
                [p.numbers.get(name) or NumberTally.absent(p.events) for p in profiles]
            )
            for name in sorted(numbers)
        },
        categories={
            name: CategoryTally.merged(
                [p.categories.get(name) or CategoryTally.absent(p.events) for p in profiles]
            )
            for name in sorted(categories)
        },
        outcomes=Outcomes.merged(outcomes) if outcomes else None,
        scores=ScoreTally.merged(scores) if scores else None,
    )


def to_json(profile: Profile) -> str:
    """Return the profile as compact JSON: equal profiles give equal text."""
    document = msgspec.to_builtins(_Document(1, profile), str_keys=True)
    return msgspec.json.encode(document, order="deterministic").decode()


def from_json(text: str) -> Profile:
    """Return the profile that `to_json` wrote.

    The order of names and the blanks between them do not matter.

    Raises:
        ProfileError: the text is no such document, is of another version, or its counts contradict
            one another.
    """
    try:
        document = msgspec.json.decode(text, type=_Document)
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProfileError(f"This is not a stored profile: {error}") from error
    # The typed reading passes over names that it does not know.
    if raw != msgspec.to_builtins(document, str_keys=True):
        raise ProfileError("This is not a stored profile: it holds an unknown name.")
    if not _is_sound(document.profile):
        raise ProfileError("The counts of the stored profile contradict one another.")
    return document.profile


def _outcomes(fields: Sequence[Field], coded: Mapping[str, Coded]) -> Outcomes | None:
    prediction = field_in_role(fields, Role.PREDICTION, FieldType.BOOLEAN)
    label = field_in_role(fields, Role.LABEL, FieldType.BOOLEAN)
    if prediction is None:
        return None
    return Outcomes.of(
        coded[prediction.name],
        None if label is None else coded[label.name],
        {field.name: coded[field.name] for field in fields if field.role in GROUPING_ROLES},
    )


def _scores(
    fields: Sequence[Field], numbers: Mapping[str, Numbers], coded: Mapping[str, Coded]
) -> ScoreTally | None:
    score = field_in_role(fields, Role.SCORE, FieldType.NUMBER)
    label = field_in_role(fields, Role.LABEL, FieldType.BOOLEAN)
    if score is None or label is None:
        return None
    return ScoreTally.of(numbers[score.name], coded[label.name])


def _present(parts: Sequence[Present | None]) -> list[Present]:
    return [part for part in parts if part is not None]


def _is_sound(profile: Profile) -> bool:
    tallies: list[NumberTally | CategoryTally] = []
    tallies += profile.numbers.values()
    tallies += profile.categories.values()
    return (
        all(tally.is_sound() for tally in tallies)
        and all(tally.count + tally.missing == profile.events for tally in tallies)
        and (profile.outcomes is None or profile.outcomes.is_sound())
        and (profile.scores is None or profile.scores.is_sound())
    )
