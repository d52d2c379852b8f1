"""Preparation of samples in the dtype of the case, by divisions or by products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.contract.case import Array, Case, Step

DIVISIONS: Mapping[str, Callable[[Array, Array], Array]] = {
    "divided": lambda x, d: x / d,
    "times the reciprocal": lambda x, d: x * (1 / d),
}


def _stretched(x: Array, low: Array, high: Array, least: Array, largest: Array) -> Array:
    return np.asarray(low + (x - least) / (largest - least) * (high - low))


def _scaled(x: Array, low: Array, high: Array, least: Array, largest: Array) -> Array:
    factor = (high - low) / (largest - least)
    return np.asarray(x * factor + (low - least * factor))


STRETCHES: Mapping[str, Callable[[Array, Array, Array, Array, Array], Array]] = {
    "to 0 .. 1 first": _stretched,
    "one factor, one shift": _scaled,
}


def prepare(case: Case, step: Step, choices: Choices) -> Array:
    """All steps of the preparation, one after the other."""
    x = np.asarray(step.raw).astype(case.dtype)
    for option in case.preparation:
        ((name, value),) = option.items()
        if name == "reshape":
            x = x.reshape(len(x), *value)
        elif name == "divide":
            x = choices.one_of("divide", DIVISIONS)(x, _of_channels(value, x))
        elif name == "subtract":
            x = x - _of_channels(value, x)
        else:
            low, high = (x.dtype.type(limit) for limit in value)
            axes = tuple(range(1, x.ndim))
            least, largest = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
            x = choices.one_of("minmax", STRETCHES)(x, low, high, least, largest)
    return x


def _of_channels(value: Any, x: Array) -> Array:
    return np.asarray(value, dtype=x.dtype).reshape((-1,) + (1,) * (x.ndim - 2))
