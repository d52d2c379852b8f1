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
    """The share of products that repeat others: 0 where all differ, near 1 where all are equal.

    A product repeats another where all its factors do. Zeros do not count: they are not rounded.
    """
    if float(np.max(terms, initial=0.0)) <= FEW:
        return 0.0
    least = 1.0
    for factor in sorted(factors, key=np.size):  # often the smallest decides: 0
        least = min(least, _repeated(factor))
        if not least:
            break
    return least


def _repeated(array: Array) -> float:
    held = array[array != 0]
    return 1.0 - np.unique(held).size / held.size if held.size else 0.0
