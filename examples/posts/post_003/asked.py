"""The training step as it was asked about, with everything that is odd about it.

    pytest cases/posts --implementation examples.posts.post_003.asked

One method for each oddity; `mended.py` has those methods again, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.posts.post_003.plugged import Plugged

Array = NDArray[Any]

SIDE = 3
"""Rows and columns of a kernel."""


@dataclass(frozen=True)
class Features:
    """What becomes of a batch before the dense layer.

    windows   (N, P, 9) P windows in an image, row by row
    hidden    (N, P * K) tanh of each window times each kernel
    kept      (N, P * K) twice that, or nothing
    """

    windows: Array
    hidden: Array
    kept: Array


@dataclass(frozen=True)
class Deltas:
    """What goes back. All of it points downhill: minus the gradient, were it right.

    kept      (N, P * K)
    hidden    (N, P * K)
    sums      (N, P * K)
    weights   (P * K, classes)
    kernels   (9, K)
    """

    kept: Array
    hidden: Array
    sums: Array
    weights: Array
    kernels: Array


class Asked:
    """Windows of 3x3 times kernels, tanh, dropout of one half, dense layer, softmax; no biases.

    Shapes:
        images   (N, H, W)
        kernels  (9, K)
        weights  (P * K, classes)    feature = window * K + kernel: row, column, kernel
    """

    def __init__(self, kernels: Array, weights: Array, alpha: float) -> None:
        self.kernels, self.weights, self.alpha = kernels, weights, alpha

    def windows(self, images: Array) -> Array:
        """(N, P, 9): every window as a row, the windows of an image one after the other."""
        rows, columns = (self.positions(length) for length in images.shape[1:])
        seen = np.lib.stride_tricks.sliding_window_view(images, (SIDE, SIDE), axis=(1, 2))
        chosen = seen[:, :rows, :columns]
        return np.ascontiguousarray(chosen).reshape(len(images), rows * columns, SIDE * SIDE)

    def sums(self, windows: Array) -> Array:
        """(N, P * K): each window times each kernel."""
        return (windows.reshape(-1, SIDE * SIDE) @ self.kernels).reshape(len(windows), -1)

    def features(self, windows: Array, sums: Array, mask: Array | None = None) -> Features:
        """`mask` (N, P * K) has 1 for what is kept; None is a test, in which everything is."""
        hidden = np.tanh(sums)
        return Features(windows, hidden, hidden if mask is None else hidden * (mask * 2))

    def scores(self, seen: Features) -> Array:
        """(N, classes)"""
        return seen.kept @ self.weights

    def backward(self, seen: Features, delta: Array, mask: Array) -> Deltas:
        """`delta` (N, classes) is that of the scores."""
        kept = delta @ self.weights.T
        hidden = self.through_dropout(kept, mask)
        sums = hidden * self.slope(seen)
        rows = seen.windows.reshape(-1, SIDE * SIDE)
        kernels = rows.T @ sums.reshape(len(rows), -1)
        return Deltas(kept, hidden, sums, seen.kept.T @ delta, kernels)

    def update(self, deltas: Deltas) -> None:
        self.weights += self.alpha * deltas.weights
        self.move_kernels(deltas.kernels)

    def positions(self, length: int) -> int:
        """Windows along an axis. Odd: there is one more."""
        return length - SIDE

    def softmax(self, scores: Array) -> Array:
        """Odd: exp of 710 is infinite, and infinity by infinity no number."""
        powers = np.exp(scores)
        probabilities: Array = powers / np.sum(powers, axis=1, keepdims=True)
        return probabilities

    def delta(self, probabilities: Array, one_hot: Array) -> Array:
        """Odd: the mean over a batch divides by its size once."""
        return (one_hot - probabilities) / (len(one_hot) * len(one_hot))

    def through_dropout(self, delta: Array, mask: Array) -> Array:
        """Odd: on the way there it was mask * 2."""
        return delta * mask

    def slope(self, seen: Features) -> Array:
        """Of tanh. Odd: this is what dropout has made of it, 0 or twice as large."""
        return 1 - seen.kept**2

    def move_kernels(self, downhill: Array) -> None:
        """Odd: the weights are moved by plus this, and rightly."""
        self.kernels -= self.alpha * downhill


implementation = Plugged("post 003 as asked", Asked)
