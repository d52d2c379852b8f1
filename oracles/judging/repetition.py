"""Numbers that occur again and again: their roundings all point the same way.

Behind a global average pool every pixel has the same gradient; a ReLU with nothing to pass gives
the same loss for thousands of outputs. A sum of equal numbers drifts with n, not with the root of
n, however random the case was drawn.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.judging.constants import FEW


def repetition(*factors: Array, terms: Array | float) -> float:
    """How likely two products are equal: 0 where all differ, 1 where all are equal.

    They are where all their factors are. Zeros do not count: they are not rounded. Equal terms are
    rounded alike, different ones are not: with m terms of each kind, a sum is off by the root of
    the sum of all m**2, which is n + r * n * (n - 1).
    """
    if float(np.max(terms, initial=0.0)) <= FEW:
        return 0.0
    least = 1.0
    for factor in sorted(factors, key=np.size):  # often the smallest decides: 0
        least = min(least, _repeated(factor))
        if not least:
            break
    return least


def repetition_of_channels(array: Array, *, terms: Array | float) -> float:
    """The same where each channel (axis 1) is summed by itself: that of the worst of them."""
    if float(np.max(terms, initial=0.0)) <= FEW:
        return 0.0
    return max((_repeated(channel) for channel in np.moveaxis(array, 1, 0)), default=0.0)


def _repeated(array: Array) -> float:
    held = array[array != 0]
    if held.size < 2:
        return 0.0
    counts = np.unique(held, return_counts=True)[1].astype(np.float64)
    equal = float(np.sum(counts * (counts - 1.0)))
    return equal / float(held.size * (held.size - 1))
