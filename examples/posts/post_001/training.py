"""Training as the question describes it: batches of 20, and now and then a look at other images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from examples.posts.post_001.layers import Array
from examples.posts.post_001.network import Network, SumOfSquares
from examples.posts.post_001.plugged import Plugged

BATCH = 20
_HALF = SumOfSquares(0.5)


@dataclass(frozen=True)
class Images:
    """Images (N, C, H, W) with their classes 0 to 9."""

    x: Array
    labels: Array


@dataclass(frozen=True)
class Trained:
    """A network after its training.

    errors   half the sum of squares of each batch, before its update
    network  as it is now
    """

    errors: Array
    network: Network

    def outputs(self, images: Images) -> Array:
        """(N, 10)"""
        with np.errstate(all="ignore"):
            return list(self.network.forward(images.x).values())[-1]

    def accuracy(self, images: Images) -> float:
        """Share of images whose largest output is at their class."""
        return float(np.mean(self.outputs(images).argmax(axis=1) == images.labels))

    def error(self, images: Images) -> float:
        """Half the sum of squares per 100 images: 45 for ten equal classes and 0.1 everywhere."""
        y = self.outputs(images)
        with np.errstate(all="ignore"):
            return 100 * _HALF.value(y, _one_hot(images.labels, y.dtype), len(y))


def train(
    plugged: Plugged,
    case: Any,
    images: Images,
    steps: int,
    generator: np.random.Generator,
    *,
    lr: float,
    mean: bool = False,
) -> Trained:
    """From the parameters of the case; the error of a batch is summed over its images, or divided
    by their number (`mean`). Ends early where numbers cease to be finite."""
    network = plugged.network(case)
    descent = plugged.descent(network)
    errors = []
    for batch in _batches(len(images.x), steps, generator):
        x, t = images.x[batch], _one_hot(images.labels[batch], images.x.dtype)
        divisor = len(x) if mean else 1
        with np.errstate(all="ignore"):
            y = list(network.forward(x).values())[-1]
            errors.append(_HALF.value(y, t, 1))
            if not np.isfinite(errors[-1]):
                break
            network.backward(_HALF.gradient(y, t, divisor))
            descent.step(lr)
    return Trained(np.array(errors), network)


def _batches(count: int, steps: int, generator: np.random.Generator) -> list[Array]:
    """Every image once before one comes again; what does not fill a batch is left for later."""
    epochs = -(-steps * BATCH // count)
    order = np.concatenate([generator.permutation(count) for _ in range(epochs)])
    return [order[i * BATCH : (i + 1) * BATCH] for i in range(steps)]


def _one_hot(labels: Array, dtype: Any) -> Array:
    return np.eye(10, dtype=dtype)[labels]
