"""Losses: for every element (or pixel) the loss and its derivative, and what they are divided by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.sums import chosen_sum
from oracles.contract.case import Array, Case, Step


@dataclass(frozen=True)
class Terms:
    """each      the loss before it is reduced
    derivative   of each with respect to the prediction, shaped like the prediction
    count        what "mean" divides by
    """

    each: Array
    derivative: Array
    count: float


LOG_SOFTMAX: Mapping[str, Callable[[Array], Array]] = {
    "z - max - log(sum)": lambda z: z - _largest(z) - np.log(_sum_of_exp(z)),
    "z - (max + log(sum))": lambda z: z - (_largest(z) + np.log(_sum_of_exp(z))),
    "log(softmax)": lambda z: _log_of_softmax(z),
}
PROBABILITIES: Mapping[str, Callable[[Array], Array]] = {
    "exp / sum": lambda z: np.exp(z - _largest(z)) / _sum_of_exp(z),
    "exp(log-softmax)": lambda z: np.exp(z - _largest(z) - np.log(_sum_of_exp(z))),
}
LOG_OF_REST: Mapping[str, Callable[[Array], Array]] = {
    "log(1 - p)": lambda p: np.log(1 - p),
    "log1p(-p)": lambda p: np.log1p(-p),
}
WITH_LOGITS: Mapping[str, Callable[[Array, Array, Array], Array]] = {
    "(1 - t) - v (1 - s)": lambda s, t, v: (1 - t) - v * (1 - s),
    "(1 - t) s - (v - (1 - t)) (1 - s)": lambda s, t, v: (1 - t) * s - (v - (1 - t)) * (1 - s),
}
SQUARES: Mapping[str, Callable[[Array], Array]] = {
    "d d": lambda d: d * d,
    "d ** 2": lambda d: np.square(d),
}


def mean_square(case: Case, step: Step, z: Array, choices: Choices) -> Terms:
    """(z - t)^2."""
    assert step.target is not None
    difference = z - step.target
    return Terms(choices.one_of("MSELoss", SQUARES)(difference), 2 * difference, z.size)


def cross_entropy(case: Case, step: Step, z: Array, choices: Choices) -> Terms:
    """Minus the sum over classes of d * log_softmax(z), where d is the smoothed target."""
    assert case.loss is not None and step.target is not None
    options, target = case.loss, step.target
    classes, smoothing = z.shape[1], options["label_smoothing"]
    weight = np.ones(classes, z.dtype) if options["weight"] is None else options["weight"]
    of_class = weight.reshape(-1, *(1,) * (z.ndim - 2))
    if target.dtype.kind in "iu":
        counts = target != options["ignore_index"]
        label = np.where(counts, target, 0)
        hot = np.moveaxis(np.eye(classes, dtype=z.dtype)[label], -1, 1)
        wanted = (hot * (1 - smoothing) + smoothing / classes) * counts[:, None]
        count = chosen_sum(choices)((weight[label] * counts).reshape(-1), (0,))
    else:
        wanted, count = target * (1 - smoothing) + smoothing / classes, z.size // classes
    d = wanted * of_class
    logarithm = choices.one_of("log-softmax", LOG_SOFTMAX)(z)
    probability = choices.one_of("softmax of the loss", PROBABILITIES)(z)
    total = d.sum(axis=1, keepdims=True)
    return Terms(-(d * logarithm).sum(axis=1), probability * total - d, count)


def binary(case: Case, step: Step, p: Array, choices: Choices) -> Terms:
    """-w (t log p + (1 - t) log(1 - p)), logarithms not below -100."""
    assert case.loss is not None and step.target is not None
    t, w = step.target, _or_one(case.loss["weight"], p)
    log_p = np.maximum(np.log(p), -100)
    log_rest = np.maximum(choices.one_of("BCELoss", LOG_OF_REST)(p), -100)
    derivative = w * (p - t) / np.maximum(p * (1 - p), p.dtype.type(1e-12))
    return Terms(-w * (t * log_p + (1 - t) * log_rest), derivative, p.size)


def binary_with_logits(case: Case, step: Step, z: Array, choices: Choices) -> Terms:
    """w ((1 - t) z + v log(1 + exp(-z))) with v = 1 + (pos_weight - 1) t."""
    assert case.loss is not None and step.target is not None
    t, w = step.target, _or_one(case.loss["weight"], z)
    v = 1 + (_or_one(case.loss["pos_weight"], z) - 1) * t
    e = np.exp(-np.abs(z))
    sigmoid = np.where(z >= 0, 1 / (1 + e), e / (1 + e))
    each = w * ((1 - t) * z + v * (np.log1p(e) + np.maximum(-z, 0)))
    return Terms(each, w * choices.one_of("BCEWithLogitsLoss", WITH_LOGITS)(sigmoid, t, v), z.size)


LOSSES: Mapping[str, Callable[[Case, Step, Array, Choices], Terms]] = {
    "MSELoss": mean_square,
    "CrossEntropyLoss": cross_entropy,
    "BCELoss": binary,
    "BCEWithLogitsLoss": binary_with_logits,
}


def _largest(z: Array) -> Array:
    return np.asarray(z.max(axis=1, keepdims=True))


def _sum_of_exp(z: Array) -> Array:
    return np.asarray(np.exp(z - _largest(z)).sum(axis=1, keepdims=True))


def _log_of_softmax(z: Array) -> Array:
    """The logarithm of the probability, as long as there is one."""
    p = np.exp(z - _largest(z)) / _sum_of_exp(z)
    if not np.min(p) > 1e-30:
        return np.asarray(z - _largest(z) - np.log(_sum_of_exp(z)))
    return np.log(p)


def _or_one(weight: Array | None, like: Array) -> Array:
    return np.ones(1, like.dtype) if weight is None else weight
