# ruff: noqa: D101  written as people write at home
"""Images H W C N, kernels H W I O that are convolved, columns of features in Fortran order: as in
MATLAB. Parameters and gradients are dicts."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from oracles import from_layers

Array = NDArray[Any]


class Conv:
    def __init__(self) -> None:
        self.params: dict[str, Array] = {"W": np.zeros(0), "b": np.zeros((1, 1))}
        self.grads: dict[str, Array] = {}

    def forward(self, x: Array) -> Array:
        self.x, kernel = x, self.params["W"][::-1, ::-1]
        self.windows = sliding_window_view(x, kernel.shape[:2], (0, 1))  # i j c n u v
        y: Array = np.einsum("ijcnuv,uvco->ijon", self.windows, kernel)
        return y + self.params["b"].reshape(-1, 1)

    def backward(self, g: Array) -> Array:
        turned = np.einsum("ijcnuv,ijon->uvco", self.windows, g)
        self.grads = {"W": turned[::-1, ::-1], "b": g.sum((0, 1, 3)).reshape(-1, 1)}
        dx, kernel = np.zeros_like(self.x), self.params["W"][::-1, ::-1]
        for u, v in np.ndindex(*kernel.shape[:2]):
            part = np.einsum("ijon,co->ijcn", g, kernel[u, v])
            dx[u : u + g.shape[0], v : v + g.shape[1]] += part
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
        return x.reshape(-1, x.shape[-1], order="F")

    def backward(self, g: Array) -> Array:
        return g.reshape(self.shape, order="F")


class Dense:
    def __init__(self) -> None:
        self.params: dict[str, Array] = {"W": np.zeros(0), "b": np.zeros((1, 1))}
        self.grads: dict[str, Array] = {}

    def forward(self, x: Array) -> Array:
        self.x = x
        return self.params["W"] @ x + self.params["b"].reshape(-1, 1)

    def backward(self, g: Array) -> Array:
        self.grads = {"W": g @ self.x.T, "b": g.sum(1, keepdims=True)}
        return self.params["W"].T @ g


implementation = from_layers(
    {
        "Conv2d": lambda layer: Conv(),
        "ReLU": lambda layer: ReLU(),
        "Flatten": lambda layer: Flatten(),
        "Linear": lambda layer: Dense(),
    },
    parameters={"weight": "params.W", "bias": "params.b"},
    gradients="grads",
    layout="HWCN",
    weights={"Conv2d": "HWIO", "Linear": "OI"},
    flatten="F",
    true_convolution=True,
)
