"""Exponentials along one axis, divided by their sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[Array, int]]:
    """The output; output and axis for backward."""
    (x,) = inputs
    axis = situation.attributes["dim"]
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    y = e / e.sum(axis=axis, keepdims=True)
    return y, (y, axis)


def backward(
    on: Switches, cache: tuple[Array, int], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times the Jacobian: y * (g - sum of g * y)."""
    y, axis = cache
    return [y * (grad_output - (grad_output * y).sum(axis=axis, keepdims=True))], {}


MUTANTS: tuple[Mutant, ...] = ()
