"""Binary cross-entropy of probabilities."""

import numpy as np
from numpy.typing import ArrayLike

from refcnn.arrays import AnyArray, Array
from refcnn.losses.loss import Loss, like, rescaling

SMALLEST_LOG = -100
SMALLEST_VARIANCE = float(np.float32(1e-12))  # torch has it as a float32, also in float64


class BCELoss(Loss):
    """Binary cross-entropy of a probability p and a target t, both between 0 and 1.

    Shapes:
        prediction, target  any, equal (nothing is broadcast)
        weight              broadcast to them

    Formula:
        element = -weight * (t * log(p) + (1 - t) * log(1 - p))
        gradient of an element = weight * (p - t) / (p * (1 - p))
        Logarithms are at least -100 and the last denominator at least 1e-12, so that nothing is
        infinite at p = 0 and p = 1. "mean" divides by the number of elements, not by the weights.

    Source:
        torch.nn.BCELoss
    """

    def __init__(
        self,
        weight: ArrayLike | None = None,
        reduction: str = "mean",
        factor: float = 1.0,
    ) -> None:
        super().__init__(reduction, factor)
        self.weight = weight
        self._kept: tuple[Array, Array, Array] | None = None

    def _elements(self, prediction: Array, target: AnyArray) -> tuple[Array, float]:
        target = like(self.kind, prediction, target)
        for what, array in (("prediction", prediction), ("target", target)):
            if not np.all((array >= 0) & (array <= 1)):
                raise ValueError(f"BCELoss: every {what} must lie between 0 and 1")
        weight = rescaling(self.kind, "weight", self.weight, prediction)
        self._kept = prediction, target, weight
        with np.errstate(divide="ignore"):  # log(0) is replaced
            log_p = np.maximum(np.log(prediction), SMALLEST_LOG)
            log_q = np.maximum(np.log1p(-prediction), SMALLEST_LOG)
        elements: Array = -weight * (target * log_p + (1 - target) * log_q)
        return elements, prediction.size

    def _gradient(self, scale: Array) -> Array:
        assert self._kept is not None
        p, target, weight = self._kept
        variance = np.maximum((1 - p) * p, SMALLEST_VARIANCE)
        gradient: Array = scale.astype(p.dtype) * weight * (p - target) / variance
        return gradient
