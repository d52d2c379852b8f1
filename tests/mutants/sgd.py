"""Clipping and SGD with switches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def clipped(on: Switches, case: Case, gradients: Mapping[str, Array]) -> dict[str, Array] | None:
    """The gradients after clipping, or None where the case does not clip."""
    assert case.optimizer is not None
    max_norm = case.optimizer["clip_grad_norm"]
    limit = case.optimizer["clip_grad_value"]
    if max_norm is None and limit is None:
        return None
    after = dict(gradients)
    if max_norm is not None:
        norm = np.sqrt(sum((g * g).sum() for g in after.values()))
        scale = min(1.0, max_norm / (float(norm) + 1e-6))
        after = {name: g * scale for name, g in after.items()}
    if limit is not None:
        after = {name: np.minimum(np.maximum(g, -limit), limit) for name, g in after.items()}
    return after


def updated(
    on: Switches,
    case: Case,
    step: Step,
    parameters: Mapping[str, Array],
    gradients: Mapping[str, Array],
    velocity: dict[str, Array],
) -> dict[str, Array]:
    """The parameters after the step; `velocity` is changed in place."""
    assert case.optimizer is not None
    after = {}
    for name, p in parameters.items():
        options = case.optimizer["parameters"][name]
        mu, g = options["momentum"], gradients[name]
        if options["maximize"]:
            g = -g
        if options["weight_decay"]:
            g = g + options["weight_decay"] * p
        if mu:
            if name in velocity:
                v = mu * velocity[name] + (1 - options["dampening"]) * g
            else:
                v = g
            velocity[name] = v
            g = g + mu * v if options["nesterov"] else v
        after[name] = p - step.learning_rates[name] * g
    return after


MUTANTS: tuple[Mutant, ...] = ()
