"""MNIST with 9x9 kernels and means over 4x4."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_000.asked import Asked
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Network, Sizes
from examples.posts.post_000.training import Answers, answers, prior_cost, sgd
from oracles.learning.data.idx_folder import idx_folder

SIZES = Sizes(side=28, kernel=9, filters=6, pool=4, classes=10)
LEARNED, HELD_OUT = 1000, 500


def trained(folder: Path, epochs: int = 20) -> Shown:
    """SGD in batches of 50 with learning rate 0.5."""
    data = idx_folder(folder)
    assert data.held_out_x is not None
    assert data.held_out_target is not None
    rows, targets = data.x[:LEARNED].reshape(LEARNED, -1), data.target[:LEARNED]
    others = data.held_out_x[:HELD_OUT].reshape(HELD_OUT, -1)
    other_targets = data.held_out_target[:HELD_OUT]

    def run(network: Network) -> tuple[Answers, Answers]:
        generator = np.random.default_rng(0)
        theta = SIZES.random(generator)
        theta = sgd(network, theta, rows, targets, generator, lr=0.5, batch_size=50, epochs=epochs)
        return (
            answers(network, theta, rows, targets),
            answers(network, theta, others, other_targets),
        )

    before, after = run(Asked(SIZES)), run(Mended(SIZES))
    prior = prior_cost(targets, 10)
    return Shown(
        lines=(
            f"{LEARNED} images of MNIST, {HELD_OUT} of its test set held out, {epochs} epochs",
            f"  as asked  learned from  {before[0]}",
            f"            held out      {before[1]}",
            f"  mended    learned from  {after[0]}",
            f"            held out      {after[1]}",
            f"Cost of the shares of the classes alone: {prior:.3f}",
        ),
        figures={
            "prior": prior,
            "cost before": before[0].cost,
            "share before": before[0].share,
            "accuracy before": before[1].accuracy,
            "accuracy after": after[1].accuracy,
        },
    )
