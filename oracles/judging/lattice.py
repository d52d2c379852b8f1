"""Arrays on a dyadic grid: integers times a power of two, for which sums are exact."""

from __future__ import annotations

import math

import numpy as np

from oracles.contract.case import Array

_NO_BITS = 2000
"""Grid of an array of zeros: coarser than that of any float64."""


def grid(array: Array) -> int | None:
    """The largest g for which every element is a multiple of 2**g; None if one is not finite."""
    values = np.asarray(array, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        return None
    mantissas, exponents = np.frexp(values)
    integers = np.abs(np.ldexp(mantissas, 53)).astype(np.int64)
    held = integers != 0
    if not np.any(held):
        return _NO_BITS
    lowest = integers[held] & -integers[held]
    trailing = np.frexp(lowest.astype(np.float64))[1] - 1
    return int(np.min(exponents[held] - 53 + trailing))


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
