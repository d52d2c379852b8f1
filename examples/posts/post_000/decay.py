"""reg * (sum of squares) / (2 N), with N the batch."""

from __future__ import annotations

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_000.bars import CLASSES, SIDE, Data, bars
from examples.posts.post_000.judged import causes, judged
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Sizes
from examples.posts.post_000.plug import Plug
from examples.posts.post_000.training import Answers, answers, sgd

SIZES = Sizes(side=SIDE, kernel=3, filters=4, pool=2, classes=CLASSES)
REG = 1.0
DIGITS = "posts/000_digits"

by_batch = Plug(
    "post 000, its decay divided by the batch",
    lambda setting: Mended(setting.sizes, setting.reg, setting.white),
)


def duplicated() -> Shown:
    """Every sample twice says nothing new, and yet the decay is halved."""
    generator = np.random.default_rng(0)
    data, theta = bars(generator, 20), SIZES.random(generator)
    of_data, of_decay = (Mended(SIZES), Mended(SIZES, REG))
    rows, labels = np.tile(data.rows, (2, 1)), np.tile(data.labels, 2)
    once = of_data.cost_and_gradient(theta, data.rows, data.labels)[1]
    twice = of_data.cost_and_gradient(theta, rows, labels)[1]
    decay_once = of_decay.cost_and_gradient(theta, data.rows, data.labels)[1] - once
    decay_twice = of_decay.cost_and_gradient(theta, rows, labels)[1] - twice
    moved = float(np.abs(twice - once).max())
    factor = float(np.linalg.norm(decay_twice) / np.linalg.norm(decay_once))
    return Shown(
        lines=(
            f"A batch of 20, and the same with every sample twice, reg = {REG:g}:",
            f"  gradient of the data     differs by {moved:.0e}",
            f"  gradient of the penalty  {factor:.3f} of what it was",
            "Decay of a weight, reg / N, in batches of "
            + ", ".join(f"{size}: {REG / size:g}" for size in (1, 20, 400)),
        ),
        figures={"data gradient moves by": moved, "decay factor": factor},
    )


def collapse() -> Shown:
    """With one reg the network learns or not, as the penalty is divided by all or by the batch."""
    data = bars(np.random.default_rng(1))
    batch, whole = _trained(data, None), _trained(data, len(data.rows))
    said = causes(judged(by_batch, DIGITS))
    return Shown(
        lines=(
            f"400 right images of bars, batches of 20, 40 epochs, reg = {REG:g} divided by",
            f"  the batch        {batch}",
            f"  all 400 samples  {whole}",
            f"The harness, where a case divides by all and the code by the batch: {said}",
        ),
        figures={
            "share, by batch": batch.share,
            "spread, by batch": batch.spread,
            "accuracy, by all": whole.accuracy,
            "cause": said,
        },
    )


def _trained(data: Data, samples: int | None) -> Answers:
    generator = np.random.default_rng(11)
    network, theta = Mended(SIZES, REG, samples=samples), SIZES.random(generator)
    theta = sgd(network, theta, data.rows, data.labels, generator, lr=1.0, batch_size=20, epochs=40)
    return answers(network, theta, data.rows, data.labels)
