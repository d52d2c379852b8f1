"""Losses: the size of the value, and of the gradient with respect to the prediction.

Each loss is a weighted sum of terms over classes or elements. `terms` are their absolute values
before the reduction; the reduction divides the sum, and multiplies n by what it sums over.

MSELoss             d**2, gradient 2 * d, with d = |p - t|. The difference is rounded relative to
                    itself, the prediction where it is stored relative to p: inside of the terms
                    4 * d * |p|, and 4 * |p| for the gradient.
BCELoss             t * |log p| + (1 - t) * |log(1 - p)|. Rounding 1 - p moves its logarithm by a
                    unit: inside 4 * (1 - t), and 2 for each logarithm. Gradient
                    t / p + (1 - t) / (1 - p), with torch's floor of 1e-12 for the denominator
                    p * (1 - p).
BCEWithLogitsLoss   |z| * (1 + t) + log 2 ; gradient as for a rounded sigmoid: sigmoid(z) + 1/4 + t.
CrossEntropyLoss    for each class w * t * (|z| + |lse|), lse the logarithm of the sum of
                    exponentials; logits may be shifted by the largest one first, r away. Inside of
                    these terms there are roundings of 3 * (|lse| + r + 1), and what the sum of
                    exponentials loses: sqrt(classes). (Largest error seen: 2.2 * (|lse| + r + 1)
                    units for few classes, 3.9 for 1,000.) Gradient p * sum(w * t) + w * t, with the
                    inner part of Softmax: 4 * d * p * sum(w * t), d = max(r, |z|).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.judging.measured import Size
from oracles.judging.repetition import repetition

_ROUNDINGS = 8.0
_FLOOR = 1e-12
_CLOSE = 2.0**-18
"""64 units of float32."""
_FLOOR_ROUNDED = 2.0**26
"""PyTorch's floor is 1e-12 rounded to float32, also in float64: off by 2**-28 of itself."""


@dataclass(frozen=True)
class _Terms:
    """What a loss adds up.

    values, gradients   magnitudes for each element of the prediction, before the reduction
    divisor             what "mean" divides by
    summed              axes summed over even with "none"
    inner_values, inner_gradients   what roundings inside of the terms can do, in units of u
    in_value            terms that are not zero in the sum over everything
    in_gradient         terms in one element of the gradient, those of a divisor that is a sum too
    divided             the terms of such a divisor: a few weights of classes are many equal terms
    """

    values: Array
    gradients: Array
    divisor: float
    in_value: float
    in_gradient: float = 1.0
    summed: tuple[int, ...] = ()
    inner_values: Array | float = 0.0
    inner_gradients: Array | float = 0.0
    divided: Array | None = None


def loss_size(case: Case, step: Step, prediction: Array) -> Size:
    """Size of the loss without penalties."""
    assert case.loss is not None
    terms = _terms(case.loss, step, prediction)
    values, inner = (
        np.sum(np.broadcast_to(part, terms.values.shape), axis=terms.summed)
        for part in (terms.values, terms.inner_values)
    )
    classes = prediction.size / max(values.size, 1)
    scale = abs(case.loss["factor"])
    if case.loss["reduction"] == "none":
        return Size(values * scale, classes + _ROUNDINGS, inner=inner * scale)
    scale = scale / _divisor(case.loss, step, terms)
    count = terms.in_value + _ROUNDINGS
    return Size(
        np.sum(values) * scale,
        count,
        repeated=max(repetition(prediction, terms=count), _drift(case.loss, terms)),
        inner=np.sum(inner) * scale,
    )


def gradient_size(case: Case, step: Step, prediction: Array) -> Size:
    """Size of the gradient with respect to the prediction."""
    assert case.loss is not None
    terms = _terms(case.loss, step, prediction)
    scale: Any = abs(case.loss["factor"])
    if case.loss["reduction"] == "none":
        assert step.upstream is not None
        upstream = np.abs(np.asarray(step.upstream, dtype=np.float64))
        scale = scale * (np.expand_dims(upstream, terms.summed) if terms.summed else upstream)
    else:
        scale = scale / _divisor(case.loss, step, terms)
    return Size(
        terms.gradients * scale,
        terms.in_gradient + _ROUNDINGS,
        repeated=_drift(case.loss, terms),
        inner=terms.inner_gradients * scale,
    )


def loss_branch(case: Case, prediction: Array) -> Array | None:
    """Where a loss goes over to another formula: the predictions that BCELoss takes for 0 or 1, in
    its logarithms or in the denominator of its gradient; and the size of what is left of a
    prediction so close to them that rounding may be all there is of it."""
    assert case.loss is not None
    if case.loss["type"] != "BCELoss":
        return None
    p = np.minimum(prediction, 1.0 - prediction)
    left = np.where(p < _CLOSE, np.frexp(p)[1], 0)
    return np.array([p <= np.exp(-100.0), p * (1.0 - p) <= _FLOOR, left])


def _drift(loss: Mapping[str, Any], terms: _Terms) -> float:
    """How likely two terms of the divisor are equal."""
    if loss["reduction"] != "mean" or terms.divided is None:
        return 0.0
    return repetition(terms.divided, terms=terms.divided.size)


