"""One answer for everything, and how it goes away."""

from __future__ import annotations

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_000.asked import Asked
from examples.posts.post_000.bars import CLASSES, SIDE, bars
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Network, Sizes
from examples.posts.post_000.training import Answers, answers, prior_cost, sgd

SIZES = Sizes(side=SIDE, kernel=3, filters=4, pool=2, classes=CLASSES)


def symptom() -> Shown:
    """SGD on images of bars: every batch is scrambled in another way, so that nothing remains to
    be learned but how common each class is."""
    data = bars(np.random.default_rng(1))

    def trained(network: Network) -> tuple[Answers, Answers]:
        generator = np.random.default_rng(11)
        theta = SIZES.random(generator)
        theta = sgd(
            network, theta, data.rows, data.labels, generator, lr=1.0, batch_size=20, epochs=40
        )
        return (
            answers(network, theta, data.rows, data.labels),
            answers(network, theta, data.held_out_rows, data.held_out_labels),
        )

    before, after = trained(Asked(SIZES)), trained(Mended(SIZES))
    prior = prior_cost(data.labels, CLASSES)
    return Shown(
        lines=(
            "400 images of 8x8, batches of 20, learning rate 1, 40 epochs; 200 held out",
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
            "spread before": before[0].spread,
            "spread after": after[0].spread,
        },
    )
