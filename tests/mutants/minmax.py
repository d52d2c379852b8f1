"""Stretching each sample from its least and largest number to two limits, with switches."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def stretched(on: Switches, x: Array, limits: tuple[float, float]) -> Array:
    """low + (x - min) / (max - min) * (high - low)."""
    low, high = limits
    if on("data: minmax left out"):
        return x
    if on("data: minmax to 0 and 1"):
        low, high = 0.0, 1.0
    if on("data: minmax to -1 and 1"):
        low, high = -1.0, 1.0
    axes = _axes(on, x.ndim)
    least, most = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
    if on("data: minmax divided by the maximum"):
        least = np.zeros_like(least)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = (x - least) / (most - least) * (high - low)
    return y if on("data: minmax without the low") else low + y


def _axes(on: Switches, ndim: int) -> tuple[int, ...]:
    if on("data: minmax over the batch"):
        return tuple(range(ndim))
    if on("data: minmax of each pixel"):
        return (0,)
    if ndim == 4 and on("data: minmax of each channel"):
        return (2, 3)
    return tuple(range(1, ndim))


def _mutant(mistake: str, cause: str) -> Mutant:
    return Mutant(f"data: minmax {mistake}", f"data.minmax_{cause}", "input")


MUTANTS: tuple[Mutant, ...] = (
    _mutant("left out", "missing"),
    _mutant("over the batch", "over_batch"),
    _mutant("of each pixel", "per_pixel"),
    _mutant("of each channel", "per_channel"),
    _mutant("to 0 and 1", "zero_to_one"),
    _mutant("to -1 and 1", "minus_one_to_one"),
    _mutant("without the low", "low_missing"),
    _mutant("divided by the maximum", "by_maximum"),
)
