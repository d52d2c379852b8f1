"""Exponentials along one axis, divided by their sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import OF_OWN_OUTPUT, Mutant
from tests.mutants.switches import FORWARD_ONLY, On, Switches

Axes = tuple[int, ...]


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Any, ...]]:
    """The output; input, output and axis for backward."""
    (x,) = inputs
    dim = situation.attributes["dim"]
    y = _softmax(on.forward, x, _axes(on.forward, dim, x.ndim))
    if on.forward("softmax: logarithm"):
        y = np.log(y)
    if on.forward("softmax: twice"):
        y = _softmax(on.forward, y, (dim,))
    if on.forward("softmax: sigmoid"):
        y = 1 / (1 + np.exp(-x))
    return y, (x, y, dim)


def _axes(on: On, dim: int, ndim: int) -> Axes:
    if on("softmax: over the batch"):
        return (0,)
    if on("softmax: over everything"):
        return tuple(range(ndim))
    if on("softmax: over the channels"):
        return (1,)
    if on("softmax: over the last axis"):
        return (-1,)
    if on("softmax: over the sample"):
        return tuple(range(1, ndim))
    return (dim,)


def _softmax(on: On, x: Array, axes: Axes) -> Array:
    most = x.max(axis=axes, keepdims=True)
    if on("softmax: no maximum subtracted") or on("softmax: not normalised"):
        most = np.zeros_like(most)
    if on("softmax: one maximum for all"):
        most = x.max(keepdims=True)
    if on("softmax: maximum of at least zero"):
        most = np.maximum(most, 0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        e = np.exp(x - most)
        if on("softmax: not normalised"):
            return e
        return e / e.sum(axis=axes, keepdims=True)


def backward(
    on: Switches, cache: tuple[Any, ...], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times the Jacobian: y * (g - sum of g * y)."""
    x, y, dim = cache
    with np.errstate(over="ignore", invalid="ignore"):
        return [_through(on.backward, x, y, dim, grad_output)], {}


def _through(on: On, x: Array, y: Array, dim: int, grad_output: Array) -> Array:
    axes = _axes(on, dim, x.ndim)
    if on("softmax: gradient handed through"):
        return grad_output.copy()
    if on("softmax: diagonal of the Jacobian") or on("softmax: sigmoid"):
        return grad_output * y * (1 - y)
    if on("softmax: gradient times output") or on("softmax: not normalised"):
        return grad_output * y
    if on("softmax: sum over everything in backward"):
        return y * (grad_output - (grad_output * y).sum())
    if on("softmax: logarithm"):
        return grad_output - np.exp(y) * grad_output.sum(axis=axes, keepdims=True)
    gradient = y * (grad_output - (grad_output * y).sum(axis=axes, keepdims=True))
    if on("softmax: twice"):
        inner = _softmax(on, x, axes)
        gradient = inner * (gradient - (gradient * inner).sum(axis=axes, keepdims=True))
    return gradient


FORWARD, BACKWARD = "forward.{Softmax}", "backward.{Softmax}"

PAIRS = {
    "softmax: over the batch": "softmax.over_batch",
    "softmax: over everything": "softmax.over_everything",
    "softmax: over the channels": "softmax.over_channels",
    "softmax: over the last axis": "softmax.over_last",
    "softmax: over the sample": "softmax.over_sample",
    "softmax: twice": "softmax.twice",
    "softmax: logarithm": "softmax.log",
    "softmax: sigmoid": "softmax.sigmoid",
    "softmax: not normalised": "softmax.not_normalised",
}

MUTANTS: tuple[Mutant, ...] = (
    *(Mutant(switch, cause, FORWARD) for switch, cause in PAIRS.items()),
    # By the usual formula of the output, which is wrong.
    *(
        Mutant(switch + FORWARD_ONLY, cause, FORWARD, OF_OWN_OUTPUT, variant="forward only")
        for switch, cause in PAIRS.items()
    ),
    Mutant("softmax: no maximum subtracted", "softmax.overflow", FORWARD),
    Mutant("softmax: one maximum for all", "softmax.max_over_batch", FORWARD),
    Mutant("softmax: maximum of at least zero", "softmax.max_from_zero", FORWARD),
    Mutant("softmax: gradient handed through", "softmax.grad_input.omitted", BACKWARD),
    Mutant("softmax: diagonal of the Jacobian", "softmax.grad_input.diagonal", BACKWARD),
    Mutant("softmax: gradient times output", "softmax.grad_input.sum_missing", BACKWARD),
    Mutant(
        "softmax: sum over everything in backward",
        "softmax.grad_input.sum_over_everything",
        BACKWARD,
    ),
)
