"""Preparation of the data: what a pixel's way through divisions and subtractions may lose.

The same steps on absolute values, differences turned into sums: M. No value goes through more than
a handful of roundings. A case without preparation hands its input over: nothing may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.judging.measured import Size

_ROUNDINGS = 8.0


def prepared_size(case: Case, step: Step) -> Size:
    """Size of the input of the first layer."""
    if not case.preparation:
        return Size(np.zeros(step.input.shape), 0.0)
    raw = np.asarray(step.raw, dtype=np.float64)
    magnitude = np.abs(raw)
    for action in case.preparation:
        ((name, argument),) = action.items()
        raw, magnitude = _STEPS[name](raw, magnitude, argument)
    return Size(magnitude, _ROUNDINGS)


def _reshape(x: Array, m: Array, shape: Any) -> tuple[Array, Array]:
    return x.reshape(len(x), *shape), m.reshape(len(m), *shape)


def _divide(x: Array, m: Array, divisor: Any) -> tuple[Array, Array]:
    d = _per_channel(divisor, x)
    return x / d, m / np.abs(d)


def _subtract(x: Array, m: Array, subtrahend: Any) -> tuple[Array, Array]:
    s = _per_channel(subtrahend, x)
    return x - s, m + np.abs(s)


def _minmax(x: Array, m: Array, limits: Any) -> tuple[Array, Array]:
    low, high = limits
    axes = tuple(range(1, x.ndim))
    least, most = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
    span = np.where(most > least, most - least, 1.0)
    scaled = low + (x - least) * (high - low) / span
    return scaled, abs(low) + (m + np.abs(least)) * abs(high - low) / span


def _per_channel(number: Any, x: Array) -> Array:
    """One number for all, or one per channel: the first axis of a sample."""
    values = np.asarray(number, dtype=np.float64)
    return values.reshape(-1, *(1,) * (x.ndim - 2)) if values.ndim else values


_STEPS: Mapping[str, Any] = {
    "reshape": _reshape,
    "divide": _divide,
    "subtract": _subtract,
    "minmax": _minmax,
}
