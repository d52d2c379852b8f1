"""A feed-forward network, its error, and the descent that its author describes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from examples.posts.post_001.layers import Array, Layer


class Network:
    """Layers by name, one after the other."""

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        self.layers = dict(layers)

    def forward(self, x: Array) -> dict[str, Array]:
        """The output of every layer."""
        outputs = {}
        for name, layer in self.layers.items():
            x = outputs[name] = layer.forward(x)
        return outputs

    def backward(self, delta: Array) -> dict[str, Array]:
        """The gradient of every layer's input; those of the parameters are kept by the layers."""
        deltas = {}
        for name, layer in reversed(self.layers.items()):
            delta = deltas[name] = layer.backward(delta)
        return deltas


class SumOfSquares:
    """factor * sum of (y - t)^2, over the outputs and over the images of a batch, which is divided
    by `divisor`: 1 for the sum, the number of images for the mean."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def value(self, y: Array, t: Array, divisor: float) -> float:
        return float(self.factor * np.sum((y - t) ** 2) / divisor)

    def gradient(self, y: Array, t: Array, divisor: float) -> Array:
        return (2 * self.factor / divisor * (y - t)).astype(y.dtype)


class GradientDescent:
    """weights -= lr * (their gradient, summed over the batch); then the sums begin again."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def step(self, lr: float) -> None:
        for layer in self.network.layers.values():
            for name, parameter in layer.parameters.items():
                self.move(name, parameter, lr * layer.gradients[name])
        self.zero()

    def move(self, name: str, parameter: Array, by: Array) -> None:
        parameter -= by

    def zero(self) -> None:
        for layer in self.network.layers.values():
            for gradient in layer.gradients.values():
                gradient[...] = 0
