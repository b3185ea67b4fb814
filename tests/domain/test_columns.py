import math
from decimal import Decimal

import numpy as np
import pytest

from twofold.domain.columns import length_of, read_booleans, read_categories, read_numbers
from twofold.domain.fields import ProfileError


def test_length_is_that_of_every_column():
    assert length_of({"a": [1, 2], "b": np.array([3, 4])}) == 2
    assert length_of({}) == 0


def test_columns_of_different_length_are_refused():
    with pytest.raises(ProfileError, match=r"different lengths: \[1, 2\]"):
        length_of({"a": [1], "b": [1, 2]})


def test_numbers_of_every_kind_become_floats():
    read = read_numbers("n", [1, 2.5, None, Decimal("0.5"), True, 2**70])

    assert read[[0, 1, 3, 4, 5]].tolist() == [1.0, 2.5, 0.5, 1.0, 2.0**70]
    assert math.isnan(read[2])
    assert read_numbers("n", np.array([1, 2], dtype=np.int8)).dtype == np.float64


def test_negative_zero_is_zero():
    assert math.copysign(1.0, read_numbers("n", [-0.0])[0]) == 1.0


@pytest.mark.parametrize(
    "column",
    [["1.5"], [None, "1.5"], [None, b"1"], [1, [2]], [[1, 2], [3, 4]], [{}], [1j], [10**400]],
)
def test_what_is_no_number_is_refused(column):
    with pytest.raises(ProfileError, match="`n` holds a value that is no number"):
        read_numbers("n", column)


def test_booleans_are_coded_with_missing_as_minus_one():
    read = read_booleans("b", [True, False, None, 1, 0])

    assert read.texts == ("false", "true")
    assert read.codes.tolist() == [1, 0, -1, 1, 0]


@pytest.mark.parametrize("value", [2, 0.5, -1, math.inf])
def test_what_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(ProfileError, match="neither true nor false"):
        read_booleans("b", [True, value])


def test_categories_are_coded_in_order_of_their_text():
    read = read_categories("c", ["b", None, "a", "b", math.nan])

    assert read.texts == ("a", "b")
    assert read.codes.tolist() == [1, -1, 0, 1, -1]


def test_an_integer_counts_as_its_digits():
    assert read_categories("c", np.array([10, 9])).texts == ("10", "9")
    assert read_categories("c", [7, "7"]).codes.tolist() == [0, 0]
    assert read_categories("c", [np.int64(3)]).texts == ("3",)


@pytest.mark.parametrize("value", [1.5, True, b"a", ["a"], {}])
def test_what_is_no_category_is_refused(value):
    with pytest.raises(ProfileError, match="neither text nor an integer"):
        read_categories("c", ["a", value])
