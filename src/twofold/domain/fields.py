"""The schema of decision events: which fields they carry, of which type, and in which role.

The lowest part of a profile: the columns are read by it, and the measures ask which role a field
plays.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ProfileError(ValueError):
    """A schema, a column or a stored profile is not what it must be; nothing was computed."""

    code = "profile"


class FieldType(StrEnum):
    """How the values of a field are counted."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"


class Role(StrEnum):
    """What a field is to the AI system that sends it."""

    FEATURE = "feature"
    PREDICTION = "prediction"
    SCORE = "score"
    LABEL = "label"
    PROTECTED = "protected"
    SEGMENT = "segment"


GROUPING_ROLES = frozenset({Role.PROTECTED, Role.SEGMENT})
_SINGLE_ROLES = (Role.PREDICTION, Role.SCORE, Role.LABEL)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the events of an AI system."""

    name: str
    type: FieldType
    role: Role


def require_sound(fields: Sequence[Field]) -> None:
    """Do nothing when the fields make a schema.

    Raises:
        ProfileError: a name twice; two predictions, scores or labels; a score that is no number; a
            number that is to form groups.
    """
    for name, times in Counter(field.name for field in fields).items():
        if times > 1:
            raise ProfileError(f"The field `{name}` is declared {times} times.")
    for role in _SINGLE_ROLES:
        if sum(field.role is role for field in fields) > 1:
            raise ProfileError(f"Only one field can be the {role}.")
    for field in fields:
        _require_fitting(field)


def field_in_role(fields: Sequence[Field], role: Role, of_type: FieldType) -> Field | None:
    """Return the field of this role and type, or None."""
    return next((f for f in fields if f.role is role and f.type is of_type), None)


def _require_fitting(field: Field) -> None:
    is_number = field.type is FieldType.NUMBER
    if field.role is Role.SCORE and not is_number:
        raise ProfileError(f"The score `{field.name}` must be a number.")
    if field.role in GROUPING_ROLES and is_number:
        raise ProfileError(
            f"`{field.name}` forms groups: send a category, such as an age band, not a number."
        )
