"""What can be reached without looking at the inputs at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.learning.course import Look
from oracles.learning.data.dataset import DataError
from oracles.learning.lesson import Lesson
from oracles.references.pytorch import PyTorch

LEARNS = 0.1
"""Share of the loss of the best constant prediction that has to be gone for a network to count as
learning."""

_RIGHT = 0.5
"""Share of the errors of a constant that has to be gone for a network to count as mostly right."""


@dataclass(frozen=True)
class Baseline:
    """The best constant prediction: the same output for every sample.

    prediction   what it is: the mean of the targets, or the logarithm of the shares of the classes
    loss         of it, without penalties, averaged as in `Look.loss`
    most_often   share of the commonest label: the accuracy of a constant; NaN without labels
    """

    prediction: Array
    loss: float
    most_often: float

    def learned(self, look: Look | None) -> float:
        """The share of the loss of the constant that a network takes away: 1 is all of it, 0 is
        none, below 0 it is worse than the constant. NaN where there is nothing to look at."""
        if look is None or not np.isfinite(look.loss):
            return float("nan")
        return 1.0 - look.loss / self.loss if self.loss else float("nan")

    def mostly_right(self, look: Look | None) -> bool:
        """Whether a network gets many more labels right than a constant does, whatever its loss: it
        may be so sure of what it gets wrong that its loss is worse than that of a constant."""
        if look is None or not np.isfinite(look.loss):
            return False
        return look.accuracy - self.most_often >= _RIGHT * (1.0 - self.most_often) > 0.0


def baseline(lesson: Lesson, dtype: str) -> Baseline:
    """Of the samples to learn from on which the network is looked at in the end.

    Raises DataError where all targets are equal.
    """
    case, reference = lesson.case(dtype), PyTorch()
    steps, seen = [], 0
    for index, samples in enumerate(lesson.looks):
        if seen < lesson.looked_at:
            steps.append(case.steps[lesson.steps + index])
        seen += len(samples)
    targets = np.concatenate([step.target for step in steps if step.target is not None])
    if len(np.unique(targets.reshape(len(targets), -1), axis=0)) < 2:
        raise DataError(
            f"{lesson.samples.name}: all {len(targets)} targets that are looked at are equal, so "
            "that a constant is right: nothing shows whether a network learns"
        )
    assert case.loss is not None
    shape = case.output.output_shape
    prediction, most_often = _best(case.loss["type"], targets, shape)
    losses = [
        lesson.as_batch(
            float(
                reference.loss(case, step, np.broadcast_to(prediction, (len(step.samples), *shape)))
            ),
            len(step.samples),
        )
        for step in steps
    ]
    weights = [len(step.samples) for step in steps]
    return Baseline(prediction, float(np.average(losses, weights=weights)), most_often)


def _best(loss: str, targets: Array, output: tuple[int, ...]) -> tuple[Array, float]:
    """The constant with the least loss, and the share of the commonest label."""
    labels = targets.dtype.kind in "iu"
    if labels:
        classes = np.arange(output[0]).reshape(-1, *(1,) * (len(output) - 1))
        shares = np.mean(targets[:, None] == classes, axis=0)
    else:
        shares = np.mean(targets.astype(np.float64), axis=0)
    tiny = 1e-6
    if loss == "CrossEntropyLoss":
        prediction = np.log(np.maximum(shares, tiny))
    elif loss == "BCEWithLogitsLoss":
        inside = np.clip(shares, tiny, 1 - tiny)
        prediction = np.log(inside) - np.log1p(-inside)
    else:
        prediction = shares
    one_hot = not labels and targets.ndim == 2 and set(np.unique(targets)) <= {0.0, 1.0}
    common = float(shares.max()) if labels or one_hot else float("nan")
    return np.broadcast_to(prediction, output), common
