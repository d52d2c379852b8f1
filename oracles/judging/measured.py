"""A value of an oracle together with what its bound is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
    repeated    how likely two terms are equal, see `repetition.py`
    norms       of a sum of products by a declared fast algorithm: the product of the Euclidean
                norms of the operands that are combined in it, with the bias; else None
    alike       elements with equal numbers here are computed alike, and rounded alike; None where
                that can be told from the values themselves
    peak        largest number that has to be computed on the way and is not a term of the sum:
                where the dtype cannot hold it, the result is an accident
    inner       what roundings inside of the terms can do, in units of u: it is added to what the
                sum of n terms can lose, and does not grow with n
    lenient     a larger size, for a formula that is right but loses digits
    """

    magnitude: Array
    terms: Array | float
    grid: int | None = None
    repeated: float = 0.0
    norms: Array | None = None
    alike: Array | None = None
    peak: float = 0.0
    inner: Array | float = 0.0
    lenient: Lenient | None = None


@dataclass(frozen=True)
class Lenient:
    """The size for a formula that is in use and right, but loses digits that another one keeps.

    remark   name of the finding for a result that only this formula explains
    """

    size: Callable[[], Size]
    remark: str


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


def widened(size: Size, others: Sequence[Size]) -> Size:
    """The size of an entry whose operands are not known exactly: the largest of several, for those
    numbers that are finite."""
    if not others:
        return size
    lenient = None
    if size.lenient is not None:
        allowed = [one.lenient.size for one in (size, *others) if one.lenient is not None]
        lenient = Lenient(
            lambda: widened(allowed[0](), [one() for one in allowed[1:]]), size.lenient.remark
        )
    return replace(
        size,
        magnitude=_largest([size.magnitude, *(other.magnitude for other in others)]),
        inner=_largest([size.inner, *(other.inner for other in others)]),
        lenient=lenient,
    )


def _largest(arrays: Sequence[Array | float]) -> Array:
    first, *rest = (np.asarray(array, dtype=np.float64) for array in arrays)
    largest: Array = np.max([first, *(np.where(np.isfinite(a), a, first) for a in rest)], axis=0)
    return largest
