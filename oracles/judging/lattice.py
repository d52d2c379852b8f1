"""Arrays on a dyadic grid: integers times a power of two, for which sums are exact."""

from __future__ import annotations

import math

import numpy as np

from oracles.contract.case import Array

_NO_BITS = 2000
"""Grid of an array of zeros: coarser than that of any float64."""

_FRACTION = 2**52 - 1
"""The bits of a float64 behind the leading one."""


def grid(array: Array) -> int | None:
    """The largest g for which every element is a multiple of 2**g; None if one is not finite."""
    sizes = np.abs(np.asarray(array, dtype=np.float64))
    if not sizes.max(initial=0.0) < math.inf:  # NaN is no number below infinity either
        return None
    held = sizes[sizes > 0]
    if not held.size:
        return _NO_BITS
    bits = held.view(np.int64)
    without_lowest = (bits & (bits - 1)).view(np.float64)
    lowest = np.where(bits & _FRACTION, held - without_lowest, held)  # a power of two has one bit
    return math.frexp(lowest.min())[1] - 1


def product(*grids: int | None) -> int | None:
    """The grid of products of numbers on these grids."""
    known = [g for g in grids if g is not None]
    return sum(min(g, _NO_BITS) for g in known) if len(known) == len(grids) else None


def common(*grids: int | None) -> int | None:
    """The grid that holds numbers on any of these grids."""
    known = [g for g in grids if g is not None]
    return min(known) if len(known) == len(grids) else None


def scale(factor: float) -> int | None:
    """The grid of a constant factor if it is a power of two, which costs no rounding."""
    mantissa, exponent = math.frexp(factor)
    return exponent - 1 if abs(mantissa) == 0.5 else None
