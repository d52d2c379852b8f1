"""Squared error."""

from refcnn.arrays import AnyArray, Array
from refcnn.losses.loss import Loss, like


class MSELoss(Loss):
    """Squared difference of prediction and target.

    Shapes:
        prediction, target  any, equal (nothing is broadcast)

    Formula:
        element = (prediction - target)**2
        gradient of an element = 2 * (prediction - target)
        "mean" divides by the number of elements; half the sum of squares is reduction="sum",
        factor=0.5.

    Source:
        torch.nn.MSELoss
    """

    def __init__(self, reduction: str = "mean", factor: float = 1.0) -> None:
        super().__init__(reduction, factor)
        self._difference: Array | None = None

    def _elements(self, prediction: Array, target: AnyArray) -> tuple[Array, float]:
        difference = prediction - like(self.kind, prediction, target)
        self._difference = difference
        return difference * difference, difference.size

    def _gradient(self, scale: Array) -> Array:
        assert self._difference is not None
        return (2 * scale).astype(self._difference.dtype) * self._difference
