"""Division by 255 of grey levels that end at 16."""

from __future__ import annotations

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_000.judged import causes, judged
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Sizes
from examples.posts.post_000.plug import Plug
from examples.posts.post_000.training import answers, prior_cost, sgd
from oracles.learning.data.digits import digits

SIZES = Sizes(side=8, kernel=3, filters=4, pool=2, classes=10)
DIGITS = "posts/000_digits"

always_255 = Plug(
    "post 000, 255 for white",
    lambda setting: Mended(setting.sizes, setting.reg, samples=setting.samples),
)


def white() -> Shown:
    """scikit-learn's digits, right images; only the divisor differs."""
    data = digits()
    assert data.held_out_x is not None
    assert data.held_out_target is not None
    rows, held_out = data.x.reshape(-1, 64), data.held_out_x.reshape(-1, 64)
    said = {}
    for divisor in (255.0, 16.0):
        generator = np.random.default_rng(0)
        network, theta = Mended(SIZES, white=divisor), SIZES.random(generator)
        theta = sgd(network, theta, rows, data.target, generator, lr=0.5, batch_size=20, epochs=10)
        said[divisor] = answers(network, theta, held_out, data.held_out_target)
    cause = causes(judged(always_255, DIGITS))
    return Shown(
        lines=(
            "scikit-learn's digits, grey levels of 0..16, 10 epochs; on those held out, divided by",
            *(f"  {divisor:3g}  {one}" for divisor, one in said.items()),
            f"Cost of the shares of the classes alone: {prior_cost(data.target, 10):.3f}",
            f"The harness, where a case divides by 16 and the code by 255: {cause}",
        ),
        figures={
            "share, by 255": said[255.0].share,
            "spread, by 255": said[255.0].spread,
            "accuracy, by 255": said[255.0].accuracy,
            "accuracy, by 16": said[16.0].accuracy,
            "cause": cause,
        },
    )
