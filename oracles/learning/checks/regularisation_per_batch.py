"""Regularisation whose strength depends on the size of the batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from oracles.contract.case import Array, Case, Penalty, Step
from oracles.learning.objective import Flat, Objective
from oracles.learning.situation import Remedy, SettingsFinding, Situation

_SHRUNK = 0.5
"""Weights that end below this share of their norm at the start: the decay has won."""


@dataclass(frozen=True)
class _Ratios:
    """By what gradients grow when each sample of a step is there twice: that of the data, and that
    of what pulls at the weights."""

    data: float
    pull: float
    pulls: str


def regularisation_per_batch(situation: Situation) -> SettingsFinding | None:
    """The same samples twice in a batch are no news: data and regularisation should pull at the
    weights in the same proportion as before. A penalty divided by the samples of the batch beside
    the mean of the data, or any decay beside a sum, changes that proportion."""
    ratios = _ratios(situation)
    if ratios is None or np.isclose(ratios.data, ratios.pull):
        return None
    per_batch = any(penalty.per == "batch" for penalty in situation.case.penalties)
    averaged = situation.case.loss is not None and situation.case.loss["reduction"] != "sum"
    parts = len(situation.first.samples) < situation.case.samples
    shrunk = list(_shrunk(situation))
    return SettingsFinding(
        finding="settings.regularisation_per_batch",
        title="the regularisation depends on the batch size",
        numbers=(
            f"Each sample of the first step twice: the gradient of the data becomes "
            f"{ratios.data:.3g} times, that of the {ratios.pulls} {ratios.pull:.3g} times what it "
            "was.",
            *_strength(situation),
            *shrunk,
        ),
        change='Divide the penalty by the samples of the data set: per = "dataset", the same '
        "factor."
        if per_batch
        else 'Take the mean over the samples (reduction = "batchmean") with a rate that is as many '
        "times larger, or choose the decay anew with each batch size.",
        prevents=parts and bool(shrunk) and not situation.learns,
        figures={"data_ratio": ratios.data, "pull_ratio": ratios.pull, **_figures(situation)},
        remedy=Remedy('per = "dataset" for the penalties', _per_dataset)
        if per_batch and averaged and parts
        else None,
    )


def _ratios(situation: Situation) -> _Ratios | None:
    """None where nothing pulls, or the gradients are zero or not finite."""
    case, step = situation.case, situation.first
    assert case.optimizer is not None
    once, twice = (_parts(case, one) for one in (step, _doubled(step)))
    data = _times(once[0], twice[0])
    decays = any(own["weight_decay"] for own in case.optimizer["parameters"].values())
    if case.penalties and np.any(once[1]):
        pull, pulls = _times(once[1], twice[1]), "penalty"
    elif decays:
        pull, pulls = 1.0, "weight decay"
    else:
        return None
    return _Ratios(data, pull, pulls) if np.isfinite(data) and np.isfinite(pull) else None


def _parts(case: Case, step: Step) -> tuple[Flat, Flat]:
    """Gradient of the data, and of the penalties, at the start."""
    data, whole = Objective(replace(case, penalties=()), step), Objective(case, step)
    point = whole.flat(case.parameters())
    gradient = data.gradient(point)
    return gradient, whole.gradient(point) - gradient


def _doubled(step: Step) -> Step:
    """The step with each sample twice."""

    def twice(array: Array) -> Array:
        return np.concatenate([array, array])

    return replace(
        step,
        samples=step.samples * 2,
        raw=twice(step.raw),
        input=twice(step.input),
        target=None if step.target is None else twice(step.target),
        masks={name: twice(mask) for name, mask in step.masks.items()},
    )


def _times(once: Flat, twice: Flat) -> float:
    return float(once @ twice / (once @ once)) if np.any(once) else float("nan")


def _per_batch(situation: Situation) -> Penalty | None:
    """The strongest L2 penalty that is divided by the batch."""
    found = [one for one in situation.case.penalties if one.per == "batch" and one.type == "L2"]
    return max(found, key=lambda one: one.factor, default=None)


def _strength(situation: Situation) -> Iterator[str]:
    penalty = _per_batch(situation)
    if penalty is None:
        return
    batch, count = len(situation.first.samples), situation.case.samples
    pull = 2.0 * penalty.factor
    shown = (
        f"With {batch} samples in a batch the penalty has a gradient of 2 * factor / batch = "
        f"2 * {penalty.factor:g} / {batch} = {pull / batch:.3g} times the weights"
    )
    if batch == count:
        yield f"{shown}; these are all samples there are, and in smaller batches it would be more."
    else:
        yield (
            f"{shown}; over all {count} samples at once it would be {pull / count:.3g}, "
            f"{count / batch:.3g} times less."
        )


def _figures(situation: Situation) -> dict[str, float]:
    penalty = _per_batch(situation)
    if penalty is None:
        return {}
    pull = 2.0 * penalty.factor
    batch = len(situation.first.samples)
    return {"decay": pull / batch, "decay_of_the_data_set": pull / situation.case.samples}


def _shrunk(situation: Situation) -> Iterator[str]:
    """Penalised parameters that end with a fraction of their norm."""
    for penalty in situation.case.penalties:
        for name in penalty.parameters:
            norms = situation.course.parameters[name]
            if norms[-1] < _SHRUNK * norms[0]:
                yield f"The norm of {name} goes from {norms[0]:.3g} to {norms[-1]:.3g}."


def _per_dataset(case: Case) -> Case:
    penalties = tuple(
        replace(one, per="dataset") if one.per == "batch" else one for one in case.penalties
    )
    return replace(case, penalties=penalties)
