"""What batch norm remembers from one training batch to the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def remembered(on: Switches, situation: Any, x: Array) -> dict[str, Array]:
    """The running mean and the running variance after a batch."""
    before = situation.buffers
    after = _after(on, situation, x, before)
    if on("batch norm: running statistics moved twice"):
        after = _after(on, situation, x, after)
    if on("batch norm: running statistics frozen"):
        after = dict(before)
    if on("batch norm: running mean frozen"):
        after["running_mean"] = before["running_mean"]
    if on("batch norm: running variance frozen"):
        after["running_var"] = before["running_var"]
    return after


def _after(on: Switches, situation: Any, x: Array, before: dict[str, Array]) -> dict[str, Array]:
    count = x.size // x.shape[1]
    mean = x.mean(axis=(0, 2, 3))
    squares = ((x - mean.reshape(1, -1, 1, 1)) ** 2).sum(axis=(0, 2, 3))
    variance = squares / (count if on("batch norm: running variance biased") else count - 1)
    if on("batch norm: running variance is a deviation"):
        variance = np.sqrt(variance)
    if on("batch norm: running variance is a biased deviation"):
        variance = np.sqrt(squares / count)
    if on("batch norm: eps in the running variance"):
        variance = variance + situation.attributes["eps"]
    if on("batch norm: running mean of squares"):
        variance = (x**2).mean(axis=(0, 2, 3))
    new = _weight_of_new(on, situation)
    old = 1 - new
    return {
        "running_mean": old * before["running_mean"] + new * mean,
        "running_var": old * before["running_var"] + new * variance,
    }


def _weight_of_new(on: Switches, situation: Any) -> float:
    momentum: float | None = situation.attributes["momentum"]
    cumulative = 1 / (situation.batches + 1)
    if on("batch norm: momentum ignored, cumulative average"):
        return cumulative
    if on("batch norm: running statistics replaced"):
        return 1.0
    if momentum is None:
        if on("batch norm: momentum 0.1 in place of none"):
            return 0.1
        if on("batch norm: cumulative average one batch late"):
            return 1 / (situation.batches + 2)
        return cumulative
    if on("batch norm: momentum 0.1"):
        return 0.1
    return 1 - momentum if on("batch norm: momentum inverted") else momentum


STATE = "state.{BatchNorm2d}.*"
MEAN, VARIANCE = "state.{BatchNorm2d}.running_mean", "state.{BatchNorm2d}.running_var"


def _mutant(mistake: str, cause: str, entry: str) -> Mutant:
    return Mutant(f"batch norm: {mistake}", f"batch_norm2d.running.{cause}", entry)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("momentum inverted", "momentum_inverted", STATE),
    _mutant("momentum 0.1", "momentum_default", STATE),
    _mutant("moved in evaluation", "moved_in_eval", STATE),
    _mutant("momentum 0.1 in place of none", "momentum_none_ignored", STATE),
    _mutant("momentum ignored, cumulative average", "cumulative", STATE),
    _mutant("cumulative average one batch late", "cumulative_late", STATE),
    _mutant("running statistics moved twice", "twice", STATE),
    _mutant("running statistics frozen", "frozen", STATE),
    _mutant("running statistics replaced", "replaced", STATE),
    _mutant("running mean frozen", "mean_frozen", MEAN),
    _mutant("running variance frozen", "variance_frozen", VARIANCE),
    _mutant("running variance biased", "variance_biased", VARIANCE),
    _mutant("running variance is a deviation", "standard_deviation", VARIANCE),
    _mutant("running variance is a biased deviation", "standard_deviation_biased", VARIANCE),
    _mutant("running mean of squares", "mean_of_squares", VARIANCE),
    _mutant("eps in the running variance", "eps_added", VARIANCE),
)
