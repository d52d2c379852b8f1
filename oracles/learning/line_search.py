"""Which learning rates lower the loss of a batch, when only one step is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Step
from oracles.contract.reference import Parameters
from oracles.learning.objective import Objective

_HALVINGS = range(-20, 21)


@dataclass(frozen=True)
class LineSearch:
    """Losses of one batch after a step along the negative gradient at rates lr * 2^k.

    lr        the rate that is set, the largest of any parameter
    before    the loss before the step
    after     the loss after a step at `lr`
    largest   the largest rate that lowers the loss, 0 where none does
    best      the rate that lowers it most, 0 where none does
    lowest    the loss after that
    """

    lr: float
    before: float
    after: float
    largest: float
    best: float
    lowest: float


def line_search(objective: Objective, step: Step, parameters: Parameters) -> LineSearch:
    """From these parameters, with the rates of `step` in their proportions; k from -20 to 20.

    Momentum and weight decay have no part in it: this is the loss, penalties included, and its
    gradient.
    """
    lr = max(step.learning_rates.values(), default=0.0)
    flat = objective.flat(parameters)
    gradient = objective.named(objective.gradient(flat))
    full = objective.flat({n: step.learning_rates[n] * array for n, array in gradient.items()})
    before = objective.loss(flat)
    losses = {k: objective.loss(flat - 2.0**k * full) for k in _HALVINGS}
    lower = {k: loss for k, loss in losses.items() if np.isfinite(loss) and loss < before}
    if not lower:
        return LineSearch(lr, before, losses[0], 0.0, 0.0, before)
    best = min(lower, key=lambda k: lower[k])
    return LineSearch(lr, before, losses[0], lr * 2.0 ** max(lower), lr * 2.0**best, lower[best])
