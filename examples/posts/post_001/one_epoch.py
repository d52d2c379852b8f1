"""The three networks as they should behave: one epoch of MNIST."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_001.data import full_size, mnist
from examples.posts.post_001.mended import implementation as mended
from examples.posts.post_001.nets import RATES, initialised, net
from examples.posts.post_001.training import BATCH, train


def one_epoch(folder: Path) -> Shown:
    """Batches of 20, summed; weights of standard deviation sqrt(2 / fan_in)."""
    learned, held_out = full_size(mnist(folder))
    steps = len(learned.x) // BATCH
    lines = [
        "network   rate     error per 100 images, first and last 100 batches  accuracy held out"
    ]
    figures: dict[str, float | str] = {}
    for name, rate in RATES.items():
        generator = np.random.default_rng(0)
        case = initialised(net(name).draw("float32"), generator)
        trained = train(mended, case, learned, steps, generator, lr=rate)
        errors = trained.errors * 100 / BATCH
        begun, ended = float(np.mean(errors[:100])), float(np.mean(errors[-100:]))
        accuracy = trained.accuracy(held_out)
        lines.append(f"{name:9} {rate:<8g} {begun:18.1f} -> {ended:<27.1f} {accuracy:.3f}")
        figures |= {f"{name}, accuracy": accuracy, f"{name}, error": ended}
    return Shown(tuple(lines), figures)
