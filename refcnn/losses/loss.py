"""What every loss has in common: reduction, factor, upstream gradient."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from refcnn import checks
from refcnn.arrays import AnyArray, Array, Scalar

REDUCTIONS = ("mean", "sum", "none", "batchmean")


class Loss(ABC):
    """A loss is an array of elements, reduced to one number and multiplied by `factor`.

    reduction  "mean"       sum of the elements / their number (or their total weight)
               "batchmean"  sum of the elements / N, the number of samples in the batch
               "sum"        sum of the elements
               "none"       the elements themselves; `backward` then needs `upstream`
    """

    def __init__(self, reduction: str = "mean", factor: float = 1.0) -> None:
        self.reduction = checks.choice(self.kind, "reduction", reduction, REDUCTIONS)
        self.factor = checks.number(self.kind, "factor", factor)
        self._elements_of_last: tuple[int, ...] | None = None
        self._divisor = 1.0

    @property
    def kind(self) -> str:
        """The name of the type, which every message starts with."""
        return type(self).__name__

    def forward(self, prediction: Array, target: ArrayLike) -> Array | Scalar:
        """The loss: a scalar, or with reduction "none" an array."""
        prediction = checks.floating(self.kind, prediction, "prediction")
        if prediction.ndim == 0:
            raise ValueError(f"{self.kind}: expected a prediction with axes (N, ...), got a scalar")
        elements, weight = self._elements(prediction, np.asarray(target))
        self._elements_of_last = elements.shape
        if self.reduction == "none":
            return elements * self.factor
        self._divisor = {"mean": weight, "batchmean": float(len(prediction)), "sum": 1.0}[
            self.reduction
        ]
        with np.errstate(invalid="ignore", divide="ignore"):  # the mean of nothing is NaN
            value: Scalar = elements.sum() / self._divisor * self.factor
        return value

    def backward(self, upstream: ArrayLike | None = None) -> Array:
        """The derivative with respect to the prediction of the last `forward`.

        `upstream` is the derivative of what is wanted with respect to this loss: required, in the
        shape of the elements, with reduction "none"; otherwise a number, 1 if left out.
        """
        shape = self._elements_of_last
        if shape is None:
            raise RuntimeError(f"{self.kind}: backward() was called before forward()")
        if self.reduction == "none" and upstream is None:
            raise ValueError(
                f"{self.kind}: reduction='none' needs an upstream gradient of shape {shape}"
            )
        expected = shape if self.reduction == "none" else ()
        given = np.asarray(1.0 if upstream is None else upstream)
        if given.shape != expected:
            raise ValueError(
                f"{self.kind}: expected upstream of shape {expected}, got {given.shape}"
            )
        if self.reduction == "none":
            return self._gradient(given * self.factor)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._gradient(np.full(shape, given * self.factor / np.float64(self._divisor)))

    @abstractmethod
    def _elements(self, prediction: Array, target: AnyArray) -> tuple[Array, float]:
        """The loss of each element, and what the mean divides by; keeps what backward needs."""

    @abstractmethod
    def _gradient(self, scale: Array) -> Array:
        """The derivative of sum(scale * elements), `scale` shaped like the elements."""


def like(kind: str, prediction: Array, target: AnyArray) -> Array:
    """The target of a loss between arrays of one shape and dtype."""
    if target.dtype != prediction.dtype:
        raise TypeError(
            f"{kind}: expected a target of dtype {prediction.dtype} like the prediction, got "
            f"{target.dtype}; convert it first, e.g. target.astype(np.{prediction.dtype})"
        )
    if target.shape != prediction.shape:
        raise ValueError(
            f"{kind}: expected a target of the prediction's shape {prediction.shape} (nothing is "
            f"broadcast), got {target.shape}"
        )
    return target


def rescaling(kind: str, name: str, weight: ArrayLike | None, prediction: Array) -> Array:
    """A weight that is broadcast to the prediction, or ones."""
    if weight is None:
        return np.ones((1,) * prediction.ndim, dtype=prediction.dtype)
    array = np.asarray(weight, dtype=prediction.dtype)
    try:
        return np.broadcast_to(array, prediction.shape)
    except ValueError:
        raise ValueError(
            f"{kind}: {name} must broadcast to the prediction {prediction.shape}, got {array.shape}"
        ) from None
