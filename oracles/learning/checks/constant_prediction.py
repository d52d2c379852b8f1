"""A loss that ends where the best constant prediction is."""

from __future__ import annotations

import math

from oracles.learning.dependence import dependence
from oracles.learning.situation import SettingsFinding, Situation

_NEAR = 0.05
"""How far from the loss of the best constant prediction counts as there, of that loss."""

_LITTLE = 0.25
"""Share of the spread of the targets below which predictions are near a constant."""


def constant_prediction(situation: Situation) -> SettingsFinding | None:
    """The best prediction without a look at the input is the mean of the targets, or the share of
    each class. A loss that ends there, with predictions that hardly differ from sample to sample,
    is that of a network that has found this constant and nothing else."""
    found, look = dependence(situation), situation.course.trained_on
    if found is None or look is None:
        return None
    if not (abs(situation.learned) <= _NEAR and found.share < _LITTLE):
        return None
    best, first = situation.baseline, situation.course.first_loss
    began_there = abs(first - best.loss) <= _NEAR * best.loss
    numbers = [
        f"Loss in the end {look.loss:.4g}, of the best constant prediction {best.loss:.4g}; the "
        f"first step has {first:.4g}.",
        f"From sample to sample the predictions differ by {found.predicted:.2g}, the targets by "
        f"{found.wanted:.2g} (standard deviation, mean over the outputs).",
    ]
    if not math.isnan(look.most_often):
        numbers.append(
            f"The class that is predicted most often gets {look.most_often:.0%} of the samples; "
            f"the commonest label has {best.most_often:.0%}."
        )
    return SettingsFinding(
        finding="settings.constant_prediction",
        title="the loss ends at that of the best constant prediction: nothing of the inputs is in "
        "the predictions",
        numbers=tuple(numbers),
        change="The loss began there, so little has happened at all: see whether the rate is too "
        "small or the training too short, then what keeps the inputs out."
        if began_there
        else "A loss that falls to that of a constant shows nothing: the biases alone do that. "
        "Look at what keeps the inputs out: the targets, the data and the layers in between.",
        prevents=True,
        symptom=True,
        figures={
            "loss": look.loss,
            "constant_loss": best.loss,
            "first_loss": first,
            "most_often": look.most_often,
            "commonest_label": best.most_often,
        },
    )
