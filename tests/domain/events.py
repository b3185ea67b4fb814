"""Cases that the tests of the domain share: a schema, and events as hypothesis draws them."""

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from twofold.domain.profile import Field, FieldType, Profile, Role, profile_of

AMOUNT = Field("amount", FieldType.NUMBER, Role.FEATURE)
CHANNEL = Field("channel", FieldType.CATEGORY, Role.SEGMENT)
GENDER = Field("gender", FieldType.CATEGORY, Role.PROTECTED)
DISABLED = Field("disabled", FieldType.BOOLEAN, Role.PROTECTED)
GRANTED = Field("granted", FieldType.BOOLEAN, Role.PREDICTION)
SCORE = Field("score", FieldType.NUMBER, Role.SCORE)
REPAID = Field("repaid", FieldType.BOOLEAN, Role.LABEL)
SCHEMA = (AMOUNT, CHANNEL, GENDER, DISABLED, GRANTED, SCORE, REPAID)

# Reproducible, and quick enough for two cores.
PROPERTY = settings(deadline=None, max_examples=60, derandomize=True, database=None)

Event = tuple[Any, ...]


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


events = st.lists(
    st.tuples(
        _maybe(st.floats()),
        _maybe(st.text(max_size=3)),
        _maybe(st.sampled_from(["f", "m", "x"])),
        _maybe(st.booleans()),
        _maybe(st.booleans()),
        _maybe(st.floats(-0.1, 1.1)),
        _maybe(st.booleans()),
    ),
    max_size=25,
)
numbers = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=40)
words = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40)


def profiled(rows: Sequence[Event]) -> Profile:
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    return profile_of(
        {field.name: list(column) for field, column in zip(SCHEMA, columns, strict=True)}, SCHEMA
    )


def of_column(values: Sequence[Any], field: Field) -> Profile:
    return profile_of({field.name: values}, [field])


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
