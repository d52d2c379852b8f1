# ruff: noqa: D101  written as people write at home
"""Images N H W C, kernels H W I O, dense weights I O: as in TensorFlow."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from oracles import from_layers

Array = NDArray[Any]


class Conv:
    W: Array = np.zeros(0)
    b: Array = np.zeros(0)

    def forward(self, x: Array) -> Array:
        self.x, (kh, kw) = x, self.W.shape[:2]
        self.windows = sliding_window_view(x, (kh, kw), (1, 2))  # n i j c u v
        y: Array = np.einsum("nijcuv,uvco->nijo", self.windows, self.W)
        return y + self.b

    def backward(self, g: Array) -> Array:
        self.dW = np.einsum("nijcuv,nijo->uvco", self.windows, g)
        self.db = g.sum((0, 1, 2))
        dx, (_, oh, ow, _) = np.zeros_like(self.x), g.shape
        for u, v in np.ndindex(*self.W.shape[:2]):
            dx[:, u : u + oh, v : v + ow] += g @ self.W[u, v].T
        return dx


class ReLU:
    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        return x * self.mask

    def backward(self, g: Array) -> Array:
        return g * self.mask


class Flatten:
    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, g: Array) -> Array:
        return g.reshape(self.shape)


class Dense:
    W: Array = np.zeros(0)
    b: Array = np.zeros(0)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, g: Array) -> Array:
        self.dW, self.db = self.x.T @ g, g.sum(0)
        return g @ self.W.T


implementation = from_layers(
    {
        "Conv2d": lambda layer: Conv(),
        "ReLU": lambda layer: ReLU(),
        "Flatten": lambda layer: Flatten(),
        "Linear": lambda layer: Dense(),
    },
    parameters={"weight": "W", "bias": "b"},
    gradients={"weight": "dW", "bias": "db"},
    layout="NHWC",
    weights={"Conv2d": "HWIO", "Linear": "IO"},
)
