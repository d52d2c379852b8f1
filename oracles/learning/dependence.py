"""Whether what a network predicts depends on the sample at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.learning.collecting import spread_of
from oracles.learning.course import Look
from oracles.learning.situation import Situation

HARDLY = 0.05
"""Predictions whose spread is this share of that of the targets can take away about twice this
share of the loss of the best constant prediction: 1 - (1 - s)^2. That is less than LEARNS."""


@dataclass(frozen=True)
class Dependence:
    """Standard deviation over the samples, mean over the outputs.

    predicted   of the predictions; of the probabilities where the loss reads logits
    wanted      of the targets; labels as rows of zeros and a one
    """

    predicted: float
    wanted: float

    @property
    def share(self) -> float:
        """Of the spread of the targets: 1 for a network that predicts them all."""
        return self.predicted / self.wanted


def dependence(situation: Situation) -> Dependence | None:
    """Of the trained oracle's predictions on samples to learn from; None where they are unknown or
    not finite, or where all targets are the same."""
    look = situation.course.trained_on
    if look is None or look.samples < 2 or not np.all(np.isfinite(look.predictions)):
        return None
    targets = situation.lesson.samples.target[: look.samples]
    loss = situation.case.loss
    assert loss is not None
    predictions = _as_targets(loss["type"], look)
    if loss["type"] == "CrossEntropyLoss" and targets.dtype.kind in "iu":
        classes = np.arange(predictions.shape[1]).reshape(-1, *(1,) * (predictions.ndim - 2))
        targets = targets[:, None] == classes
    wanted = spread_of(targets.astype(np.float64))
    return Dependence(spread_of(predictions), wanted) if wanted else None


def _as_targets(loss: str, look: Look) -> Array:
    """Predictions as numbers that can be compared with targets."""
    predictions = np.asarray(look.predictions, dtype=np.float64)
    if loss == "CrossEntropyLoss":
        powers = np.exp(predictions - predictions.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    if loss == "BCEWithLogitsLoss":
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * predictions))
    return predictions
