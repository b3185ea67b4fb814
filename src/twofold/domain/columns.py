"""Reading the columns of a batch of events into arrays: the step between raw values and tallies.

Every reader refuses a value of the wrong type instead of guessing what it meant. None, and NaN
among numbers or categories, is a missing value.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twofold.domain.fields import ProfileError

Column: TypeAlias = Sequence[Any] | NDArray[Any]
Numbers: TypeAlias = NDArray[np.float64]

BOOLEAN_TEXTS = ("false", "true")


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of categories: its distinct texts in order, and per event a position or -1.

    The code -1 is a missing value. A boolean has the texts "false" and "true", hence the codes 0
    and 1.
    """

    texts: tuple[str, ...]
    codes: NDArray[np.int64]


def length_of(columns: Mapping[str, Column]) -> int:
    """Return the number of events, 0 without columns.

    Raises:
        ProfileError: the columns differ in length.
    """
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ProfileError(f"The columns have different lengths: {sorted(lengths)}.")
    return lengths.pop() if lengths else 0


def read_numbers(name: str, column: Column) -> Numbers:
    """Return the column as floats, NaN where a value is missing.

    Raises:
        ProfileError: something in the column is no number (text is not converted).
    """
    try:
        array = np.asarray(column)
        if array.dtype.kind == "O":
            array = _from_objects(array)
    except (TypeError, ValueError, OverflowError):
        raise ProfileError(f"`{name}` holds a value that is no number.") from None
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise ProfileError(f"`{name}` holds a value that is no number.")
    # Adding zero turns -0.0 into 0.0, so that the smallest value does not depend on the order.
    return array.astype(np.float64) + 0.0


def read_booleans(name: str, column: Column) -> Coded:
    """Return the column as codes 0 and 1; the numbers 0 and 1 stand for false and true.

    Raises:
        ProfileError: a value is neither true nor false nor missing.
    """
    numbers = read_numbers(name, column)
    missing = np.isnan(numbers)
    if not ((numbers == 0.0) | (numbers == 1.0) | missing).all():
        raise ProfileError(f"`{name}` holds a value that is neither true nor false.")
    return Coded(BOOLEAN_TEXTS, np.where(missing, -1.0, numbers).astype(np.int64))


def read_categories(name: str, column: Column) -> Coded:
    """Return the column as codes of its texts in order; an integer counts as its digits.

    Raises:
        ProfileError: a value is neither text nor an integer nor missing.
    """
    values = column.tolist() if isinstance(column, np.ndarray) else column
    try:
        text_of = {value: _text(value) for value in dict.fromkeys(values)}
    except TypeError:
        raise ProfileError(f"`{name}` holds a value that is neither text nor an integer.") from None
    texts = tuple(sorted({text for text in text_of.values() if text is not None}))
    position: dict[str | None, int] = {text: code for code, text in enumerate(texts)}
    position[None] = -1
    code_of = {value: position[text] for value, text in text_of.items()}
    codes = np.fromiter(map(code_of.__getitem__, values), np.int64, count=len(values))
    return Coded(texts, codes)


def _from_objects(array: NDArray[Any]) -> NDArray[Any]:
    # NumPy would read the text "1.5" as a number, though only in a column that also holds None.
    if any(issubclass(kind, str | bytes) for kind in set(map(type, array))):
        raise TypeError
    return array.astype(np.float64)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return str(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError
    return str(int(value))
