"""Losses: the loss of every element (or pixel), its derivative, and what they are divided by."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.cross_entropy import cross_entropy
from oracles.audit.implementations.terms import Terms
from oracles.contract.case import Array, Case, Step

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
    "d ** 2": lambda d: d**2,
}


def mean_square(case: Case, step: Step, z: Array, choices: Choices) -> Terms:
    """(z - t)^2."""
    assert step.target is not None
    difference = z - step.target
    return Terms(choices.one_of("MSELoss", SQUARES)(difference), 2 * difference, z.size)


def binary(case: Case, step: Step, p: Array, choices: Choices) -> Terms:
    """-w (t log p + (1 - t) log(1 - p)), logarithms not below -100."""
    assert case.loss is not None
    assert step.target is not None
    t, w = step.target, _or_one(case.loss["weight"], p)
    log_p = np.maximum(np.log(p), -100)
    log_rest = np.maximum(choices.one_of("BCELoss", LOG_OF_REST)(p), -100)
    derivative = w * (p - t) / np.maximum(p * (1 - p), p.dtype.type(1e-12))
    return Terms(-w * (t * log_p + (1 - t) * log_rest), derivative, p.size)


def binary_with_logits(case: Case, step: Step, z: Array, choices: Choices) -> Terms:
    """w ((1 - t) z + v log(1 + exp(-z))) with v = 1 + (pos_weight - 1) t."""
    assert case.loss is not None
    assert step.target is not None
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


def _or_one(weight: Array | None, like: Array) -> Array:
    return np.ones(1, like.dtype) if weight is None else weight
