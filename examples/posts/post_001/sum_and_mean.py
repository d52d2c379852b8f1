"""The gradient summed over a batch, or its mean."""

from __future__ import annotations

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_001.data import small
from examples.posts.post_001.layers import Array
from examples.posts.post_001.mended import implementation as mended
from examples.posts.post_001.nets import digits_c
from examples.posts.post_001.training import BATCH, Images, train

STEPS = 60


def one_factor() -> Shown:
    """Three trainings from one start, in float64."""
    learned, _ = small()
    images = Images(learned.x.astype(np.float64), learned.labels)
    runs = (
        ("sum, rate 1e-3", _errors(images, 1e-3, mean=False)),
        (f"mean, rate {BATCH}e-3", _errors(images, BATCH * 1e-3, mean=True)),
        ("mean, rate 1e-3", _errors(images, 1e-3, mean=True)),
    )
    (_, summed), (_, scaled), (_, slow) = runs
    apart = float(np.max(np.abs(summed - scaled) / summed))
    shown = range(0, STEPS, 10)
    lines = [f"{'error per 100 images, batch':28}" + "".join(f"{i + 1:8}" for i in shown)]
    for what, errors in runs:
        lines.append(f"{what:28}" + "".join(f"{errors[i]:8.2f}" for i in shown))
    lines.append(
        f"Sum and {BATCH} times the mean differ by {apart:.1e} at most, relative: rounding."
    )
    return Shown(tuple(lines), {"apart": apart, "last, sum": summed[-1], "last, mean": slow[-1]})


def _errors(images: Images, lr: float, *, mean: bool) -> Array:
    case, generator = digits_c().draw("float64"), np.random.default_rng(0)
    trained = train(mended, case, images, STEPS, generator, lr=lr, mean=mean)
    return trained.errors * 100 / BATCH
