"""max(x, 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

SLOPES = {"relu: leaky": 0.01, "relu: leaky by a tenth": 0.1, "relu: leaky by a fifth": 0.2}


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Array, Array]]:
    """The output; input and output for backward."""
    (x,) = inputs
    y = _activated(on, x)
    return y, (x, y)


def _activated(on: Switches, x: Array) -> Array:
    if on("relu: identity") or on("relu: identity in forward"):
        return x.copy()
    for switch, slope in SLOPES.items():
        if on(switch):
            return np.where(x > 0, x, slope * x)
    if on("relu: at most six"):
        return np.minimum(np.maximum(x, 0), 6)
    if on("relu: absolute value"):
        return np.abs(x)
    if on("relu: minimum"):
        return np.minimum(x, 0)
    if on("relu: in place"):
        x[x < 0] = 0
        return x
    return np.where(x > 0, x, np.zeros_like(x))


def backward(
    on: Switches, cache: tuple[Array, Array], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient where the input is positive."""
    x, y = cache
    return [grad_output * _slope(on, x, y, grad_output)], {}


def _slope(on: Switches, x: Array, y: Array, grad_output: Array) -> Array:
    if on("relu: identity") or on("relu: gradient handed through"):
        return np.ones_like(x)
    for switch, slope in SLOPES.items():
        if on(switch):
            return np.where(x > 0, np.ones_like(x), np.full_like(x, slope))
    if on("relu: at most six"):
        return (x > 0) & (x < 6)
    if on("relu: absolute value"):
        return np.sign(x)
    if on("relu: minimum") or on("relu: gradient where negative"):
        return x <= 0 if on("relu: gradient where negative") else x < 0
    if on("relu: gradient at zero"):
        return x >= 0
    if on("relu: gradient where the output is not negative"):
        return y >= 0
    if on("relu: half a gradient at zero"):
        return ((np.sign(x) + 1) / 2).astype(x.dtype)
    if on("relu: guided"):
        return (x > 0) & (grad_output > 0)
    if on("relu: gradient where it is positive"):
        return grad_output > 0
    if on("relu: gradient times output"):
        return y
    return x > 0


FORWARD, BACKWARD = "forward.{ReLU}", "backward.{ReLU}"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("relu: identity", "relu.identity", FORWARD),
    Mutant("relu: identity in forward", "relu.identity", FORWARD),
    Mutant("relu: leaky", "relu.leaky", FORWARD),
    Mutant("relu: leaky by a tenth", "relu.leaky_large", FORWARD),
    Mutant("relu: leaky by a fifth", "relu.leaky_large", FORWARD),
    Mutant("relu: at most six", "relu.six", FORWARD),
    Mutant("relu: absolute value", "relu.absolute", FORWARD),
    Mutant("relu: minimum", "relu.minimum", FORWARD),
    Mutant("relu: in place", "relu.in_place", "forward.*"),
    Mutant("relu: gradient handed through", "relu.grad_input.omitted", BACKWARD),
    Mutant("relu: gradient where the output is not negative", "relu.grad_input.omitted", BACKWARD),
    Mutant("relu: gradient at zero", "relu.grad_input.at_zero", BACKWARD),
    Mutant("relu: half a gradient at zero", "relu.grad_input.half_at_zero", BACKWARD),
    Mutant("relu: guided", "relu.grad_input.guided", BACKWARD),
    Mutant("relu: gradient where it is positive", "relu.grad_input.of_gradient", BACKWARD),
    Mutant("relu: gradient where negative", "relu.grad_input.inverted", BACKWARD),
    Mutant("relu: gradient times output", "relu.grad_input.times_output", BACKWARD),
)
