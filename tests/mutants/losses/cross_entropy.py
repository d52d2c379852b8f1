"""Cross-entropy of softmax, with labels or probabilities as targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.losses.elements import Elements
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def elements(
    on: Switches, options: Mapping[str, Any], prediction: Array, target: Array
) -> Elements:
    """-sum over classes of weight * target * log(softmax), classes on axis 1."""
    classes = prediction.shape[1]
    weight = _weight(options, prediction)
    smoothing = options["label_smoothing"]
    log_p = _log_softmax(prediction)
    if target.dtype.kind in "iu":
        counted = target != options["ignore_index"]
        one_hot = _one_hot(np.where(counted, target, 0), prediction) * counted[:, None]
        count = float((one_hot * weight).sum())
        smooth = (1 - smoothing) * one_hot + smoothing / classes * counted[:, None]
    else:
        one_hot = target.astype(prediction.dtype)
        count = float(prediction.size // classes)
        smooth = (1 - smoothing) * one_hot + smoothing / classes
    wanted = (smooth * weight).astype(prediction.dtype)
    values = -np.where(wanted != 0, wanted * log_p, 0).sum(axis=1)

    def backward(scale: Array) -> Array:
        p = np.exp(log_p)
        return scale[:, None] * (p * wanted.sum(axis=1, keepdims=True) - wanted)

    return Elements(values, count, backward)


def _weight(options: Mapping[str, Any], prediction: Array) -> Array:
    """One for each class, in the shape of (1, C, 1, ...)."""
    given = options["weight"]
    weight = np.ones(prediction.shape[1]) if given is None else np.asarray(given)
    shape = (1, -1) + (1,) * (prediction.ndim - 2)
    return weight.astype(prediction.dtype).reshape(shape)


def _one_hot(labels: Array, prediction: Array) -> Array:
    wide = np.arange(prediction.shape[1]).reshape((1, -1) + (1,) * (prediction.ndim - 2))
    return (labels[:, None] == wide).astype(prediction.dtype)


def _log_softmax(x: Array) -> Array:
    shifted = x - x.max(axis=1, keepdims=True)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p


MUTANTS: tuple[Mutant, ...] = ()