def _divisor(loss: Mapping[str, Any], step: Step, terms: _Terms) -> float:
    return {
        "mean": terms.divisor,
        "sum": 1.0,
        "batchmean": float(max(len(step.samples), 1)),
    }[str(loss["reduction"])]


def _terms(loss: Mapping[str, Any], step: Step, prediction: Array) -> _Terms:
    assert step.target is not None
    return FAMILIES[str(loss["type"])](loss, np.asarray(step.target), prediction)


def _squares(loss: Mapping[str, Any], target: Array, prediction: Array) -> _Terms:
    difference = np.abs(prediction - target)
    count, size = float(prediction.size), np.abs(prediction)
    return _Terms(
        difference**2,
        2.0 * difference,
        count,
        count,
        inner_values=4.0 * difference * size,
        inner_gradients=4.0 * size,
    )


def _binary(loss: Mapping[str, Any], target: Array, p: Array) -> _Terms:
    t, weight = np.asarray(target, dtype=np.float64), _weight(loss, "weight")
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p, log_q = np.minimum(-np.log(p), 100.0), np.minimum(-np.log1p(-p), 100.0)
        floor = np.maximum(p * (1.0 - p), _FLOOR)
    values = np.abs(t) * log_p + np.abs(1.0 - t) * log_q
    inside = 2.0 * values + 4.0 * np.abs(1.0 - t)
    gradients = (np.abs(t) * np.abs(1.0 - p) + np.abs(1.0 - t) * np.abs(p)) / floor
    gradients = np.where(p * (1.0 - p) <= _FLOOR, gradients * _FLOOR_ROUNDED, gradients)
    count = float(p.size)
    return _Terms(weight * values, weight * gradients, count, count, inner_values=weight * inside)


def _binary_logits(loss: Mapping[str, Any], target: Array, z: Array) -> _Terms:
    t = np.abs(np.asarray(target, dtype=np.float64))
    weight = _weight(loss, "weight") * np.maximum(1.0, _weight(loss, "pos_weight"))
    sigmoid = 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))
    values = np.abs(z) * (1.0 + t) + np.log(2.0)
    count = float(z.size)
    return _Terms(weight * values, weight * (sigmoid + 0.25 + t), count, count)


def _cross_entropy(loss: Mapping[str, Any], target: Array, z: Array) -> _Terms:
    distribution, divided = _distribution(loss, target, z)
    highest = np.max(z, axis=1, keepdims=True)
    shifted = np.exp(z - highest)
    total = np.sum(shifted, axis=1, keepdims=True)
    p, lse = shifted / total, highest + np.log(total)
    r, passed = highest - z, p * np.sum(distribution, axis=1, keepdims=True)
    classes, predictions = z.shape[1], z.size / z.shape[1]
    labels = target.dtype.kind in "iu" and not loss["label_smoothing"]
    inside = 3.0 * (np.abs(lse) + r + 1.0) + np.sqrt(classes)
    return _Terms(
        distribution * (np.abs(lse) + np.abs(z)),
        passed + distribution,
        predictions if divided is None else float(np.sum(divided)),
        in_value=predictions + classes if labels else float(z.size),
        in_gradient=classes + (predictions if loss["weight"] is not None else 0.0),
        summed=(1,),
        inner_values=distribution * inside,
        inner_gradients=4.0 * np.maximum(r, np.abs(z)) * passed,
        divided=None if loss["weight"] is None else divided,
    )


def _distribution(loss: Mapping[str, Any], target: Array, z: Array) -> tuple[Array, Array | None]:
    """Weighted target distribution over the classes, and what the divisor of "mean" is the sum of:
    the weights of the labels that count; None for probabilities, divided by their number."""
    classes = z.shape[1]
    per_class = np.broadcast_to(_weight(loss, "weight"), (classes,))
    axes = (1, classes) + (1,) * (z.ndim - 2)
    weight = per_class.reshape(axes[:1] + axes[1:])
    smoothing = float(loss["label_smoothing"])
    if target.dtype.kind not in "iu":
        smoothed = (1.0 - smoothing) * np.asarray(target, dtype=np.float64) + smoothing / classes
        return weight * np.abs(smoothed), None
    counted = target != loss["ignore_index"]
    labels = np.where(counted, target, 0)
    one_hot = np.moveaxis(np.eye(classes)[labels], -1, 1)
    smoothed = ((1.0 - smoothing) * one_hot + smoothing / classes) * np.expand_dims(counted, 1)
    return weight * smoothed, per_class[labels] * counted


def _weight(loss: Mapping[str, Any], name: str) -> Array:
    weight = loss.get(name)
    return np.abs(np.asarray(1.0 if weight is None else weight, dtype=np.float64))


FAMILIES: Mapping[str, Callable[[Mapping[str, Any], Array, Array], _Terms]] = {
    "MSELoss": _squares,
    "BCELoss": _binary,
    "BCEWithLogitsLoss": _binary_logits,
    "CrossEntropyLoss": _cross_entropy,
}
"""Every loss that has a rule."""
