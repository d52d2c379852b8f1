# ruff: noqa: D101  written as people write at home
"""One sample at a time, columns of features, and a backward pass that also updates: as in many
series of videos. The flattening is left to the harness."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from oracles import from_layers

Array = NDArray[Any]


class Conv:
    kernels: Array = np.zeros(0)
    biases: Array = np.zeros(0)

    def forward(self, image: Array) -> Array:
        self.image = image
        self.windows = sliding_window_view(image, self.kernels.shape[2:], (1, 2))  # c i j u v
        y: Array = np.einsum("cijuv,ocuv->oij", self.windows, self.kernels)
        return y + self.biases[:, None, None]

    def backward(self, g: Array, learning_rate: float) -> Array:
        input_gradient = np.zeros_like(self.image)
        for u, v in np.ndindex(*self.kernels.shape[2:]):
            part = np.einsum("oij,oc->cij", g, self.kernels[:, :, u, v])
            input_gradient[:, u : u + g.shape[1], v : v + g.shape[2]] += part
        self.kernels -= learning_rate * np.einsum("cijuv,oij->ocuv", self.windows, g)
        self.biases -= learning_rate * g.sum((1, 2))
        return input_gradient


class ReLU:
    def forward(self, x: Array) -> Array:
        self.x = x
        return np.maximum(x, 0)

    def backward(self, g: Array, learning_rate: float) -> Array:
        return g * (self.x > 0)


class Dense:
    weights: Array = np.zeros(0)
    biases: Array = np.zeros((1, 1))

    def __init__(self, outputs: int) -> None:
        self.biases = np.zeros((outputs, 1))

    def forward(self, x: Array) -> Array:
        self.x = x
        return self.weights @ x + self.biases

    def backward(self, g: Array, learning_rate: float) -> Array:
        input_gradient = self.weights.T @ g
        self.weights -= learning_rate * g @ self.x.T
        self.biases -= learning_rate * g
        return input_gradient


implementation = from_layers(
    {
        "Conv2d": lambda layer: Conv(),
        "ReLU": lambda layer: ReLU(),
        "Linear": lambda layer: Dense(layer.attributes["out_features"]),
    },
    parameters={
        "Conv2d.weight": "kernels",
        "Linear.weight": "weights",
        "bias": "biases",
    },
    layout="CHW FN",
    batched=False,
    update="backward",
)
