"""Differences of the cost against its gradient, as the question checked them."""

from __future__ import annotations

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_000.asked import Asked
from examples.posts.post_000.bars import CLASSES, SIDE, bars
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Floats, Labels, Network, Sizes

SAMPLES = 20
STEP = 1e-5


def gradient_check() -> Shown:
    """It passes: cost and gradient see the same scrambled images."""
    generator = np.random.default_rng(0)
    data = bars(generator, SAMPLES)
    sizes = Sizes(side=SIDE, kernel=3, filters=4, pool=2, classes=CLASSES)
    theta = sizes.random(generator)
    asked, mended = Asked(sizes, reg=0.5), Mended(sizes, reg=0.5)
    gradient = asked.cost_and_gradient(theta, data.rows, data.labels)[1]
    own = _differences(asked, theta, data.rows, data.labels)
    meant = _differences(mended, theta, data.rows, data.labels)
    passes, misses = relative(gradient, own), relative(gradient, meant)
    share = own_pixels(asked, SAMPLES)
    return Shown(
        lines=(
            f"{len(theta)} derivatives, {SAMPLES} images of {SIDE}x{SIDE}, steps of {STEP:g}:",
            f"  against differences of the same cost         relative difference {passes:.1e}",
            f"  against differences of the cost that is meant                    {misses:.1e}",
            f"Of the pixels of each image {share:.1%} come from its own sample"
            f" (1/N = {1 / SAMPLES:.1%}); the label does.",
        ),
        figures={"same cost": passes, "cost that is meant": misses, "own pixels": share},
    )


def relative(one: Floats, other: Floats) -> float:
    """|a - b| / (|a| + |b|)."""
    both = np.linalg.norm(one) + np.linalg.norm(other)
    return float(np.linalg.norm(one - other) / both)


def own_pixels(network: Network, samples: int) -> float:
    """The share of the pixels of an image that the reshape takes from the sample of its label."""
    number = np.arange(samples)
    rows = np.repeat(number[:, None], network.sizes.side**2, axis=1)
    return float(np.mean(np.rint(network.images(rows) * 255) == number))


def _differences(network: Network, theta: Floats, rows: Floats, labels: Labels) -> Floats:
    """(cost(theta + h) - cost(theta - h)) / 2h for each number of theta."""

    def cost(at: Floats) -> float:
        return network.cost(at, network.forward(at, rows), labels)

    moves = STEP * np.eye(len(theta))
    return np.array([(cost(theta + move) - cost(theta - move)) / (2 * STEP) for move in moves])
