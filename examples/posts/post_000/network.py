"""image -> convolution -> sigmoid -> mean pooling -> dense layer -> sigmoid, as described in
https://datascience.stackexchange.com/questions/10564 (CC BY-SA); written anew from the
description, nothing is copied.

Everything here is right. What the question gets wrong is left to those who build on it: the three
abstract methods of `Network`, once in asked.py and once in mended.py.

Layout, that of the question: images (H, W, N), maps (H, W, F, N), one flat vector of parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Sizes:
    """Square images of `side`, `filters` kernels of `kernel`, windows of `pool`, `classes`."""

    side: int
    kernel: int
    filters: int
    pool: int
    classes: int

    @property
    def filtered(self) -> int:
        return self.side - self.kernel + 1

    @property
    def pooled(self) -> int:
        return self.filtered // self.pool

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of kernels, their biases, dense weights, their biases: the order in the flat vector."""
        features = self.pooled**2 * self.filters
        return (
            (self.kernel, self.kernel, self.filters),
            (self.filters,),
            (features, self.classes),
            (self.classes,),
        )

    def split(self, theta: Floats) -> list[Floats]:
        """The flat vector as four arrays."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        parts = np.split(theta, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def random(self, generator: np.random.Generator) -> Floats:
        """Weights uniform within 1 / sqrt(fan_in), biases zero."""
        kernels, _, dense, _ = self.shapes
        near = [1 / np.sqrt(self.kernel**2), 1 / np.sqrt(dense[0])]
        return join(
            generator.uniform(-near[0], near[0], kernels),
            np.zeros(self.filters),
            generator.uniform(-near[1], near[1], dense),
            np.zeros(self.classes),
        )


def join(*arrays: Floats) -> Floats:
    """Four arrays as the flat vector."""
    return np.concatenate([array.ravel() for array in arrays])


@dataclass(frozen=True)
class Forward:
    """What a forward pass computes, in order."""

    images: Floats  # (H, W, N)
    conv: Floats  # (OH, OW, F, N)
    active: Floats  # sigmoid of it
    pooled: Floats  # (P, P, F, N)
    features: Floats  # (P * P * F, N)
    logits: Floats  # (N, classes)
    outputs: Floats  # sigmoid of them


@dataclass(frozen=True)
class Backward:
    """Derivatives of the cost with respect to what is named like that in `Forward`, and to the
    flat vector."""

    logits: Floats
    features: Floats
    pooled: Floats
    active: Floats
    conv: Floats
    theta: Floats


class Network(ABC):
    """Costs and gradients over rows of pixels (N, H * W) with labels (N).

    reg   cost += reg * (sum of squared weights) / (2 * decay_divisor)
    """

    def __init__(self, sizes: Sizes, reg: float = 0.0) -> None:
        self.sizes, self.reg = sizes, reg

    @abstractmethod
    def images(self, rows: NDArray[Any]) -> Floats:
        """(N, H * W) -> (H, W, N), scaled to 0..1."""

    @abstractmethod
    def data_cost(self, logits: Floats, targets: Floats) -> float:
        """Binary cross-entropies of sigmoid(logits), summed over classes, mean over samples."""

    @abstractmethod
    def decay_divisor(self, batch: int) -> int:
        """What the penalty is divided by in a batch of this size."""

    def forward(self, theta: Floats, rows: NDArray[Any]) -> Forward:
        kernels, biases, dense, offsets = self.sizes.split(theta)
        images = self.images(rows)
        windows = self._windows(images)
        conv = np.einsum("ijnuv,uvf->ijfn", windows, kernels, optimize=True)
        conv = conv + biases[:, None]
        active = expit(conv)
        p, s = self.sizes.pooled, self.sizes.pool
        pooled = active.reshape(p, s, p, s, *active.shape[2:]).mean(axis=(1, 3))
        features = pooled.reshape(-1, pooled.shape[-1])
        logits = features.T @ dense + offsets
        return Forward(images, conv, active, pooled, features, logits, expit(logits))

    def backward(self, theta: Floats, computed: Forward, labels: Labels) -> Backward:
        kernels, _, dense, _ = self.sizes.split(theta)
        size, decay = len(labels), self.reg / self.decay_divisor(len(labels))
        logits = (computed.outputs - self.targets(labels)) / size
        features = dense @ logits.T
        pooled = features.reshape(computed.pooled.shape)
        s = self.sizes.pool
        active = pooled.repeat(s, axis=0).repeat(s, axis=1) / s**2
        conv = active * computed.active * (1 - computed.active)
        windows = self._windows(computed.images)
        theta_gradient = join(
            np.einsum("ijnuv,ijfn->uvf", windows, conv, optimize=True) + decay * kernels,
            conv.sum(axis=(0, 1, 3)),
            computed.features @ logits + decay * dense,
            logits.sum(axis=0),
        )
        return Backward(logits, features, pooled, active, conv, theta_gradient)

    def cost(self, theta: Floats, computed: Forward, labels: Labels) -> float:
        kernels, _, dense, _ = self.sizes.split(theta)
        squares = float(np.sum(kernels**2) + np.sum(dense**2))
        penalty = self.reg * squares / (2 * self.decay_divisor(len(labels)))
        return self.data_cost(computed.logits, self.targets(labels)) + penalty

    def cost_and_gradient(
        self, theta: Floats, rows: NDArray[Any], labels: Labels
    ) -> tuple[float, Floats]:
        """What `scipy.optimize.minimize(..., jac=True)` and a loop of SGD take."""
        computed = self.forward(theta, rows)
        return self.cost(theta, computed, labels), self.backward(theta, computed, labels).theta

    def targets(self, labels: Labels) -> Floats:
        """(N) -> (N, classes), 1 at the label."""
        return np.eye(self.sizes.classes)[labels]

    def _windows(self, images: Floats) -> Floats:
        """(OH, OW, N, kernel, kernel): cross-correlation, the kernel is not turned."""
        window = (self.sizes.kernel, self.sizes.kernel)
        return sliding_window_view(images, window, axis=(0, 1))
