"""Cross-entropy of softmax."""

import numpy as np
from numpy.typing import ArrayLike

from refcnn import checks
from refcnn.arrays import AnyArray, Array
from refcnn.losses.loss import Loss


class CrossEntropyLoss(Loss):
    """Cross-entropy between softmax(prediction) and a class, or class probabilities.

    Shapes:
        prediction  (N, C) or (N, C, d1, d2, ...), logits
        target      (N) or (N, d1, d2, ...), integers: class indices; or floats shaped like the
                    prediction: probabilities
        weight      (C), one per class
        elements    (N) or (N, d1, d2, ...)

    Formula (per element; logp = x - max x - log(sum over c of exp(x[c] - max x))):
        element = -sum over c of a[c] * logp[c]
        gradient[c] = softmax(x)[c] * sum(a) - a[c]

        a = weight * ((1 - label_smoothing) * t + label_smoothing / C)
        where t is the target, one-hot for a class index, and for an index the weight of the first
        term is that of its class. Elements whose index is ignore_index are 0 and have no gradient.
        "mean" divides by the total weight of the classes that are not ignored (indices), or by the
        number of elements (probabilities).

    Source:
        torch.nn.CrossEntropyLoss
    """

    def __init__(
        self,
        weight: ArrayLike | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        factor: float = 1.0,
    ) -> None:
        super().__init__(reduction, factor)
        self.weight = None if weight is None else np.asarray(weight, dtype=np.float64)
        self.ignore_index = checks.integer(self.kind, "ignore_index", ignore_index)
        self.label_smoothing = checks.number(
            self.kind, "label_smoothing", label_smoothing, least=0, most=1
        )
        self._kept: tuple[Array, Array] | None = None

    def _elements(self, prediction: Array, target: AnyArray) -> tuple[Array, float]:
        if prediction.ndim < 2 or prediction.shape[1] == 0:
            raise ValueError(
                f"CrossEntropyLoss: expected a prediction (N, C, ...), got {prediction.shape}"
            )
        logp = _log_softmax(prediction)
        if target.dtype.kind in "iu":
            elements, coefficients, total = self._of_indices(logp, target)
        else:
            elements, coefficients, total = self._of_probabilities(logp, target)
        self._kept = np.exp(logp), coefficients
        return elements, total

    def _gradient(self, scale: Array) -> Array:
        assert self._kept is not None
        softmax, coefficients = self._kept
        used = coefficients.any(axis=1)
        scale = np.where(used, scale, 0).astype(softmax.dtype)[:, None]
        totals = coefficients.sum(axis=1, keepdims=True)
        gradient: Array = scale * (softmax * totals - coefficients)
        return gradient

    def _of_indices(self, logp: Array, target: AnyArray) -> tuple[Array, Array, float]:
        """Elements, coefficients a (N, C, ...) and total weight for class indices."""
        self._refuse_indices(logp, target)
        weight = self._class_weight(logp)
        ignored = target == self.ignore_index
        index = np.where(ignored, 0, target)[:, None]
        kept = np.where(ignored, 0, 1).astype(logp.dtype)
        own = np.broadcast_to(weight, logp.shape)
        picked = np.take_along_axis(own, index, axis=1)[:, 0] * kept

        smoothing = self.label_smoothing
        coefficients = np.zeros_like(logp)
        np.put_along_axis(coefficients, index, (1 - smoothing) * picked[:, None], axis=1)
        elements = (
            -(1 - smoothing)
            * picked
            * _where_kept(np.take_along_axis(logp, index, axis=1)[:, 0], ignored)
        )
        if smoothing:
            shared = smoothing / logp.shape[1] * weight
            coefficients += shared * kept[:, None]
            elements -= _where_kept((shared * logp).sum(axis=1), ignored)
        return elements, coefficients, float(picked.sum(dtype=np.float64))

    def _of_probabilities(self, logp: Array, target: AnyArray) -> tuple[Array, Array, float]:
        """Elements, coefficients a (N, C, ...) and number of elements for probabilities."""
        if target.dtype != logp.dtype or target.shape != logp.shape:
            raise ValueError(
                f"CrossEntropyLoss: expected probabilities {logp.shape} {logp.dtype} like the "
                f"prediction (or integers: class indices), got {target.shape} {target.dtype}"
            )
        if self.ignore_index >= 0:
            raise ValueError(
                "CrossEntropyLoss: ignore_index needs class indices as targets, got probabilities "
                f"and ignore_index={self.ignore_index}"
            )
        smoothing, classes = self.label_smoothing, logp.shape[1]
        smooth = target * (1 - smoothing) + smoothing / classes if smoothing else target
        coefficients = smooth * self._class_weight(logp)
        elements = -(coefficients * logp).sum(axis=1)
        return elements, coefficients, logp.size / classes

    def _class_weight(self, logp: Array) -> Array:
        """The weights as (1, C, 1, ...)."""
        classes = logp.shape[1]
        weight = np.ones(classes) if self.weight is None else self.weight
        if weight.shape != (classes,):
            raise ValueError(
                f"CrossEntropyLoss: expected one weight for each of {classes} classes, got weight "
                f"of shape {weight.shape}"
            )
        return weight.astype(logp.dtype).reshape(1, classes, *(1,) * (logp.ndim - 2))

    def _refuse_indices(self, logp: Array, target: AnyArray) -> None:
        expected = (len(logp), *logp.shape[2:])
        if target.shape != expected:
            raise ValueError(
                f"CrossEntropyLoss: expected class indices of shape {expected} for a prediction "
                f"{logp.shape}, got {target.shape}"
            )
        classes = logp.shape[1]
        outside = ((target < 0) | (target >= classes)) & (target != self.ignore_index)
        if outside.any():
            where = tuple(int(i) for i in np.argwhere(outside)[0])
            raise ValueError(
                f"CrossEntropyLoss: class {target[where]} at {list(where)} is not one of "
                f"0..{classes - 1} (ignore_index is {self.ignore_index})"
            )


def _log_softmax(x: Array) -> Array:
    if x.size == 0:
        return x.copy()
    with np.errstate(over="ignore", invalid="ignore"):  # -inf, or NaN, is the answer
        shifted = x - x.max(axis=1, keepdims=True)
    logp: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logp


def _where_kept(values: Array, ignored: AnyArray) -> Array:
    """Zero where the target is ignored, also for values that are not finite."""
    return np.where(ignored, values.dtype.type(0), values)
