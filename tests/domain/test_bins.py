import math
import sys

import numpy as np
import pytest
from domain.events import PROPERTY
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.bins import GAMMA, LARGEST_KEY, ZERO_KEY, bounds, keys_of

finite = st.floats(allow_nan=False, allow_infinity=False)
normal = st.floats(min_value=2.3e-308, allow_infinity=False)


def key_of(value):
    return int(keys_of(np.array([value]))[0])


@PROPERTY
@given(normal)
def test_a_positive_number_lies_in_its_bin(value):
    low, high = bounds(key_of(value))

    assert low < value <= high


@PROPERTY
@given(finite)
def test_the_key_of_the_opposite_is_the_opposite_key(value):
    assert key_of(-value) == -key_of(value)


@PROPERTY
@given(finite, finite)
def test_keys_rise_with_the_numbers(one, other):
    assert (key_of(one) <= key_of(other)) or one > other


@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, -5e-324, 2.2e-308])
def test_zero_and_denormals_have_the_key_of_zero(value):
    assert key_of(value) == ZERO_KEY


def test_the_largest_float_has_the_largest_key():
    assert key_of(sys.float_info.max) == LARGEST_KEY
    assert key_of(-sys.float_info.max) == -LARGEST_KEY
    assert bounds(LARGEST_KEY)[1] == sys.float_info.max


def test_one_is_the_upper_edge_of_its_bin():
    assert bounds(key_of(1.0)) == (1 / GAMMA, 1.0)
    assert bounds(key_of(-1.0)) == (-1.0, -1 / GAMMA)


def test_the_bin_of_zero_is_narrower_than_any_use_of_it():
    low, high = bounds(ZERO_KEY)

    assert low == -high
    assert high < 2.3e-308


@pytest.mark.parametrize("value", [1e-300, 1e-9, 0.3, 7.0, 1e9, 1e300])
def test_edges_agree_with_powers_of_gamma(value):
    low, high = bounds(key_of(value))

    assert high / low == pytest.approx(GAMMA, rel=1e-12)
    exponent = math.log(high) / math.log(GAMMA)
    assert exponent == pytest.approx(round(exponent), abs=1e-6)


def test_a_key_beyond_the_scale_has_no_bounds():
    with pytest.raises(IndexError):
        bounds(LARGEST_KEY + 1)
