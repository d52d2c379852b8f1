"""Gradients that grow from step to step."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from oracles.contract.case import Case
from oracles.learning.checks.layer_gradients import layer_gradients
from oracles.learning.course import Curve
from oracles.learning.situation import Remedy, SettingsFinding, Situation

_TIMES = 1e3
"""How many times the first one. Gradients of a network that learns rise a few times at first, and
get smaller after that."""


def exploding_gradients(situation: Situation) -> SettingsFinding | None:
    """A gradient that ceases to be finite, or that ends a thousand times larger than it began,
    while the loss goes up. Where the loss comes down, it is a network that leaves a plateau."""
    course = situation.course
    curves = layer_gradients(course)
    rises = course.last_loss(situation.lesson.epoch) > course.first_loss
    if situation.learns or not (rises or course.not_finite):
        return None
    growths = {layer: _growth(curve) for layer, curve in curves.items() if len(curve)}
    found = {layer: growth for layer, growth in growths.items() if growth >= _TIMES}
    if not found:
        return None
    worst = max(found, key=lambda layer: found[layer])
    numbers = [f"{layer}: norm of the gradient {_told(curves[layer])}." for layer in found]
    return SettingsFinding(
        finding="settings.exploding_gradients",
        title=f"the gradients grow without bound, most of all that of {worst}",
        numbers=tuple(numbers),
        change="Choose a smaller learning rate or smaller initial weights, or clip: "
        "clip_grad_norm = 1.",
        prevents=True,
        figures={f"{layer}.growth": growth for layer, growth in found.items()},
        remedy=Remedy("clip_grad_norm = 1", _clipped),
    )


def _growth(curve: Curve) -> float:
    """The last norm over the largest of the first tenth."""
    part = max(1, len(curve) // 10)
    start, end = float(np.max(curve[:part])), float(np.median(curve[-part:]))
    if not np.all(np.isfinite(curve)):
        return float("inf")
    return end / start if start > 0.0 else 0.0


def _told(curve: Curve) -> str:
    """The first, the middle and the last norm, or where it is not finite."""
    lost = np.flatnonzero(~np.isfinite(curve))
    if len(lost):
        return f"{curve[0]:.3g} in step 0, not finite in step {lost[0]}"
    middle = len(curve) // 2
    return (
        f"{curve[0]:.3g} in step 0, {curve[middle]:.3g} in step {middle}, {curve[-1]:.3g} in step "
        f"{len(curve) - 1}"
    )


def _clipped(case: Case) -> Case:
    assert case.optimizer is not None
    clipping = {"clip_grad_norm": 1.0, "clip_grad_value": None}
    return replace(case, optimizer=MappingProxyType({**case.optimizer, **clipping}))
