"""1 / (1 + exp(-x))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Array, Array]]:
    """The output; input and a copy of the output for backward."""
    (x,) = inputs
    y = sigmoid(x)
    return y, (x, y.copy())


def backward(
    on: Switches, cache: tuple[Array, Array], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times y * (1 - y)."""
    _, y = cache
    return [grad_output * y * (1 - y)], {}


def sigmoid(x: Array) -> Array:
    """Without overflow: exp of numbers below zero only."""
    small = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1 / (1 + small), small / (1 + small))
    return y


MUTANTS: tuple[Mutant, ...] = ()
