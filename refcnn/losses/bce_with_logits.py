"""Binary cross-entropy of logits."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from refcnn.arrays import AnyArray, Array
from refcnn.losses.loss import Loss, like, rescaling


class BCEWithLogitsLoss(Loss):
    """Binary cross-entropy of sigmoid(x) and a target t, from the logit x.

    Shapes:
        prediction x, target t  any, equal (nothing is broadcast)
        weight, pos_weight      broadcast to them

    Formula:
        element = weight * ((1 - t) * x + l * (log(1 + exp(-|x|)) + max(-x, 0)))
                  with l = 1 + (pos_weight - 1) * t
                = -weight * (pos_weight * t * log(sigmoid(x)) + (1 - t) * log(1 - sigmoid(x)))
        gradient of an element = weight * (l * sigmoid(x) - pos_weight * t)
        Never overflows. "mean" divides by the number of elements, not by the weights.

    Source:
        torch.nn.BCEWithLogitsLoss
    """

    def __init__(
        self,
        weight: ArrayLike | None = None,
        reduction: str = "mean",
        pos_weight: ArrayLike | None = None,
        factor: float = 1.0,
    ) -> None:
        super().__init__(reduction, factor)
        self.weight = weight
        self.pos_weight = pos_weight
        self._kept: tuple[Array, Array, Array, Array] | None = None

    def _elements(self, prediction: Array, target: AnyArray) -> tuple[Array, float]:
        x, t = prediction, like(self.kind, prediction, target)
        weight = rescaling(self.kind, "weight", self.weight, x)
        pos_weight = rescaling(self.kind, "pos_weight", self.pos_weight, x)
        self._kept = x, t, weight, pos_weight
        minus_log_sigmoid = np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0)
        log_weight = 1 + (pos_weight - 1) * t
        elements: Array = weight * ((1 - t) * x + log_weight * minus_log_sigmoid)
        return elements, x.size

    def _gradient(self, scale: Array) -> Array:
        assert self._kept is not None
        x, t, weight, pos_weight = self._kept
        log_weight = 1 + (pos_weight - 1) * t
        gradient: Array = scale.astype(x.dtype) * weight * (log_weight * expit(x) - pos_weight * t)
        return gradient
