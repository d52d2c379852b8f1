"""Windows as rows of a matrix, and BLAS."""

from __future__ import annotations

import numpy as np

from oracles.audit.implementations.convolutions.algorithm import Geometry, with_bias
from oracles.contract.case import Array


class Im2col:
    """One matrix product for the output, one for each gradient."""

    def output(self, x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
        product = _rows(geometry.windows(x)) @ weight.reshape(len(weight), -1).T
        y = product.reshape(len(x), *geometry.output, len(weight)).transpose(0, 3, 1, 2)
        return with_bias(np.ascontiguousarray(y), bias)

    def grad_weight(self, x: Array, grad_output: Array, geometry: Geometry) -> Array:
        product = _pixels(grad_output).T @ _rows(geometry.windows(x))
        return product.reshape(grad_output.shape[1], x.shape[1], *geometry.kernel)

    def grad_input(self, weight: Array, grad_output: Array, geometry: Geometry) -> Array:
        product = _pixels(grad_output) @ weight.reshape(len(weight), -1)
        shape = (len(grad_output), *geometry.output, weight.shape[1], *geometry.kernel)
        return geometry.spread(product.reshape(shape).transpose(0, 3, 4, 5, 1, 2))


def _rows(windows: Array) -> Array:
    """(N * OH * OW, C * kh * kw)."""
    n, c, kh, kw, oh, ow = windows.shape
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, c * kh * kw)


def _pixels(grad_output: Array) -> Array:
    """(N * OH * OW, K)."""
    return grad_output.transpose(0, 2, 3, 1).reshape(-1, grad_output.shape[1])
