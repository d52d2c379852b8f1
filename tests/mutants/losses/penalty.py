"""L1 and L2 penalties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Penalty, Step
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def penalised(
    on: Switches, case: Case, step: Step, loss: Any, parameters: Mapping[str, Array]
) -> tuple[Any, dict[str, Array]]:
    """The loss with the penalties; what they add to the gradients."""
    added: dict[str, Array] = {}
    if on("penalty: missing"):
        return loss, added
    for penalty in case.penalties:
        factor = _factor(on, case, step, penalty)
        for name in _concerned(on, penalty, parameters):
            value, gradient = _of_one(on, penalty, parameters[name])
            if not on("penalty: missing in the loss"):
                loss = loss + factor * value
            if not on("penalty: missing in the gradient"):
                added[name] = added.get(name, 0) + factor * gradient
    return loss, added


def _factor(on: Switches, case: Case, step: Step, penalty: Penalty) -> float:
    factor = penalty.factor
    if on("penalty: half"):
        factor = factor / 2
    if on("penalty: double"):
        factor = factor * 2
    if on("penalty: sign"):
        factor = -factor
    per: str | None = penalty.per
    if on("penalty: not divided"):
        per = None
    elif per and on("penalty: divided by the batch"):
        per = "batch"
    elif per and on("penalty: divided by the data set"):
        per = "dataset"
    if per == "batch":
        return factor / len(step.samples)
    return factor / case.samples if per == "dataset" else factor


def _concerned(on: Switches, penalty: Penalty, parameters: Mapping[str, Array]) -> list[str]:
    names = list(penalty.parameters)
    if on("penalty: on biases"):
        biases = [name.rpartition(".")[0] + ".bias" for name in names]
        names += [name for name in biases if name in parameters and name not in names]
    if on("penalty: not on biases"):
        names = [name for name in names if not name.endswith(".bias")]
    return names


def _of_one(on: Switches, penalty: Penalty, p: Array) -> tuple[Any, Array]:
    """The penalty of one parameter and its gradient, for factor 1."""
    absolute, squared = penalty.type == "L1", penalty.type == "L2"
    if on("penalty: absolute values"):
        absolute = True
    elif on("penalty: squares"):
        squared, absolute = True, False
    if absolute:
        return np.abs(p).sum(), np.sign(p)
    assert squared
    gradient = p if on("penalty: gradient not doubled") else 2 * p
    value = (p * p).sum()
    if on("penalty: norm, not squared"):
        return np.sqrt(value), p / np.sqrt(value)
    return value, gradient


MUTANTS: tuple[Mutant, ...] = (
    Mutant("penalty: missing", "penalty.missing", "loss"),
    Mutant("penalty: missing in the loss", "penalty.missing", "loss", variant="forward only"),
    Mutant(
        "penalty: missing in the gradient",
        "penalty.missing",
        "gradient.*",
        variant="backward only",
    ),
    Mutant("penalty: half", "penalty.half", "loss"),
    Mutant("penalty: double", "penalty.double", "loss"),
    Mutant("penalty: sign", "penalty.sign", "loss"),
    Mutant("penalty: on biases", "penalty.on_biases", "loss"),
    Mutant("penalty: not on biases", "penalty.not_on_biases", "loss"),
    Mutant("penalty: not divided", "penalty.not_divided", "loss"),
    Mutant("penalty: divided by the batch", "penalty.divided_by_batch", "loss"),
    Mutant("penalty: divided by the data set", "penalty.divided_by_dataset", "loss"),
    Mutant("penalty: absolute values", "penalty.absolute", "loss"),
    Mutant("penalty: squares", "penalty.squared", "loss"),
    Mutant("penalty: norm, not squared", "penalty.root", "loss"),
    Mutant("penalty: gradient not doubled", "penalty.gradient_halved", "gradient.*"),
)
