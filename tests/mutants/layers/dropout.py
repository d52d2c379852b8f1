"""Inverted dropout with a given mask: y = x * mask / (1 - p) in training, x in evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def forward(
    on: Switches, situation: Any, inputs: list[Array]
) -> tuple[Array, tuple[Array | None, float]]:
    """The output; mask and scale for backward."""
    (x,) = inputs
    p = situation.attributes["p"]
    if not situation.train:
        return x.copy(), (None, p)
    mask = situation.mask.astype(x.dtype)
    return x * mask * _scale(p), (mask, p)


def backward(
    on: Switches,
    cache: tuple[Array | None, float],
    grad_output: Array,
    parameters: Mapping[str, Array],
) -> tuple[list[Array], dict[str, Array]]:
    """The gradient through the mask and the scale of the forward pass."""
    mask, p = cache
    if mask is None:
        return [grad_output.copy()], {}
    return [grad_output * mask * _scale(p)], {}


def _scale(p: float) -> float:
    return 1 / (1 - p) if p < 1 else 0.0


MUTANTS: tuple[Mutant, ...] = ()
