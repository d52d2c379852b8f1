"""A value of an oracle together with what its bound is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array


@dataclass(frozen=True)
class Size:
    """What rounding can do to an array, before the dtype is known (docs/numerics.md).

    magnitude   M: the sum of the absolute values of the terms, for each element
    terms       n: how many terms are summed into each element
    grid        exponent g where every term and every partial sum is a multiple of 2**g, so that
                all orders of summation are exact as long as M < 2**(g + 24), or 53; None where this
                is not known
    repeated    share of the terms that repeat others, see `repetition.py`
    """

    magnitude: Array
    terms: Array | float
    grid: int | None = None
    repeated: float = 0.0


class Measured:
    """An array as the oracle has it, and its size.

    size     M and n take longer than the value: given as a function, they are computed when they
             are first asked for, which for many entries of a noisy run is never
    branch   the choices made on the way (signs of a ReLU, positions of maxima), as an array that
             differs where another choice was made; None where there are none
    """

    def __init__(
        self,
        value: Array,
        size: Size | Callable[[], Size],
        branch: Callable[[], Array | None] | None = None,
    ) -> None:
        self.value, self.branch = value, branch
        self._size = size

    @property
    def size(self) -> Size:
        """What rounding can do to it."""
        if not isinstance(self._size, Size):
            self._size = self._size()
        return self._size


def given(value: Array) -> Measured:
    """A number that is handed over: no rounding is possible."""
    array = np.asarray(value, dtype=np.float64)
    return Measured(array, Size(np.zeros_like(array), 0.0))
