"""The hyperbolic tangent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import OF_OWN_OUTPUT, Mutant
from tests.mutants.switches import FORWARD_ONLY, On, Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Array, Array]]:
    """The output; input and output for backward."""
    (x,) = inputs
    y = _activated(on.forward, x)
    # A dropout that works in place spoils what is kept here, unless it is a copy.
    return y, (x, y if on("tanh: output overwritten by dropout") else y.copy())


def _activated(on: On, x: Array) -> Array:
    if on("tanh: sigmoid"):
        return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    if on("tanh: scaled"):
        return 1.7159 * np.tanh(2 * x / 3)
    if on("tanh: twice"):
        return np.tanh(np.tanh(x))
    if on("tanh: of half the input"):
        return np.tanh(x / 2)
    if on("tanh: hard"):
        return np.clip(x, -1, 1)
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
    slope = _slope(on.backward, x, y)
    if on("tanh: derivative alone"):
        return [slope * np.ones_like(x)], {}
    return [grad_output * slope], {}


def _slope(on: On, x: Array, y: Array) -> Array:
    if on("tanh: sigmoid"):
        return y * (1 - y)
    if on("tanh: scaled"):
        return 1.7159 * 2 / 3 * (1 - (y / 1.7159) ** 2)
    if on("tanh: twice"):
        return (1 - y * y) * (1 - np.tanh(x) ** 2)
    if on("tanh: of half the input"):
        return (1 - y * y) / 2
    if on("tanh: hard"):
        return np.abs(x) < 1
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

PAIRS = {
    "tanh: sigmoid": "tanh.sigmoid",
    "tanh: scaled": "tanh.scaled",
    "tanh: twice": "tanh.twice",
    "tanh: of half the input": "tanh.half_slope",
    "tanh: hard": "tanh.hard",
}

TWICE = {"tanh: twice": ("tanh.grad_input.of_output",)}
"""What else the usual formula is, where the output is wrong in this way."""

MUTANTS: tuple[Mutant, ...] = (
    *(Mutant(switch, cause, FORWARD) for switch, cause in PAIRS.items()),
    # By the usual formula of the output, which is wrong.
    *(
        Mutant(
            switch + FORWARD_ONLY,
            cause,
            FORWARD,
            OF_OWN_OUTPUT + TWICE.get(switch, ()),
            variant="forward only",
        )
        for switch, cause in PAIRS.items()
    ),
    Mutant("tanh: by exponentials", "tanh.overflow", FORWARD),
    Mutant("tanh: derivative alone", "tanh.grad_input.upstream_missing", BACKWARD),
    Mutant("tanh: gradient handed through", "tanh.grad_input.omitted", BACKWARD),
    Mutant("tanh: derivative by the input", "tanh.grad_input.of_input", BACKWARD),
    Mutant("tanh: derivative of the output", "tanh.grad_input.of_output", BACKWARD),
    Mutant("tanh: output not squared", "tanh.grad_input.not_squared", BACKWARD),
    Mutant("tanh: sign of the gradient", "tanh.grad_input.sign", BACKWARD),
    Mutant("tanh: output overwritten by dropout", "tanh.grad_input.of_dropped_output", BACKWARD),
)
