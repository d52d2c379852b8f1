"""A 1 x 1 convolution for each tap of the kernel, shifted and added up (kn2row)."""

from __future__ import annotations

import numpy as np

from oracles.audit.implementations.convolutions.algorithm import Geometry, with_bias
from oracles.contract.case import Array


class KernelToRow:
    """A matrix product over channels for each tap and each sample."""

    def output(self, x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
        y = np.zeros((len(x), len(weight), *geometry.output), x.dtype)
        for u, v, rows, columns in geometry.taps():
            y += (weight[:, :, u, v] @ _flat(x[:, :, rows, columns])).reshape(y.shape)
        return with_bias(y, bias)

    def grad_weight(self, x: Array, grad_output: Array, geometry: Geometry) -> Array:
        grad = np.zeros((grad_output.shape[1], x.shape[1], *geometry.kernel), x.dtype)
        for u, v, rows, columns in geometry.taps():
            met = _flat(x[:, :, rows, columns]).transpose(0, 2, 1)
            for of_sample in _flat(grad_output) @ met:
                grad[:, :, u, v] += of_sample
        return grad

    def grad_input(self, weight: Array, grad_output: Array, geometry: Geometry) -> Array:
        grad = np.zeros((len(grad_output), weight.shape[1], *geometry.size), weight.dtype)
        for u, v, rows, columns in geometry.taps():
            here = weight[:, :, u, v].T @ _flat(grad_output)
            grad[:, :, rows, columns] += here.reshape(len(grad), -1, *geometry.output)
        return grad


def _flat(images: Array) -> Array:
    """(N, C, pixels)."""
    return np.ascontiguousarray(images).reshape(*images.shape[:2], -1)
