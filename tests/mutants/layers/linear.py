"""A fully connected layer: y = x @ weight.T + bias over the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Array]:
    """The output, and the input as what backward needs."""
    (x,) = inputs
    y = x @ situation.parameters["weight"].T
    if "bias" in situation.parameters:
        y = y + situation.parameters["bias"]
    return y, x


def backward(
    on: Switches, x: Array, grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """Gradients of the input, the weight and the bias."""
    weight = parameters["weight"]
    rows = x.reshape(-1, x.shape[-1])
    delta = grad_output.reshape(-1, grad_output.shape[-1])
    gradients = {"weight": delta.T @ rows}
    if "bias" in parameters:
        gradients["bias"] = delta.sum(axis=0)
    return [grad_output @ weight], gradients


MUTANTS: tuple[Mutant, ...] = ()
