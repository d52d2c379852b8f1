"""L1 and L2 penalties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def penalised(
    on: Switches, case: Case, step: Step, loss: Any, parameters: Mapping[str, Array]
) -> tuple[Any, dict[str, Array]]:
    """The loss with the penalties; what they add to the gradients."""
    added: dict[str, Array] = {}
    for penalty in case.penalties:
        factor = penalty.factor
        if penalty.per == "batch":
            factor = factor / len(step.samples)
        elif penalty.per == "dataset":
            factor = factor / case.samples
        for name in penalty.parameters:
            p = parameters[name]
            if penalty.type == "L1":
                value, gradient = np.abs(p).sum(), np.sign(p)
            else:
                value, gradient = (p * p).sum(), 2 * p
            loss = loss + factor * value
            added[name] = added.get(name, 0) + factor * gradient
    return loss, added


MUTANTS: tuple[Mutant, ...] = ()
