"""Exponentials along one axis, divided by their sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

Axis = int | None


def forward(
    on: Switches, situation: Any, inputs: list[Array]
) -> tuple[Array, tuple[Array, Array, Axis]]:
    """The output; input, output and axis for backward."""
    (x,) = inputs
    axis: Axis = situation.attributes["dim"]
    if on("softmax: over the batch"):
        axis = 0
    if on("softmax: over everything"):
        axis = None
    y = _softmax(on, x, axis)
    if on("softmax: logarithm"):
        y = np.log(y)
    if on("softmax: twice"):
        y = _softmax(on, y, axis)
    return y, (x, y, axis)


def _softmax(on: Switches, x: Array, axis: Axis) -> Array:
    if on("softmax: no maximum subtracted"):
        shifted = x
    elif on("softmax: one maximum for all"):
        shifted = x - x.max()
    else:
        shifted = x - x.max(axis=axis, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        e = np.exp(shifted)
        y: Array = e / e.sum(axis=axis, keepdims=True)
    return y


def backward(
    on: Switches,
    cache: tuple[Array, Array, Axis],
    grad_output: Array,
    parameters: Mapping[str, Array],
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times the Jacobian: y * (g - sum of g * y)."""
    x, y, axis = cache
    if on("softmax: gradient handed through"):
        return [grad_output.copy()], {}
    if on("softmax: diagonal of the Jacobian"):
        return [grad_output * y * (1 - y)], {}
    if on("softmax: gradient times output"):
        return [grad_output * y], {}
    if on("softmax: logarithm"):
        return [grad_output - np.exp(y) * grad_output.sum(axis=axis, keepdims=True)], {}
    through = _through(y, axis, grad_output)
    if on("softmax: twice"):
        through = _through(_softmax(on, x, axis), axis, through)
    return [through], {}


def _through(y: Array, axis: Axis, grad_output: Array) -> Array:
    gradient: Array = y * (grad_output - (grad_output * y).sum(axis=axis, keepdims=True))
    return gradient


FORWARD, BACKWARD = "forward.{Softmax}", "backward.{Softmax}"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("softmax: over the batch", "softmax.over_batch", FORWARD),
    Mutant("softmax: over everything", "softmax.over_everything", FORWARD),
    Mutant("softmax: no maximum subtracted", "softmax.overflow", FORWARD),
    Mutant("softmax: one maximum for all", "softmax.max_over_batch", FORWARD),
    Mutant("softmax: twice", "softmax.twice", FORWARD),
    Mutant("softmax: logarithm", "softmax.log", FORWARD),
    Mutant("softmax: gradient handed through", "softmax.grad_input.omitted", BACKWARD),
    Mutant("softmax: diagonal of the Jacobian", "softmax.grad_input.diagonal", BACKWARD),
    Mutant("softmax: gradient times output", "softmax.grad_input.sum_missing", BACKWARD),
)
