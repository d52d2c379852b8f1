"""Several axes made one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, tuple[int, ...]]:
    """The output, and the shape of the input."""
    (x,) = inputs
    first = situation.attributes["start_dim"] % x.ndim
    last = situation.attributes["end_dim"] % x.ndim
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :]), x.shape


def backward(
    on: Switches, shape: tuple[int, ...], grad_output: Array, parameters: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient in the shape of the input."""
    return [grad_output.reshape(shape)], {}


MUTANTS: tuple[Mutant, ...] = ()
