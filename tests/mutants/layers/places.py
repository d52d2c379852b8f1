"""Numbers of an array at other places, and the gradients that go back to where they came from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oracles.contract.case import Array

Index = NDArray[np.int64]
"""Places in a flat array; -1 is a zero from nowhere."""

Change = Callable[[Index], Index]


def places(shape: tuple[int, ...]) -> Index:
    """Every number at its own place."""
    return np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)


def fetched(x: Array, index: Index) -> Array:
    """The numbers at these places."""
    if index.shape == x.shape and np.array_equal(index, places(x.shape)):
        return x
    flat: Array = np.append(x.reshape(-1), x.dtype.type(0))
    return flat[index]


def brought_back(gradient: Array, index: Index, shape: tuple[int, ...]) -> Array:
    """The sum of the gradients of every number, wherever it was taken."""
    flat = np.zeros(int(np.prod(shape)) + 1, dtype=gradient.dtype)
    np.add.at(flat, index, gradient)
    return flat[:-1].reshape(shape)


def last_one_kept(gradient: Array, index: Index, shape: tuple[int, ...]) -> Array:
    """The last of the gradients of every number, where they should be summed."""
    flat = np.zeros(int(np.prod(shape)) + 1, dtype=gradient.dtype)
    flat[index.reshape(-1)] = gradient.reshape(-1)
    return flat[:-1].reshape(shape)


def windows(image: Index, rows: Index, columns: Index) -> Index:
    """Windows of images (N, C, H, W): rows (OH, kh) and columns (OW, kw) that each of them covers.

    The result is (N, C, kh, kw, OH, OW). What is past the end is a zero.
    """
    below = max(0, int(rows.max(initial=0)) + 1 - image.shape[2])
    right = max(0, int(columns.max(initial=0)) + 1 - image.shape[3])
    wide = np.pad(image, ((0, 0), (0, 0), (0, below), (0, right)), constant_values=-1)
    return wide[:, :, rows.T[:, None, :, None], columns.T[None, :, None, :]]


def covered(count: int, kernel: int, stride: int, dilation: int = 1, offset: int = 0) -> Index:
    """Rows that each of `count` windows covers: (count, kernel)."""
    starts = offset + stride * np.arange(max(count, 0), dtype=np.int64)
    return starts[:, None] + dilation * np.arange(kernel, dtype=np.int64)
