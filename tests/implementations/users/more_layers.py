# ruff: noqa: D101, D103  written as people write at home
"""Batch norm, dropout and a preparation for images N H W C; a network with two branches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles import from_layers

Array = NDArray[Any]


class BatchNorm:
    training = True

    def __init__(self, channels: int, momentum: float, eps: float) -> None:
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.mean, self.var = np.zeros(channels), np.ones(channels)
        self.dgamma, self.dbeta = np.zeros(channels), np.zeros(channels)
        self.momentum, self.eps = momentum, eps

    def forward(self, x: Array) -> Array:
        mean, var, n = self.mean, self.var, x[..., 0].size
        if self.training:
            mean, var, m = x.mean((0, 1, 2)), x.var((0, 1, 2)), self.momentum
            self.mean = (1 - m) * self.mean + m * mean
            self.var = (1 - m) * self.var + m * var * (n / (n - 1))
        self.scale = 1 / np.sqrt(var + self.eps)
        self.normal = (x - mean) * self.scale
        y: Array = self.gamma * self.normal + self.beta
        return y

    def backward(self, g: Array) -> Array:
        self.dgamma += (g * self.normal).sum((0, 1, 2))
        self.dbeta += g.sum((0, 1, 2))
        g = g * self.gamma
        if self.training:
            g = g - g.mean((0, 1, 2)) - self.normal * (g * self.normal).mean((0, 1, 2))
        dx: Array = g * self.scale
        return dx


class Dropout:
    mask: Array | None = None
    training = True

    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, x: Array) -> Array:
        self.factor = self.mask / (1 - self.p) if self.training and self.mask is not None else 1.0
        return x * self.factor

    def backward(self, g: Array) -> Array:
        return g * self.factor


class Linear:
    W: Array = np.zeros(0)
    b: Array = np.zeros(0)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, g: Array) -> tuple[Array, dict[str, Array]]:
        return g @ self.W.T, {"W": self.x.T @ g, "b": g.sum(0)}


class Cat:
    def forward(self, inputs: Sequence[Array]) -> Array:
        self.channels = inputs[0].shape[-1]
        return np.concatenate(inputs, axis=-1)

    def backward(self, g: Array) -> list[Array]:
        return [g[..., : self.channels], g[..., self.channels :]]


def prepare(raw: Array, preparation: Any) -> Array:
    images: Array = raw.reshape(len(raw), 3, 4, 5).transpose(0, 2, 3, 1) / 255
    return images


def make_norm(layer: Any) -> BatchNorm:
    a = layer.attributes
    return BatchNorm(a["num_features"], a["momentum"], a["eps"])


implementation = from_layers(
    {
        "BatchNorm2d": make_norm,
        "Dropout": lambda layer: Dropout(layer.attributes["p"]),
        "Linear": lambda layer: Linear(),
        "Cat": lambda layer: Cat(),
    },
    parameters={
        "weight": "W",
        "bias": "b",
        "BatchNorm2d.weight": "gamma",
        "BatchNorm2d.bias": "beta",
        "running_mean": "mean",
        "running_var": "var",
        "mask": "mask",
        "training": "training",
    },
    gradients={"BatchNorm2d.weight": "dgamma", "BatchNorm2d.bias": "dbeta"},
    layout="NHWC",
    weights={"Linear": "IO"},
    prepare=prepare,
)
