"""Orders of summation, each in the dtype of the array."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.contract.case import Array

Sum = Callable[[Array, tuple[int, ...]], Array]
"""The sum over some axes."""


def by_numpy(array: Array, axes: tuple[int, ...]) -> Array:
    """NumPy's: pairwise along the fastest axis."""
    return np.asarray(array.sum(axis=axes, dtype=array.dtype))


def one_after_the_other(array: Array, axes: tuple[int, ...]) -> Array:
    """As a loop does it."""
    rows = _in_front(array, axes)
    if not len(rows):
        return np.zeros(rows.shape[1:], rows.dtype)
    return np.asarray(np.add.accumulate(rows, axis=0, dtype=array.dtype)[-1])


def backwards(array: Array, axes: tuple[int, ...]) -> Array:
    """As a loop that counts down."""
    rows = _in_front(array, axes)
    return one_after_the_other(rows[::-1], (0,))


def pairwise(array: Array, axes: tuple[int, ...]) -> Array:
    """Neighbours first, then their sums, as on a tree."""
    rows = _in_front(array, axes)
    while len(rows) > 1:
        if len(rows) % 2:
            rows = np.concatenate([rows, np.zeros_like(rows[:1])])
        rows = rows[0::2] + rows[1::2]
    return np.asarray(rows.sum(axis=0, dtype=array.dtype))


def by_product(array: Array, axes: tuple[int, ...]) -> Array:
    """As a product with ones."""
    rows = _in_front(array, axes)
    flat = rows.reshape(len(rows), -1)
    return (np.ones(len(rows), array.dtype) @ flat).reshape(rows.shape[1:])


SUMS: Mapping[str, Sum] = {
    "numpy": by_numpy,
    "one after the other": one_after_the_other,
    "backwards": backwards,
    "pairwise": pairwise,
    "product with ones": by_product,
}


def chosen_sum(choices: Choices) -> Sum:
    """The order of summation of this implementation."""
    return choices.one_of("sums", SUMS)


def _in_front(array: Array, axes: tuple[int, ...]) -> Array:
    """The axes to sum over as one axis 0, the others behind it."""
    away = tuple(axis % array.ndim for axis in axes)
    rest = tuple(axis for axis in range(array.ndim) if axis not in away)
    shape = [array.shape[axis] for axis in rest]
    length = int(np.prod([array.shape[axis] for axis in away]))
    return array.transpose(*away, *rest).reshape(length, *shape)
