"""A loss and its gradient: elements, reduced and scaled."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants.losses import bce, bce_with_logits, cross_entropy, mse
from tests.mutants.losses.penalty import penalised
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

__all__ = ["MUTANTS", "loss", "penalised"]

LOSSES: dict[str, Any] = {
    "CrossEntropyLoss": cross_entropy,
    "MSELoss": mse,
    "BCELoss": bce,
    "BCEWithLogitsLoss": bce_with_logits,
}


def loss(on: Switches, case: Case, step: Step, prediction: Array) -> tuple[Any, Array]:
    """The value and the gradient with respect to the prediction."""
    assert case.loss is not None
    assert step.target is not None
    options = case.loss
    one = LOSSES[options["type"]].elements(on, options, prediction, step.target)
    factor = options["factor"]
    if options["reduction"] == "none":
        assert step.upstream is not None
        return factor * one.values, one.backward(factor * step.upstream)
    divisor = {"mean": one.count, "sum": 1, "batchmean": len(step.samples)}[options["reduction"]]
    value = factor * one.values.sum() / divisor
    scale = np.full(one.values.shape, factor / divisor, dtype=prediction.dtype)
    return value, one.backward(scale)


MUTANTS: tuple[Mutant, ...] = ()
