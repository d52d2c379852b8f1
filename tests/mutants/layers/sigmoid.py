"""1 / (1 + exp(-x))."""

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
    return y, (x, y if on("sigmoid: output overwritten by dropout") else y.copy())


def _activated(on: On, x: Array) -> Array:
    if on("sigmoid: hard"):
        return np.clip(0.2 * x + 0.5, 0, 1)
    if on("sigmoid: hard, by a sixth"):
        return np.clip(x / 6 + 0.5, 0, 1)
    if on("sigmoid: tanh"):
        return np.tanh(x)
    if on("sigmoid: twice"):
        return sigmoid(sigmoid(x))
    if on("sigmoid: of twice the input"):
        return sigmoid(2 * x)
    if on("sigmoid: mirrored"):
        return sigmoid(-x)
    if on("sigmoid: exp(x) / (1 + exp(x))"):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.exp(x) / (1 + np.exp(x))
    return sigmoid(x)


def backward(
    on: Switches, cache: tuple[Array, Array], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times y * (1 - y)."""
    x, y = cache
    if on("sigmoid: gradient handed through"):
        return [grad_output.copy()], {}
    slope = _slope(on.backward, x, y)
    if on("sigmoid: derivative alone"):
        return [slope], {}
    return [grad_output * slope], {}


def _slope(on: On, x: Array, y: Array) -> Array:
    if on("sigmoid: hard"):
        return np.where(np.abs(x) < 2.5, 0.2, 0).astype(x.dtype)
    if on("sigmoid: hard, by a sixth"):
        return np.where(np.abs(x) < 3, 1 / 6, 0).astype(x.dtype)
    if on("sigmoid: tanh"):
        return 1 - y * y
    if on("sigmoid: twice"):
        inner = sigmoid(x)
        return y * (1 - y) * inner * (1 - inner)
    if on("sigmoid: of twice the input"):
        return 2 * y * (1 - y)
    if on("sigmoid: mirrored") or on("sigmoid: sign of the gradient"):
        return y * (y - 1)
    if on("sigmoid: derivative by the input"):
        return x * (1 - x)
    if on("sigmoid: derivative of the output"):
        return sigmoid(y) * (1 - sigmoid(y))
    if on("sigmoid: factor y missing"):
        return 1 - y
    if on("sigmoid: factor 1 - y missing"):
        return y
    return y * (1 - y)


def sigmoid(x: Array) -> Array:
    """Without overflow: exp of numbers below zero only."""
    small = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1 / (1 + small), small / (1 + small))
    return y


FORWARD, BACKWARD = "forward.{Sigmoid}", "backward.{Sigmoid}"

PAIRS = {
    "sigmoid: hard": "sigmoid.hard",
    "sigmoid: hard, by a sixth": "sigmoid.hard_sixth",
    "sigmoid: tanh": "sigmoid.tanh",
    "sigmoid: twice": "sigmoid.twice",
    "sigmoid: of twice the input": "sigmoid.doubled_slope",
    "sigmoid: mirrored": "sigmoid.mirrored",
}

TWICE = {"sigmoid: twice": ("sigmoid.grad_input.of_output",)}
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
    Mutant("sigmoid: exp(x) / (1 + exp(x))", "sigmoid.overflow", FORWARD),
    Mutant("sigmoid: derivative alone", "sigmoid.grad_input.upstream_missing", BACKWARD),
    Mutant("sigmoid: gradient handed through", "sigmoid.grad_input.omitted", BACKWARD),
    Mutant("sigmoid: derivative by the input", "sigmoid.grad_input.of_input", BACKWARD),
    Mutant("sigmoid: derivative of the output", "sigmoid.grad_input.of_output", BACKWARD),
    Mutant("sigmoid: factor y missing", "sigmoid.grad_input.factor_missing", BACKWARD),
    Mutant("sigmoid: factor 1 - y missing", "sigmoid.grad_input.only_a", BACKWARD),
    Mutant(
        "sigmoid: sign of the gradient",
        "sigmoid.grad_input.sign",
        BACKWARD,
        ("sigmoid.mirrored",),
    ),
    Mutant(
        "sigmoid: output overwritten by dropout", "sigmoid.grad_input.of_dropped_output", BACKWARD
    ),
)
