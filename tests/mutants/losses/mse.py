"""Squared error."""

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
    """(prediction - target)**2."""
    if on("mse: (N, 1) minus (N)") and prediction.shape[1:] == (1,):
        pairs = prediction - target[:, 0]
        return Elements(
            pairs**2, pairs.size, lambda scale: (2 * scale * pairs).sum(axis=1, keepdims=True)
        )
    difference = prediction - target
    size = np.abs(difference)
    count = difference.size
    if on("mse: factor 2 missing in the gradient"):
        return Elements(difference**2, count, lambda scale: scale * difference)
    if on("mse: absolute error"):
        return Elements(size, count, lambda scale: scale * np.sign(difference))
    if on("mse: Huber"):
        return Elements(
            np.where(size < 1, difference**2 / 2, size - 0.5),
            count,
            lambda scale: scale * np.clip(difference, -1, 1),
        )
    return Elements(difference**2, count, lambda scale: 2 * scale * difference)


MUTANTS: tuple[Mutant, ...] = (
    Mutant("mse: factor 2 missing in the gradient", "mse.gradient.factor_missing", "backward.loss"),
    Mutant("mse: absolute error", "mse.absolute", "loss"),
    Mutant("mse: (N, 1) minus (N)", "mse.broadcast", "loss"),
    Mutant("mse: Huber", "mse.huber", "loss"),
)
