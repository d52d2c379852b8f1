"""The hyperbolic tangent."""

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
    y = np.tanh(x)
    return y, (x, y.copy())


def backward(
    on: Switches, cache: tuple[Array, Array], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient times 1 - y**2."""
    _, y = cache
    return [grad_output * (1 - y * y)], {}


MUTANTS: tuple[Mutant, ...] = ()
