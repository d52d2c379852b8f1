"""The hyperbolic tangent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Array, Array]]:
    """The output; input and output for backward."""
    (x,) = inputs
    y = _activated(on, x)
    # A dropout that works in place spoils what is kept here, unless it is a copy.
    return y, (x, y if on("tanh: output overwritten by dropout") else y.copy())


def _activated(on: Switches, x: Array) -> Array:
    if on("tanh: sigmoid"):
        return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    if on("tanh: scaled"):
        return 1.7159 * np.tanh(2 * x / 3)
    if on("tanh: twice"):
        return np.tanh(np.tanh(x))
    if on("tanh: by exponentials"):
        with np.errstate(over="ignore", invalid="ignore"):
            return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    return np.tanh(x)


def backward(
    on: Switches, cache: tuple[Array, Array], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times 1 - y**2."""
    x, y = cache
    if on("tanh: gradient handed through"):
        return [grad_output.copy()], {}
    return [grad_output * _slope(on, x, y)], {}


def _slope(on: Switches, x: Array, y: Array) -> Array:
    if on("tanh: sigmoid"):
        return y * (1 - y)
    if on("tanh: scaled"):
        return 1.7159 * 2 / 3 * (1 - (y / 1.7159) ** 2)
    if on("tanh: twice"):
        return (1 - y * y) * (1 - np.tanh(x) ** 2)
    if on("tanh: derivative by the input"):
        return 1 - x * x
    if on("tanh: derivative of the output"):
        return 1 - np.tanh(y) ** 2
    if on("tanh: output not squared"):
        return 1 - y
    if on("tanh: sign of the gradient"):
        return y * y - 1
    return 1 - y * y


FORWARD, BACKWARD = "forward.{Tanh}", "backward.{Tanh}"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("tanh: sigmoid", "tanh.sigmoid", FORWARD),
    Mutant("tanh: scaled", "tanh.scaled", FORWARD),
    Mutant("tanh: twice", "tanh.twice", FORWARD),
    Mutant("tanh: by exponentials", "tanh.overflow", FORWARD),
    Mutant("tanh: gradient handed through", "tanh.grad_input.omitted", BACKWARD),
    Mutant("tanh: derivative by the input", "tanh.grad_input.of_input", BACKWARD),
    Mutant("tanh: derivative of the output", "tanh.grad_input.of_output", BACKWARD),
    Mutant("tanh: output not squared", "tanh.grad_input.not_squared", BACKWARD),
    Mutant("tanh: sign of the gradient", "tanh.grad_input.sign", BACKWARD),
    Mutant("tanh: output overwritten by dropout", "tanh.grad_input.of_dropped_output", BACKWARD),
)
