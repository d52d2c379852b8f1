"""A loss and its gradient: elements, reduced and scaled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Step
from tests.mutants.losses import bce, bce_with_logits, cross_entropy, mse, penalty
from tests.mutants.losses.elements import Elements
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches

LOSSES: dict[str, Any] = {
    "CrossEntropyLoss": cross_entropy,
    "MSELoss": mse,
    "BCELoss": bce,
    "BCEWithLogitsLoss": bce_with_logits,
}


def loss(on: Switches, case: Case, step: Step, prediction: Array) -> tuple[Any, Array]:
    """The value and the gradient with respect to the prediction."""
    assert case.loss is not None
    options = case.loss
    target = _target(on, step, prediction)
    one: Elements = LOSSES[options["type"]].elements(on, options, prediction, target)
    factor = _factor(on, options)
    if options["reduction"] == "none":
        assert step.upstream is not None
        value: Any = factor * one.values
        gradient = one.backward(factor * step.upstream)
    else:
        of_value, of_gradient = _divisors(on, case, step, one)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = factor * one.values.sum() / of_value
            scale = np.full(one.values.shape, factor / of_gradient, dtype=prediction.dtype)
        if on("mse: root") and options["type"] == "MSELoss":
            value = np.sqrt(value)
            scale = scale / (2 * value)
        gradient = one.backward(scale)
    if on("loss: factor missing in the gradient"):
        gradient = gradient / factor
    if on("loss: sign of the gradient"):
        gradient = -gradient
    if on("loss: ones for a gradient"):
        gradient = np.ones_like(prediction)
    return value, gradient


def _factor(on: Switches, options: Mapping[str, Any]) -> float:
    factor: float = options["factor"]
    if on("loss: factor ignored"):
        factor = 1.0
    if on("loss: half"):
        factor = factor / 2
    if on("loss: doubled"):
        factor = factor * 2
    if on("loss: sign"):
        factor = -factor
    return factor


def _divisors(on: Switches, case: Case, step: Step, one: Elements) -> tuple[float, float]:
    """What the value and the gradient are divided by."""
    assert case.loss is not None
    samples = len(step.samples)
    right = {"mean": one.count, "sum": 1.0, "batchmean": float(samples)}[case.loss["reduction"]]
    if on("loss: sum"):
        return 1.0, 1.0
    half = case.loss["type"] == "MSELoss" and case.loss["reduction"] == "mean"
    if half and on("loss: half of the sum"):
        return 2.0, 2.0
    if half and on("loss: half of the sum over the samples"):
        return 2.0 * samples, 2.0 * samples
    if on("loss: mean, gradient of the sum"):
        return right, 1.0
    if on("loss: sum, gradient of the mean"):
        return 1.0, right
    divided = case.loss["reduction"] != "sum"
    if divided and on("loss: divided by the samples again"):
        return right * samples, right * samples
    if divided and on("loss: gradient divided by the samples again"):
        return right, right * samples
    if on("loss: mean in any case"):
        return one.count, one.count
    if case.loss["reduction"] == "mean" and on("loss: divided by the samples"):
        return float(samples), float(samples)
    if on("loss: divided by the size of the first batch"):
        nominal = len(case.steps[0].samples)
        return right * nominal / samples, right * nominal / samples
    return right, right


def _target(on: Switches, step: Step, prediction: Array) -> Array:
    assert step.target is not None
    target, labels = step.target, step.target.dtype.kind in "iu"
    if labels and on("loss: labels one too high"):
        target = np.where(target >= 0, target + 1, target)
    if labels and on("loss: labels one too high, the last one is the first"):
        target = np.where(target >= 0, (target + 1) % prediction.shape[1], target)
    if labels and on("loss: labels one too low"):
        target = np.where(target >= 0, (target - 1) % prediction.shape[1], target)
    if on("loss: targets of the samples reversed"):
        target = target[::-1]
    if on("loss: targets of the sample before"):
        target = np.roll(target, 1, axis=0)
    if on("loss: targets of the sample behind"):
        target = np.roll(target, -1, axis=0)
    return target


GRADIENT = "backward.loss"

OWN: tuple[Mutant, ...] = (
    Mutant("loss: sum", "loss.reduction.sum", "loss"),
    Mutant(
        "loss: mean, gradient of the sum", "loss.reduction.sum", GRADIENT, variant="backward only"
    ),
    Mutant("loss: sum, gradient of the mean", "loss.reduction.sum", "loss", variant="forward only"),
    Mutant("loss: divided by the samples again", "loss.reduction.mean_twice", "loss"),
    Mutant(
        "loss: gradient divided by the samples again",
        "loss.reduction.mean_twice",
        GRADIENT,
        variant="backward only",
    ),
    Mutant("loss: mean in any case", "loss.reduction.mean", "loss"),
    Mutant(
        "loss: divided by the samples",
        "loss.reduction.mean_over_batch",
        "loss",
        alike=("cross_entropy.weight.divided_by_samples",),
    ),
    Mutant("loss: divided by the size of the first batch", "loss.reduction.nominal_batch", "loss"),
    Mutant("loss: half", "loss.reduction.half", "loss"),
    Mutant("loss: doubled", "loss.reduction.doubled", "loss"),
    Mutant("loss: sign", "loss.reduction.sign", "loss"),
    Mutant("loss: sign of the gradient", "loss.gradient.sign", GRADIENT, ("loss.reduction.sign",)),
    Mutant("loss: ones for a gradient", "loss.gradient.of_output", GRADIENT),
    Mutant("loss: factor ignored", "loss.factor.ignored", "loss"),
    Mutant(
        "loss: factor missing in the gradient",
        "loss.factor.ignored",
        GRADIENT,
        variant="backward only",
    ),
    Mutant("loss: labels one too high", "loss.target.shifted_up", "loss", crash=True),
    Mutant(
        "loss: labels one too high, the last one is the first", "loss.target.shifted_up", "loss"
    ),
    Mutant("loss: labels one too low", "loss.target.shifted_down", "loss"),
    Mutant("loss: targets of the samples reversed", "loss.target.reversed_samples", "loss"),
    Mutant("loss: targets of the sample before", "loss.target.rolled", "loss"),
    Mutant("loss: targets of the sample behind", "loss.target.rolled_back", "loss"),
    Mutant("loss: half of the sum", "loss.reduction.half_sum", "loss"),
    Mutant("loss: half of the sum over the samples", "loss.reduction.half_over_batch", "loss"),
    Mutant("mse: root", "mse.root", "loss"),
)

MUTANTS: tuple[Mutant, ...] = (
    *OWN,
    *cross_entropy.MUTANTS,
    *mse.MUTANTS,
    *bce.MUTANTS,
    *bce_with_logits.MUTANTS,
    *penalty.MUTANTS,
)
