"""Binary cross-entropy of logits."""

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
    """-weight * (pos_weight * t * log(s) + (1 - t) * log(1 - s)), s = sigmoid(prediction)."""
    x, t = prediction, target
    weight, pos_weight = _wide(options["weight"], x), _wide(options["pos_weight"], x)
    small = np.log1p(np.exp(-np.abs(x)))
    log_s, log_not_s = np.minimum(x, 0) - small, -np.maximum(x, 0) - small
    values = -weight * (pos_weight * t * log_s + (1 - t) * log_not_s)

    def backward(scale: Array) -> Array:
        s, not_s = np.exp(log_s), np.exp(log_not_s)
        return scale * weight * ((1 - t) * s - pos_weight * t * not_s)

    return Elements(values, values.size, backward)


def _wide(given: Any, x: Array) -> Array:
    if given is None:
        return np.ones_like(x)
    return np.broadcast_to(np.asarray(given, dtype=x.dtype), x.shape)


MUTANTS: tuple[Mutant, ...] = ()
