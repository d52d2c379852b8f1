"""Stochastic gradient descent, and what a network says in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.posts.post_000.network import Floats, Labels, Network


def sgd(
    network: Network,
    theta: Floats,
    rows: NDArray[Any],
    labels: Labels,
    generator: np.random.Generator,
    *,
    lr: float,
    batch_size: int,
    epochs: int,
) -> Floats:
    """theta - lr * gradient, over batches of samples that are shuffled anew in each epoch."""
    for _ in range(epochs):
        order = generator.permutation(len(rows))
        for start in range(0, len(rows), batch_size):
            chosen = order[start : start + batch_size]
            _, gradient = network.cost_and_gradient(theta, rows[chosen], labels[chosen])
            theta = theta - lr * gradient
    return theta


@dataclass(frozen=True)
class Answers:
    """What a network says of some samples, in one batch.

    cost      without the penalty
    accuracy  share of samples whose largest output is at the label
    share     of the class that is answered most often
    spread    standard deviation of an output over the samples, mean over the outputs
    """

    cost: float
    accuracy: float
    share: float
    spread: float

    def __str__(self) -> str:
        return (
            f"cost {self.cost:.3f}, accuracy {self.accuracy:.3f}, commonest answer "
            f"{self.share:.2f}, spread {self.spread:.4f}"
        )


def answers(network: Network, theta: Floats, rows: NDArray[Any], labels: Labels) -> Answers:
    """The network as it is, on all samples at once."""
    computed = network.forward(theta, rows)
    return of_logits(computed.logits, computed.outputs, labels)


def of_logits(logits: Floats, outputs: Floats, labels: Labels) -> Answers:
    """From logits and outputs (N, classes); a cost that cannot become NaN."""
    said = np.argmax(logits, axis=1)
    targets = np.eye(logits.shape[1])[labels]
    return Answers(
        cost=float(np.sum(np.logaddexp(0, np.where(targets > 0, -logits, logits)))) / len(logits),
        accuracy=float(np.mean(said == labels)),
        share=float(np.bincount(said).max()) / len(said),
        spread=float(np.mean(np.std(outputs, axis=0))),
    )


def prior_cost(labels: Labels, classes: int) -> float:
    """The cost of the best answer that does not look at the image: the share of each class."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return float(-np.sum(shares * np.log(shares) + (1 - shares) * np.log1p(-shares)))
