"""Cross-entropy: forms of the logarithm of a softmax, forms of its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.sums import chosen_sum
from oracles.audit.implementations.terms import Terms
from oracles.contract.case import Array, Case, Step

LEAST = 1e-30
"""Below, a probability has lost digits or is 0 in float32, and nobody takes its logarithm."""


def _largest(z: Array) -> Array:
    return np.asarray(z.max(axis=1, keepdims=True))


def _sum_of_exp(z: Array) -> Array:
    return np.asarray(np.exp(z - _largest(z)).sum(axis=1, keepdims=True))


def _probability(z: Array) -> Array:
    return np.asarray(np.exp(z - _largest(z)) / _sum_of_exp(z))


def _log_of_probability(z: Array) -> Array:
    p = _probability(z)
    return np.asarray(np.log(p)) if np.min(p) > LEAST else _shifted_twice(z)


def _shifted_twice(z: Array) -> Array:
    return np.asarray(z - _largest(z) - np.log(_sum_of_exp(z)))


def _shifted_once(z: Array) -> Array:
    return np.asarray(z - (_largest(z) + np.log(_sum_of_exp(z))))


LOG_SOFTMAX: Mapping[str, Callable[[Array], Array]] = {
    "z - max - log(sum)": _shifted_twice,
    "z - (max + log(sum))": _shifted_once,
    "log(softmax)": _log_of_probability,
}
PROBABILITIES: Mapping[str, Callable[[Array], Array]] = {
    "exp / sum": _probability,
    "exp(log-softmax)": lambda z: np.exp(_shifted_twice(z)),
}


def cross_entropy(case: Case, step: Step, z: Array, choices: Choices) -> Terms:
    """Minus the sum over classes of d * log_softmax(z), where d is the smoothed target."""
    assert case.loss is not None
    assert step.target is not None
    options, target = case.loss, step.target
    classes, smoothing = z.shape[1], options["label_smoothing"]
    weight = np.ones(classes, z.dtype) if options["weight"] is None else options["weight"]
    of_class = weight.reshape(-1, *(1,) * (z.ndim - 2))
    if target.dtype.kind in "iu":
        counts = target != options["ignore_index"]
        label = np.where(counts, target, 0)
        hot = np.moveaxis(np.eye(classes, dtype=z.dtype)[label], -1, 1)
        wanted = (hot * (1 - smoothing) + smoothing / classes) * counts[:, None]
        count = float(chosen_sum(choices)((weight[label] * counts).reshape(-1), (0,)))
    else:
        wanted, count = target * (1 - smoothing) + smoothing / classes, z.size // classes
    d = wanted * of_class
    logarithm = choices.one_of("log-softmax", LOG_SOFTMAX)(z)
    probability = choices.one_of("softmax of the loss", PROBABILITIES)(z)
    total = d.sum(axis=1, keepdims=True)
    return Terms(-(d * logarithm).sum(axis=1), probability * total - d, count)
