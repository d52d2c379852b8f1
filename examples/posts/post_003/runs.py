"""Whole trainings, as in the book: the first images in order, batch after batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from examples.posts.post_003.asked import SIDE, Array, Asked, Deltas, Features

KERNELS, CLASSES, BATCH = 16, 10, 128
"""Of the book."""


@dataclass(frozen=True)
class Images:
    """Images (N, H, W) between 0 and 1, and labels (N)."""

    pixels: Array
    labels: Array


@dataclass(frozen=True)
class Seen:
    """A step, just before its update.

    iteration, batch   both from 0
    """

    iteration: int
    batch: int
    one_hot: Array
    mask: Array
    features: Features
    scores: Array
    probabilities: Array
    deltas: Deltas
    right: int


@dataclass(frozen=True)
class Run:
    """A training that is over.

    curve      accuracy of each iteration, over all images: also over those that fill no batch
    accuracy   on the images of the test, NaN without
    lost       iteration and batch of the first probability that is no number, None where all are
    """

    curve: tuple[float, ...]
    accuracy: float
    lost: tuple[int, int] | None


def trained(
    kind: type[Asked], train: Images, test: Images | None, alpha: float, iterations: int
) -> Run:
    """From seed 1, as in the book."""
    random = legacy(1)
    network = begun(kind, train, alpha, random)
    right, lost = [0] * iterations, None
    for seen in steps(network, train, iterations, random):
        right[seen.iteration] += seen.right
        if lost is None and not np.all(np.isfinite(seen.probabilities)):
            lost = seen.iteration, seen.batch
    curve = tuple(count / len(train.labels) for count in right)
    return Run(curve, float("nan") if test is None else accuracy(network, test), lost)


def legacy(seed: int) -> np.random.RandomState:
    """The stream of numbers of the book, which calls `np.random.seed`."""
    return np.random.RandomState(seed)


def begun(kind: type[Asked], images: Images, alpha: float, random: np.random.RandomState) -> Asked:
    """Kernels in +-0.01 and weights in +-0.1, drawn in this order."""
    kernels = 0.02 * random.random_sample((SIDE * SIDE, KERNELS)) - 0.01
    network = kind(kernels, np.empty((0, CLASSES)), alpha)
    rows, columns = (network.positions(length) for length in images.pixels.shape[1:])
    network.weights = 0.2 * random.random_sample((rows * columns * KERNELS, CLASSES)) - 0.1
    return network


def steps(
    network: Asked, images: Images, iterations: int, random: np.random.RandomState
) -> Iterator[Seen]:
    """Train; images that fill no batch are left out."""
    batches = tuple(_batches(network, images))
    for iteration in range(iterations):
        for batch, (windows, labels) in enumerate(batches):
            sums = network.sums(windows)
            mask = random.randint(2, size=sums.shape).astype(np.float64)
            features = network.features(windows, sums, mask)
            scores = network.scores(features)
            probabilities = network.softmax(scores)
            one_hot = np.eye(CLASSES)[labels]
            delta = network.delta(probabilities, one_hot)
            deltas = network.backward(features, delta, mask)
            right = int(np.sum(np.argmax(probabilities, axis=1) == labels))
            yield Seen(
                iteration,
                batch,
                one_hot,
                mask,
                features,
                scores,
                probabilities,
                deltas,
                right,
            )
            network.update(deltas)


def accuracy(network: Asked, images: Images) -> float:
    """Share of the images that are classified right, without dropout."""
    right = 0
    for start in range(0, len(images.labels), 500):
        chosen = slice(start, start + 500)
        windows = network.windows(images.pixels[chosen])
        scores = network.scores(network.features(windows, network.sums(windows)))
        right += int(np.sum(np.argmax(network.softmax(scores), axis=1) == images.labels[chosen]))
    return right / len(images.labels)


def _batches(network: Asked, images: Images) -> Iterator[tuple[Array, Array]]:
    for batch in range(len(images.labels) // BATCH):
        chosen = slice(batch * BATCH, (batch + 1) * BATCH)
        yield network.windows(images.pixels[chosen]), images.labels[chosen]
