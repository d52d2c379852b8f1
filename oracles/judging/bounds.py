"""How far apart rounding can put two right answers (the constants stand in `constants.py`).

With y the oracle's value, M the sum of the absolute values of its terms, n their number and u the
unit roundoff of the dtype the implementation was asked for:

    guaranteed   |actual - y| <= gamma(n + 2) * M,  gamma(k) = k * u / (1 - k * u)
                 holds for every order of summation and all data (Higham, Accuracy and Stability of
                 Numerical Algorithms, chapter 3; the 2 leaves room for the products and one more
                 rounding)
    expected     |actual - y| <= u * min(n + 2, 4 + 4 * sqrt(n + r * n**2)) * M
                 for drawn data, where roundings go both ways and mostly cancel: twice what correct
                 implementations were seen to reach, and a constant for short sums. r is how likely
                 two terms are equal (`repetition.py`), since equal terms round the same way
    rms          root mean square of |actual - y| / (u * sqrt(n) * M) over the array <= 1, for drawn
                 data without repetition and at least 16 elements: finds errors that are small and
                 everywhere
    lattice      equality, where every partial sum is exact in the dtype
    normwise     |actual - y| <= 64 * u * (|x| * |w| + |b|) with Euclidean norms, or what expected
                 or guaranteed allow if that is more: for sums of products by an algorithm that
                 was declared to be a fast one (`magnitudes/normwise.py`)

Where the terms are rounded before they are summed, u * inner is added to guaranteed and expected
(half of it to the scale of rms): what each term may lose by itself does not grow with n.

In float64 the oracle rounds as well, so the right-hand sides are doubled. What is lost to underflow
is at most half a smallest normal number per term.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.judging.constants import (
    FLAT,
    INNER_RMS,
    MORE_TERMS,
    NORMWISE,
    RMS_ELEMENTS,
    RMS_REPETITION,
    ROOT,
)
from oracles.judging.measured import Size


@dataclass(frozen=True)
class Arithmetic:
    """A dtype as the bounds see it.

    unit       u: half the distance of 1 to the next number
    digits     bits of a significand
    finest     exponent of the smallest normal number
    smallest   normal number
    largest    finite number
    sides      how many of the two that are compared round in this dtype
    """

    name: str
    unit: float
    digits: int
    finest: int
    smallest: float
    largest: float
    sides: float


FLOAT32 = Arithmetic("float32", 2.0**-24, 24, -126, 2.0**-126, float(np.finfo(np.float32).max), 1.0)
FLOAT64 = Arithmetic(
    "float64", 2.0**-53, 53, -1022, 2.0**-1022, float(np.finfo(np.float64).max), 2.0
)


def arithmetic(dtype: np.dtype[np.generic]) -> Arithmetic:
    """The arithmetic of an asked dtype."""
    return FLOAT64 if dtype == np.float64 else FLOAT32


def guaranteed(size: Size, a: Arithmetic) -> Array:
    """Bound for any data and any order of summation."""
    k = np.asarray(size.terms) + MORE_TERMS
    factor = k * a.unit / (1.0 - np.minimum(k * a.unit, 0.5))
    bound: Array = a.sides * (factor * size.magnitude + _once(size, a))
    return bound


def expected(size: Size, a: Arithmetic) -> Array:
    """Bound for drawn data."""
    n = np.asarray(size.terms)
    mostly = FLAT + ROOT * np.sqrt(n + size.repeated * n * n)
    factor = a.unit * np.minimum(n + MORE_TERMS, mostly)
    bound: Array = a.sides * (factor * size.magnitude + _once(size, a))
    return bound


def normwise(size: Size, a: Arithmetic, *, drawn: bool) -> Array:
    """Bound for sums of products by a declared fast algorithm."""
    assert size.norms is not None
    elementwise = (expected if drawn else guaranteed)(size, a)
    bound: Array = np.maximum(elementwise, a.sides * NORMWISE * a.unit * size.norms)
    return bound


def widest(size: Size, a: Arithmetic) -> Array:
    """What rounding can do at most, whatever the data."""
    largest = size if size.lenient is None else size.lenient.size()
    return guaranteed(largest, a) if size.norms is None else normwise(size, a, drawn=False)


def allowance(size: Size, a: Arithmetic, *, drawn: bool) -> Array:
    """What rounding can do by any formula that is right: the bound of drawn data where that is
    enough to know, the widest where a formula or an algorithm asks for more."""
    plain = size.norms is None and size.lenient is None
    return expected(size, a) if drawn and plain else widest(size, a)


def drifting(size: Size, a: Arithmetic, *, drawn: bool) -> Array:
    """The part of a bound that is there because roundings may all point the same way."""
    n = np.asarray(size.terms)
    drift: Array = a.unit * n * (np.sqrt(size.repeated) if drawn else 1.0) * size.magnitude
    return drift


def rounded(x: Array, a: Arithmetic) -> Array:
    """As this arithmetic stores it; what is too large overflows."""
    return x if a is FLOAT64 else x.astype(np.float32).astype(np.float64)


def root_mean_square(difference: Array, size: Size, a: Arithmetic) -> float | None:
    """The root mean square of the difference in units of sqrt(n) * u * M, as a share of its limit;
    None where there is too little to take it of."""
    n, magnitude = np.broadcast_arrays(
        np.asarray(size.terms, dtype=np.float64), np.asarray(size.magnitude)
    )
    if size.repeated * float(np.max(n, initial=0.0)) > RMS_REPETITION:
        return None
    held = (a.unit * magnitude > a.smallest) & np.isfinite(magnitude) & np.isfinite(difference)
    if np.count_nonzero(held) < RMS_ELEMENTS:
        return None
    rest = np.maximum(difference - a.sides * _underflow(size, a), 0.0)
    inner = np.broadcast_to(np.asarray(size.inner), magnitude.shape)[held] * INNER_RMS
    scale = np.sqrt(np.maximum(n[held], 1.0)) * magnitude[held] + inner
    scaled = rest[held] / (a.unit * scale)
    return float(np.sqrt(np.mean(np.square(scaled)))) / a.sides


def is_exact(size: Size, a: Arithmetic) -> bool:
    """Whether every partial sum is exact in this arithmetic."""
    if size.grid is None or size.grid < a.finest:  # what underflows may become zero
        return False
    largest = float(np.max(size.magnitude, initial=0.0))
    return largest < 2.0 ** min(size.grid + a.digits, 1023)


def _once(size: Size, a: Arithmetic) -> Array:
    """What does not grow with the number of terms."""
    once: Array = a.unit * np.asarray(size.inner) + _underflow(size, a)
    return once


def _underflow(size: Size, a: Arithmetic) -> Array:
    """What underflow can take from n terms; nothing where there are no terms at all."""
    lost: Array = (
        (np.asarray(size.terms) + MORE_TERMS) * a.smallest * (np.asarray(size.magnitude) > 0)
    )
    return lost
