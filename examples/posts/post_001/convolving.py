"""A convolution in two functions and three derivatives, so that each can be replaced by a wrong
one.

x (N, C, H, W), weight (O, C, KH, KW), bias (O), y and delta (N, O, OH, OW), strides (rows, columns)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[int, int]


def windows(x: Array, kernel: Pair, stride: Pair) -> Array:
    """(N, C, OH, OW, KH, KW)"""
    return sliding_window_view(x, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]


def convolved(x: Array, weight: Array, stride: Pair) -> Array:
    """y without the bias."""
    seen = windows(x, (weight.shape[2], weight.shape[3]), stride)
    return np.moveaxis(np.tensordot(seen, weight, axes=([1, 4, 5], [1, 2, 3])), 3, 1)


@dataclass(frozen=True)
class Back:
    """What the backward pass starts from, and the three right results; x has its padding."""

    x: Array
    weight: Array
    delta: Array
    stride: Pair

    def grad_weight(self) -> Array:
        kernel = (self.weight.shape[2], self.weight.shape[3])
        rows, columns = self.delta.shape[2:]
        seen = windows(self.x, kernel, self.stride)[:, :, :rows, :columns]
        return np.tensordot(self.delta, seen, axes=([0, 2, 3], [0, 2, 3]))

    def grad_bias(self) -> Array:
        summed: Array = self.delta.sum(axis=(0, 2, 3))
        return summed

    def grad_input(self) -> Array:
        grad = np.zeros(self.x.shape, self.delta.dtype)
        for window, part in self.parts():
            grad[window] += part
        return grad

    def parts(self) -> Any:
        """For each position of the output, its window and what it sends there, row by row."""
        (kh, kw), (sh, sw) = self.weight.shape[2:], self.stride
        for i, j in np.ndindex(*self.delta.shape[2:]):
            part = np.tensordot(self.delta[:, :, i, j], self.weight, axes=([1], [0]))
            yield np.s_[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw], part
