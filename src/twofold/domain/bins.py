"""Signed logarithmic bins: the fixed scale on which numbers are counted.

Every finite number has one integer key, and keys rise with the numbers. The scale is that of
DDSketch (Masson, Rim and Lee 2019) with plain counts: a bin's upper edge is 1.02 times its lower
one. The edges are made by repeated multiplication and division alone, which IEEE 754 rounds the
same everywhere, and a number is placed by comparing it with them: no logarithm of a machine's own
library decides a key.
"""

import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

GAMMA: Final = 1.02
ZERO_KEY: Final = 0

_STEPS_BELOW_ONE: Final = 35_772
_STEPS_ABOVE_ONE: Final = 35_843


def _make_edges() -> NDArray[np.float64]:
    steps_down = np.full(_STEPS_BELOW_ONE + 1, GAMMA)
    steps_down[0] = 1.0
    with np.errstate(over="ignore"):
        up = np.multiply.accumulate(np.full(_STEPS_ABOVE_ONE, GAMMA))
    edges: NDArray[np.float64] = np.concatenate([np.divide.accumulate(steps_down)[::-1], up])
    # The topmost edge lies above the largest float; capped, the last bin ends where the floats do.
    edges[-1] = sys.float_info.max
    return edges


_EDGES: Final = _make_edges()
LARGEST_KEY: Final = len(_EDGES) - 1


def keys_of(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bin key of each finite number: 0 for zero, negative for a number below it.

    A magnitude too small to have a bin (denormal floats, up to about 2.3e-308) counts as zero.
    """
    keys = np.searchsorted(_EDGES, np.abs(values)).astype(np.int64)
    return np.where(values < 0, -keys, keys)


def bounds(key: int) -> tuple[float, float]:
    """Return the lower and the upper edge of a bin, lower first.

    A bin of positive numbers includes its upper edge and excludes its lower one; a bin of negative
    numbers is its mirror image.

    Raises:
        IndexError: no number has this key.
    """
    if key == ZERO_KEY:
        return -float(_EDGES[0]), float(_EDGES[0])
    near, far = float(_EDGES[abs(key) - 1]), float(_EDGES[abs(key)])
    return (near, far) if key > 0 else (-far, -near)
