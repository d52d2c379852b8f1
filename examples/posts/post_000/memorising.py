"""scipy.optimize.minimize on one batch that never changes, through refcnn's flat vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import refcnn
from examples.posts.post import Shown
from examples.posts.post_000.asked import Asked
from examples.posts.post_000.bars import CLASSES, SIDE, Data, bars
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Floats, Network, Sizes
from examples.posts.post_000.training import of_logits

SIZES = Sizes(side=SIDE, kernel=3, filters=8, pool=2, classes=CLASSES)


@dataclass(frozen=True)
class Memory:
    """Accuracy on the batch that was learned, on the same samples in another order, and on others;
    and the cost in the end."""

    learned: float
    reordered: float
    held_out: float
    cost: float


def memorising() -> Shown:
    """Scrambled images that stay the same can be learned by heart, and help with nothing else."""
    data = bars(np.random.default_rng(1), 100)
    before, after = memory(Asked(SIZES), data), memory(Mended(SIZES), data)
    row = "  {:9} {:.3f}         {:.3f}              {:.3f}    cost {:.1e}"
    return Shown(
        lines=(
            "L-BFGS on all 100 images at once: accuracy on",
            "            this batch    in another order   200 others",
            row.format("as asked", before.learned, before.reordered, before.held_out, before.cost),
            row.format("mended", after.learned, after.reordered, after.held_out, after.cost),
        ),
        figures={
            "learned before": before.learned,
            "reordered before": before.reordered,
            "held out before": before.held_out,
            "learned after": after.learned,
            "reordered after": after.reordered,
            "held out after": after.held_out,
        },
    )


def memory(images: Network, data: Data) -> Memory:
    """refcnn's network of the same layers, on images as `images` makes them."""
    network = _network(images.sizes, np.random.default_rng(2))
    loss = refcnn.BCEWithLogitsLoss(reduction="batchmean")
    batch, targets = _images(images, data.rows), images.targets(data.labels)

    def cost_and_gradient(vector: Floats) -> tuple[float, Floats]:
        network.flat_parameters = vector
        value = loss.forward(network.forward(batch), targets)
        network.backward(loss.backward())
        return float(value), network.flat_gradients.astype(np.float64)

    found = minimize(cost_and_gradient, network.flat_parameters, jac=True, method="L-BFGS-B")
    network.flat_parameters = found.x

    def accuracy(rows: NDArray[Any], labels: NDArray[np.intp]) -> float:
        logits = network.forward(_images(images, rows)).astype(np.float64)
        return of_logits(logits, logits, labels).accuracy

    order = np.random.default_rng(3).permutation(len(data.rows))
    return Memory(
        learned=accuracy(data.rows, data.labels),
        reordered=accuracy(data.rows[order], data.labels[order]),
        held_out=accuracy(data.held_out_rows, data.held_out_labels),
        cost=float(found.fun),
    )


def _network(sizes: Sizes, generator: np.random.Generator) -> refcnn.Sequential:
    """Up to the logits; the sigmoid after them is in the loss."""
    double = np.dtype(np.float64)
    features = sizes.pooled**2 * sizes.filters
    return refcnn.Sequential(
        refcnn.Conv2d(1, sizes.filters, sizes.kernel, generator=generator, dtype=double),
        refcnn.Sigmoid(),
        refcnn.AvgPool2d(sizes.pool),
        refcnn.Flatten(),
        refcnn.Linear(features, sizes.classes, generator=generator, dtype=double),
    )


def _images(network: Network, rows: NDArray[Any]) -> Floats:
    """(N, 1, H, W)."""
    return np.ascontiguousarray(network.images(rows).transpose(2, 0, 1)[:, None])
