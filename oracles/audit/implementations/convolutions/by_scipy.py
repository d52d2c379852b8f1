"""scipy.signal, by direct sums or by fast Fourier transforms: one correlation of (C, H, W) for each
sample and output channel, with zeros for dilation and stride."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import signal

from oracles.audit.implementations.convolutions.algorithm import Geometry, with_bias
from oracles.contract.case import Array


class ByScipy:
    """`method` "direct" adds up products, "fft" multiplies spectra."""

    def __init__(self, method: Literal["direct", "fft"]) -> None:
        self.method = method

    def output(self, x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
        y = np.empty((len(x), len(weight), *geometry.output), x.dtype)
        for k, kernel in enumerate(geometry.dilated(weight)):
            for n, image in enumerate(x):
                y[n, k] = _at_stride(self._correlated(image, kernel)[0], geometry)
        return with_bias(y, bias)

    def grad_weight(self, x: Array, grad_output: Array, geometry: Geometry) -> Array:
        grad = np.zeros((grad_output.shape[1], x.shape[1], *geometry.kernel), x.dtype)
        (kh, kw), (dh, dw) = geometry.kernel, geometry.dilation
        stretched = geometry.upsampled(grad_output)
        for k in range(len(grad)):
            for n, image in enumerate(x):
                met = self._correlated(image, stretched[n, k][None])
                grad[k] += met[:, : dh * (kh - 1) + 1 : dh, : dw * (kw - 1) + 1 : dw]
        return grad

    def grad_input(self, weight: Array, grad_output: Array, geometry: Geometry) -> Array:
        grad = np.zeros((len(grad_output), weight.shape[1], *geometry.size), weight.dtype)
        stretched = geometry.upsampled(grad_output)
        for k, kernel in enumerate(geometry.dilated(weight)):
            for n in range(len(grad)):
                full = signal.convolve(stretched[n, k][None], kernel, "full", method=self.method)
                grad[n, :, : full.shape[1], : full.shape[2]] += full
        return grad

    def _correlated(self, image: Array, kernel: Array) -> Array:
        return np.asarray(signal.correlate(image, kernel, mode="valid", method=self.method))


def _at_stride(full: Array, geometry: Geometry) -> Array:
    """The windows that the stride does not skip."""
    strided = full[:: geometry.stride[0], :: geometry.stride[1]]
    return strided[: geometry.output[0], : geometry.output[1]]
