"""The losses: each number of the loss by itself, and how much it moves with the prediction.

    MSELoss             l = (p - t)**2
    BCELoss             l = -w * (t * log p + (1 - t) * log(1 - p)), no logarithm below -100
    BCEWithLogitsLoss   the same with p = sigmoid(z), and t * log p times pos_weight
    CrossEntropyLoss    see cross_entropy.py

`reduction` adds up what is here: "mean" divides the sum by their number (CrossEntropyLoss: by the
weights of the labels), "batchmean" by the samples, "sum" by nothing; "none" leaves them. `factor`
multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log1p

from oracles.contract.case import Array
from oracles.references.loops.exponentials import sigmoid, softplus

Options = Mapping[str, Any]
"""The loss of a case: its arrays are float64, an array that is not given is None."""

_LOWEST_LOGARITHM = -100.0
_LEAST_DENOMINATOR = 1e-12


@dataclass(frozen=True)
class Loss:
    """The formulas of one loss, each called with (options, target, prediction).

    values     the loss of each element, or of each row of classes, complex-safe in the prediction
    slopes     derivative of the sum of all values with respect to the prediction
    divisor    what "mean" divides by
    """

    values: Callable[[Options, Array, Array], Array]
    slopes: Callable[[Options, Array, Array], Array]
    divisor: Callable[[Options, Array, Array], float]


def number_of_values(options: Options, target: Array, prediction: Array) -> float:
    """Every element counts the same."""
    return float(prediction.size)


def mse_values(options: Options, t: Array, p: Array) -> Array:
    """Squares."""
    squares: Array = (p - t) * (p - t)
    return squares


def mse_slopes(options: Options, t: Array, p: Array) -> Array:
    """Twice the difference."""
    slopes: Array = 2.0 * (p - t)
    return slopes


def bce_values(options: Options, t: Array, p: Array) -> Array:
    """A prediction that rounding has put outside of 0 .. 1 counts as 0 or 1."""
    p = np.where(p.real < 0, 0.0, np.where(p.real > 1, 1.0, p))
    likely, unlikely = _logarithm(np.log(p)), _logarithm(log1p(-p))
    return -_weight(options, "weight") * (t * likely + (1.0 - t) * unlikely)


def bce_slopes(options: Options, t: Array, p: Array) -> Array:
    """(p - t) / (p * (1 - p)), where PyTorch holds the denominator above a floor instead of
    following its logarithms below -100; nothing outside of 0 .. 1."""
    slopes = (p - t) / np.maximum(p * (1.0 - p), _LEAST_DENOMINATOR)
    return np.where((p < 0) | (p > 1), 0.0, _weight(options, "weight") * slopes)


def _logarithm(log: Array) -> Array:
    return np.where(log.real < _LOWEST_LOGARITHM, _LOWEST_LOGARITHM, log)


def logits_values(options: Options, t: Array, z: Array) -> Array:
    """-log sigmoid(z) = softplus(-z), and -log(1 - sigmoid(z)) = softplus(z)."""
    positive = _weight(options, "pos_weight") * t
    return _weight(options, "weight") * (positive * softplus(-z) + (1.0 - t) * softplus(z))


def logits_slopes(options: Options, t: Array, z: Array) -> Array:
    """The derivative of softplus is sigmoid."""
    positive = _weight(options, "pos_weight") * t
    slopes: Array = _weight(options, "weight") * ((1.0 - t) * sigmoid(z) - positive * sigmoid(-z))
    return slopes


def _weight(options: Options, key: str) -> Array:
    """Broadcast over the samples."""
    weight = options[key]
    return np.ones(1) if weight is None else np.asarray(weight, dtype=np.float64)


MSE = Loss(mse_values, mse_slopes, number_of_values)
BCE = Loss(bce_values, bce_slopes, number_of_values)
BCE_WITH_LOGITS = Loss(logits_values, logits_slopes, number_of_values)
