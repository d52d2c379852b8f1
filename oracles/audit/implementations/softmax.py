"""Softmax: with and without subtracting the maximum, and through logarithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.evaluated import Evaluated
from oracles.audit.implementations.sums import Sum, chosen_sum
from oracles.contract.case import Array
from oracles.contract.reference import Call

SAFE = 60.0
"""Up to here exp(x) is a normal float32 in both directions; beyond, nobody leaves the maximum out
and gets an answer."""

Formula = Callable[[Array, int, Sum], Array]


def _shifted(x: Array, axis: int, total: Sum) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / _kept(e, axis, total))


def _plain(x: Array, axis: int, total: Sum) -> Array:
    if not np.max(np.abs(x), initial=0.0) < SAFE:
        return _shifted(x, axis, total)
    e = np.exp(x)
    return np.asarray(e / _kept(e, axis, total))


def _by_logarithm(x: Array, axis: int, total: Sum) -> Array:
    z = x - x.max(axis=axis, keepdims=True)
    return np.asarray(np.exp(z - np.log(_kept(np.exp(z), axis, total))))


def _kept(array: Array, axis: int, total: Sum) -> Array:
    return np.expand_dims(total(array, (axis,)), axis)


FORMULAS: Mapping[str, Formula] = {
    "without the maximum": _plain,
    "shifted by the maximum": _shifted,
    "exp of the log-softmax": _by_logarithm,
}
GRADIENTS: Mapping[str, Callable[[Array, Array, int, Sum], Array]] = {
    "y (g - sum)": lambda g, y, axis, total: y * (g - _kept(g * y, axis, total)),
    "y g - y sum": lambda g, y, axis, total: y * g - y * _kept(g * y, axis, total),
}


def softmax(call: Call, choices: Choices) -> Evaluated:
    """exp(x) divided by its sum along `dim`."""
    axis, total = call.layer.attributes["dim"], chosen_sum(choices)
    y = choices.one_of("Softmax", FORMULAS)(call.inputs[0], axis, total)
    gradient = choices.one_of("gradient of Softmax", GRADIENTS)
    return Evaluated(y, lambda grad_output: ([gradient(grad_output, y, axis, total)], {}))
