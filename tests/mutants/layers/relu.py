"""max(x, 0)."""

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
    y = np.where(x > 0, x, np.zeros_like(x))
    return y, (x, y)


def backward(
    on: Switches, cache: tuple[Array, Array], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient where the input is positive."""
    x, _ = cache
    return [grad_output * (x > 0)], {}


MUTANTS: tuple[Mutant, ...] = ()
