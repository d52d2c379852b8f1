"""max(x, 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, FORWARD_ONLY, On, Switches

SLOPES = {
    "relu: leaky": 0.01,
    "relu: leaky by a tenth": 0.1,
    "relu: leaky by a fifth": 0.2,
    "relu: leaky by 0.3": 0.3,
}


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Array, Array]]:
    """The output; input and output for backward."""
    (x,) = inputs
    y = _activated(on.forward, x)
    return y, (x, y)


def _activated(on: On, x: Array) -> Array:
    if on("relu: identity"):
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
    slope = _slope(on.backward, x, y, grad_output)
    if on("relu: derivative alone"):
        return [slope * np.ones_like(x)], {}
    return [grad_output * slope], {}


def _slope(on: On, x: Array, y: Array, grad_output: Array) -> Array:
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

PAIRS = {
    "relu: identity": "relu.identity",
    "relu: leaky": "relu.leaky",
    "relu: leaky by a tenth": "relu.leaky_tenth",
    "relu: leaky by a fifth": "relu.leaky_large",
    "relu: leaky by 0.3": "relu.leaky_keras",
    "relu: at most six": "relu.six",
    "relu: absolute value": "relu.absolute",
    "relu: minimum": "relu.minimum",
}

ALIKE = {"relu: minimum": ("relu.grad_input.inverted",)}
"""Other names of a mistake that is made in the backward pass alone."""

MUTANTS: tuple[Mutant, ...] = (
    *(Mutant(switch, cause, FORWARD) for switch, cause in PAIRS.items()),
    *(
        Mutant(switch + FORWARD_ONLY, cause, FORWARD, variant="forward only")
        for switch, cause in PAIRS.items()
    ),
    *(
        Mutant(
            switch + BACKWARD_ONLY, cause, BACKWARD, ALIKE.get(switch, ()), variant="backward only"
        )
        for switch, cause in PAIRS.items()
        if switch != "relu: identity"  # that is the gradient handed through
    ),
    Mutant("relu: in place", "relu.in_place", "forward.*"),
    Mutant(
        "relu: gradient handed through", "relu.grad_input.omitted", BACKWARD, ("relu.identity",)
    ),
    Mutant(
        "relu: gradient where the output is not negative",
        "relu.grad_input.omitted",
        BACKWARD,
        ("relu.identity",),
    ),
    Mutant("relu: derivative alone", "relu.grad_input.upstream_missing", BACKWARD),
    Mutant("relu: gradient at zero", "relu.grad_input.at_zero", BACKWARD),
    Mutant("relu: half a gradient at zero", "relu.grad_input.half_at_zero", BACKWARD),
    Mutant("relu: guided", "relu.grad_input.guided", BACKWARD),
    Mutant("relu: gradient where it is positive", "relu.grad_input.of_gradient", BACKWARD),
    Mutant(
        "relu: gradient where negative", "relu.grad_input.inverted", BACKWARD, ("relu.minimum",)
    ),
    Mutant("relu: gradient times output", "relu.grad_input.times_output", BACKWARD),
)
