"""The training of the question: the same images in every iteration, and the error that it plots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from examples.posts.post_002 import descent, network
from examples.posts.post_002.matconvnet import Array, windows
from examples.posts.post_002.network import HiddenBackward, Parameters


def start(generator: np.random.Generator, pixels: int, outputs: int) -> Parameters:
    """Weights as the question draws them: of a size of 1/400, theta2 of 1/4; no biases."""
    return {
        "w": generator.standard_normal((3, 3)) / 200 - 1 / 400,
        "b": np.zeros(()),
        "theta1": generator.uniform(size=(outputs, pixels)) / 200 - 1 / 400,
        "beta1": np.zeros((outputs, 1)),
        "theta2": generator.uniform(size=(outputs, outputs)) / 2 - 1 / 4,
        "beta2": np.zeros((outputs, 1)),
    }


@dataclass(frozen=True)
class Training:
    """How it went.

    errors    E before each iteration
    x2, x5    standard deviation over the images in the end, mean over the rest
    beta2     in the end
    """

    errors: list[float]
    x2: float
    x5: float
    beta2: Array

    @property
    def diverged(self) -> bool:
        return not np.isfinite(self.errors[-1])


def train(
    images: Array,
    y: Array,
    hidden: HiddenBackward,
    settings: descent.Settings,
    iterations: int,
    seed: int = 1,
) -> Training:
    """On all images (H, W, 1, N) and targets y (O, N) at once, until E is no number any more."""
    seen, n = windows(images, (3, 3)), images.shape[-1]
    p = start(np.random.default_rng(seed), images[..., 0].size, len(y))
    moving = {name: np.zeros_like(array) for name, array in p.items()}
    errors: list[float] = []
    with np.errstate(all="ignore"):
        while True:
            values = network.forward(seen, p)
            dzdx5 = values.x5 - y
            errors.append(network.error(dzdx5))
            if len(errors) > iterations or not np.isfinite(errors[-1]):
                break
            went = network.backward(p, values, dzdx5, hidden)
            p, moving = descent.step(p, moving, went.gradients, n, settings)
        return Training(errors, _spread(values.x2), _spread(values.x5), p["beta2"])


def constant_error(y: Array) -> float:
    """E of the best constant prediction, the mean of y."""
    return network.error(y.mean(axis=1, keepdims=True) - y)


def _spread(array: Array) -> float:
    return float(np.mean(np.std(array, axis=-1)))
