"""The sum over a batch, a factor of the loss, and the learning rate: one setting, not three."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from oracles.contract.case import Case
from oracles.learning.objective import Objective
from oracles.learning.situation import SettingsFinding, Situation

_HALF = 0.5


def one_setting(situation: Situation) -> SettingsFinding | None:
    """SGD subtracts lr * gradient: a loss that is R times as large, with a rate of lr, is the same
    training as the loss itself with lr * R. The sum over a batch of N is N times the mean over its
    samples. Half the sum of squares is left as it is: everybody's formula for the gradient has it.

    What is added to the gradient or limits it does not grow with the loss: weight decay, penalties
    and clipping have to be divided by R then."""
    case, step = situation.case, situation.first
    loss = case.loss
    assert loss is not None
    factor = _HALF if loss["type"] == "MSELoss" and loss["factor"] == _HALF else 1.0
    summed = loss["reduction"] == "sum"
    if step.lr is None or not (summed or loss["factor"] != factor):
        return None
    plain = {**loss, "factor": factor, "reduction": "batchmean" if summed else loss["reduction"]}
    own, other = _gradient(situation, loss), _gradient(situation, plain)
    ratio = float(own @ other / (other @ other)) if np.any(other) else float("nan")
    if not np.isfinite(ratio):
        return None
    mean = "mean over the samples" if summed else "loss without the factor"
    given = f"{'sum' if summed else loss['reduction']}, factor {loss['factor']:g}"
    return SettingsFinding(
        finding="settings.one_setting",
        title=f"a rate of {step.lr:g} with this loss is one of {step.lr * ratio:.4g} with the "
        f"{mean}: one setting, not two",
        numbers=(
            f"The loss is the {given}; the first step has {len(step.samples)} samples.",
            f"Norm of the gradient of the first step: {np.linalg.norm(own):.4g} as it is, "
            f"{np.linalg.norm(other):.4g} for the {mean}: {ratio:.6g} times, and apart from that "
            f"they differ by at most {np.abs(own - ratio * other).max():.1g}.",
            *_differs(situation, ratio, summed),
        ),
        change="Nothing, if this rate is the one that is meant; beside the rates of others it "
        f"counts as {step.lr * ratio:.4g}.",
        prevents=False,
        figures={"ratio": ratio, "lr": step.lr, "lr_of_the_mean": step.lr * ratio},
    )


def _gradient(situation: Situation, loss: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Of the data alone, at the start."""
    case: Case = replace(situation.case, loss=MappingProxyType(dict(loss)), penalties=())
    objective = Objective(case, situation.first)
    return objective.gradient(objective.flat(case.parameters()))


def _differs(situation: Situation, ratio: float, summed: bool) -> list[str]:
    """What stands in the way of the two being one."""
    case, lesson = situation.case, situation.lesson
    assert case.optimizer is not None
    parts = [
        f"{name} {value:g} to {value / ratio:.4g}"
        for name, value in (
            ("weight_decay", _largest_decay(case.optimizer)),
            *((f"the {one.type} penalty", one.factor) for one in case.penalties),
            ("clip_grad_norm", case.optimizer["clip_grad_norm"]),
            ("clip_grad_value", case.optimizer["clip_grad_value"]),
        )
        if value
    ]
    sentences = []
    if parts:
        sentences.append(
            "To be the same training, these change as well, since they do not grow with the loss: "
            f"{', '.join(parts)}."
        )
    last = len(lesson.samples.x) % lesson.batch_size
    if summed and last:
        sentences.append(
            f"The last batch of an epoch has {last} samples, and so a rate of its own."
        )
    return sentences


def _largest_decay(optimizer: Mapping[str, Any]) -> float:
    return max((own["weight_decay"] for own in optimizer["parameters"].values()), default=0.0)
