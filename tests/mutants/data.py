"""Preparation of the data with switches."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def prepared(on: Switches, case: Case, step: Step) -> Array:
    """The batch of a step as the first layer gets it."""
    if not case.preparation:
        return np.array(step.input, dtype=case.dtype, order="C")
    x = np.array(step.raw, dtype=np.float64, order="C")
    for action in case.preparation:
        ((kind, value),) = action.items()
        x = _done(kind, value, x)
    return x.astype(case.dtype)


def _done(kind: str, value: Any, x: Array) -> Array:
    if kind == "reshape":
        return x.reshape(len(x), *value)
    if kind == "divide":
        return x / _per_channel(value, x)
    if kind == "subtract":
        return x - _per_channel(value, x)
    low, high = value
    axes = tuple(range(1, x.ndim))
    least, most = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
    return low + (x - least) / (most - least) * (high - low)


def _per_channel(value: Any, x: Array) -> Array:
    """A number, or one for each channel in the shape of (C, 1, ...)."""
    return np.asarray(value, dtype=np.float64).reshape((-1,) + (1,) * (x.ndim - 2))


MUTANTS: tuple[Mutant, ...] = ()
