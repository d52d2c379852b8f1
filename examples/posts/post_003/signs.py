"""Minus and plus: which way the kernels go, and why both ways seem to lead somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_003 import runs, small, variants
from examples.posts.post_003.asked import Array, Asked, Deltas
from examples.posts.post_003.mended import Mended

_AT = (0, 5, 10, 20, 40, 60, 80, 99)
_RATIO_AT = 140


@dataclass(frozen=True)
class Direction:
    """A step of the kernels beside the way that leads downhill.

    cosine    of the angle between them: 1 is descent, -1 ascent
    past      share of kept units with |tanh| above 1/2
    loss      of the batch
    """

    cosine: float
    past: float
    loss: float


def directions() -> Shown:
    """The steps of the asked network, first of each iteration."""
    images, _ = small.images()
    random = runs.legacy(small.SEED)
    network = runs.begun(Asked, images, small.ALPHA, random)
    lines = [
        "iteration  cosine of step and downhill  kept units with |tanh| > 1/2  loss of the batch"
    ]
    figures: dict[str, float | str] = {}
    for seen in runs.steps(network, images, small.ITERATIONS, random):
        if seen.batch or seen.iteration not in _AT:
            continue
        now = direction(network, seen)
        lines.append(f"{seen.iteration:9d}  {now.cosine:27.3f}  {now.past:28.1%}  {now.loss:17.3f}")
        figures[f"cosine {seen.iteration}"] = now.cosine
        figures[f"past {seen.iteration}"] = now.past
    return Shown(tuple(lines), figures)


def ratio() -> Shown:
    """What goes back through dropout and tanh, over what should, unit by unit."""
    images, _ = small.images()
    random = runs.legacy(small.SEED)
    network = runs.begun(Asked, images, small.ALPHA, random)
    every = runs.steps(network, images, small.ITERATIONS, random)
    seen = next(islice(every, _RATIO_AT, None))
    right = _right(network, seen).sums / runs.BATCH
    chosen = (seen.mask == 1) & (right != 0)
    a, found = seen.features.hidden[chosen], seen.deltas.sums[chosen] / right[chosen]
    formula = (1 - 4 * a**2) / (2 * (1 - a**2))
    apart = float(np.max(np.abs(found - formula) / np.maximum(np.abs(formula), 1.0)))
    flips = bool(np.array_equal(found < 0, np.abs(a) > 0.5))
    opposite = float(np.mean(found < 0))
    lines = (
        f"step {_RATIO_AT}, {found.size:,} kept units, a = tanh: asked / right is "
        "(1 - 4 a^2) / (2 (1 - a^2)),",
        f"up to {apart:.0e}: 1/2 where a is small, 0 at |a| = 1/2, and {found.min():.4g} for the "
        "most saturated.",
        f"The sign is wrong for {opposite:.1%} of them, which are those with |a| > 1/2: "
        f"{'yes' if flips else 'no'}",
    )
    return Shown(lines, {"apart": apart, "flips": str(flips), "opposite": opposite})


def both_signs(iterations: int = small.ITERATIONS) -> Shown:
    """Accuracies on digits."""
    kinds: dict[str, type[Asked]] = {
        "-=, as asked": Asked,
        "+=": variants.Plus,
        "kernels stay as drawn": variants.Frozen,
        "-=, right way back through tanh and dropout": variants.RightSlope,
    }
    train, test = small.images()
    lines = [f"{'kernels':46s}accuracy on the other {len(test.labels)}"]
    figures: dict[str, float | str] = {}
    for name, kind in kinds.items():
        figures[name] = runs.trained(kind, train, test, small.ALPHA, iterations).accuracy
        lines.append(f"{name:46s}{figures[name]:.3f}")
    name, rate = f"all mended, alpha = {small.ALPHA:g}/{runs.BATCH}", small.ALPHA / runs.BATCH
    figures["mended"] = runs.trained(Mended, train, test, rate, iterations).accuracy
    lines.append(f"{name:46s}{figures['mended']:.3f}")
    return Shown(tuple(lines), figures)


def direction(network: Asked, seen: runs.Seen) -> Direction:
    """Where the kernels are about to go."""
    downhill = _right(network, seen).kernels
    step = _step(network, seen)
    size = float(np.linalg.norm(step) * np.linalg.norm(downhill))
    kept = seen.features.hidden[seen.mask == 1]
    of_label = np.sum(seen.probabilities * seen.one_hot, axis=1)
    return Direction(
        cosine=float(np.sum(step * downhill)) / size,
        past=float(np.mean(np.abs(kept) > 0.5)),
        loss=float(-np.mean(np.log(of_label))),
    )


def _right(network: Asked, seen: runs.Seen) -> Deltas:
    """Minus the gradients of the mean of the cross-entropy."""
    mended = Mended(network.kernels, network.weights, network.alpha)
    delta = mended.delta(seen.probabilities, seen.one_hot)
    return mended.backward(seen.features, delta, seen.mask)


def _step(network: Asked, seen: runs.Seen) -> Array:
    """What the update adds to the kernels."""
    copy = type(network)(network.kernels.copy(), network.weights, network.alpha)
    copy.move_kernels(seen.deltas.kernels)
    return copy.kernels - network.kernels
