"""Inputs that are much smaller or larger than 1."""

from __future__ import annotations

import numpy as np

from oracles.learning.changes import times_input
from oracles.learning.situation import Remedy, SettingsFinding, Situation

_SMALL, _LARGE = 0.05, 20.0
"""Images in 0 .. 1 have about 0.25 here (handwritten digits of two kinds: 0.25 and 0.26), in
0 .. 255 about 65, in 0 .. 16 about 4; images in 0 .. 16 that are divided by 255 have 0.016."""


def input_scale(situation: Situation) -> SettingsFinding | None:
    """Initial weights and learning rates are made for inputs that vary by about 1. The measure is
    the standard deviation over the samples, mean over all numbers of a sample that vary at all;
    where the numbers are larger than they vary, their root mean square is held to the upper limit
    as well: a dense layer sees it as a large constant."""
    inputs, _ = situation.seen
    deviations = inputs.std(axis=0)
    if not np.any(deviations > 0):
        return None
    scale = float(deviations[deviations > 0].mean())
    size = float(np.sqrt(np.mean(inputs**2)))
    if scale >= _SMALL and max(scale, size) <= _LARGE:
        return None
    raw = situation.first.raw
    factor = float(f"{1.0 / np.abs(inputs).max():.3g}")
    small = scale < _SMALL
    return SettingsFinding(
        finding="settings.input_scale",
        title=f"the inputs are too {'small' if small else 'large'} for the network",
        numbers=(
            f"The first layer sees numbers from {inputs.min():.3g} to {inputs.max():.3g}; from "
            f"sample to sample they vary by {scale:.2g} (standard deviation, mean over those that "
            f"vary), and their root mean square is {size:.2g}. Expected: about 1, at least between "
            f"{_SMALL:g} and {_LARGE:g}.",
            f"The data have numbers from {float(raw.min()):g} to {float(raw.max()):g} (first "
            f"step); preparation: {_preparation(situation)}.",
        ),
        change=f"Prepare the inputs so that they fill -1 .. 1 or 0 .. 1: {factor:g} times what "
        "they are now.",
        prevents=not situation.learns,
        figures={
            "scale": scale,
            "size": size,
            "smallest": float(inputs.min()),
            "largest": float(inputs.max()),
            "factor": factor,
        },
        remedy=Remedy(f"inputs times {factor:g}", times_input(factor)),
    )


def _preparation(situation: Situation) -> str:
    steps = [
        f"{name} {value:g}" if isinstance(value, int | float) else name
        for step in situation.case.preparation
        for name, value in step.items()
    ]
    return ", ".join(steps) or "none"
