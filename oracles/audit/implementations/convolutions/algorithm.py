"""What an algorithm of convolution offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from oracles.contract.case import Array


@dataclass(frozen=True)
class Geometry:
    """Kernel, stride, dilation (height, width), size of the padded image, size of the output."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    size: tuple[int, int]
    output: tuple[int, int]

    def taps(self) -> Iterator[tuple[int, int, slice, slice]]:
        """Each position in the kernel with the rows and columns of the image that it meets."""
        for u in range(self.kernel[0]):
            for v in range(self.kernel[1]):
                yield u, v, self._reach(0, u), self._reach(1, v)

    def _reach(self, axis: int, position: int) -> slice:
        start = position * self.dilation[axis]
        return slice(
            start, start + self.stride[axis] * (self.output[axis] - 1) + 1, self.stride[axis]
        )

    def windows(self, x: Array) -> Array:
        """(N, C, kh, kw, OH, OW): what each tap meets."""
        found = np.empty((*x.shape[:2], *self.kernel, *self.output), x.dtype)
        for u, v, rows, columns in self.taps():
            found[:, :, u, v] = x[:, :, rows, columns]
        return found

    def spread(self, grad_windows: Array) -> Array:
        """The other way round: (N, C, kh, kw, OH, OW) added up into images (N, C, H, W)."""
        n, c = grad_windows.shape[:2]
        grad = np.zeros((n, c, *self.size), grad_windows.dtype)
        for u, v, rows, columns in self.taps():
            grad[:, :, rows, columns] += grad_windows[:, :, u, v]
        return grad

    def dilated(self, weight: Array) -> Array:
        """A kernel with zeros between its taps."""
        return with_zeros_between(weight, self.dilation)

    def upsampled(self, grad_output: Array) -> Array:
        """A gradient with zeros where the stride has skipped windows."""
        return with_zeros_between(grad_output, self.stride)


class Algorithm(Protocol):
    """Everything in the dtype of the operands.

    x            (N, C, H, W), padded
    weight       (K, C, kh, kw)
    grad_output  (N, K, OH, OW)
    """

    def output(self, x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
        """(N, K, OH, OW)."""
        ...

    def grad_weight(self, x: Array, grad_output: Array, geometry: Geometry) -> Array:
        """(K, C, kh, kw)."""
        ...

    def grad_input(self, weight: Array, grad_output: Array, geometry: Geometry) -> Array:
        """(N, C, H, W), padding included."""
        ...


def with_bias(y: Array, bias: Array | None) -> Array:
    """The bias added last."""
    return y if bias is None else y + bias[:, None, None]


def with_zeros_between(array: Array, steps: tuple[int, int]) -> Array:
    """The last two axes stretched: `steps` - 1 zeros between neighbours."""
    *rest, height, width = array.shape
    size = (steps[0] * (height - 1) + 1, steps[1] * (width - 1) + 1)
    stretched = np.zeros((*rest, *size), array.dtype)
    stretched[..., :: steps[0], :: steps[1]] = array
    return stretched
