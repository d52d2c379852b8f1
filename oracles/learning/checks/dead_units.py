"""ReLU units that never open."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.contract.case import Array, Case
from oracles.learning.checks.layer_outputs import by_unit, looked_at
from oracles.learning.situation import SettingsFinding, Situation

_MANY = 0.5

_NEARLY_ALL = 0.9
"""Dead units of a layer from which on the rest is too little to learn with."""

_SAMPLES = 8
"""As many are needed to call a unit dead: by chance one is closed for all of them once in 256."""


def dead_units(situation: Situation) -> SettingsFinding | None:
    """More than half of the units of a ReLU layer are 0 for every sample that is looked at, and so
    get no gradient. A unit is a feature, or a channel with all its positions."""
    if situation.lesson.looked_at < _SAMPLES:
        return None
    shares = {where: _shares(situation.case, seen) for where, seen in looked_at(situation)}
    worst = {
        layer: max(one.get(layer, 0.0) for one in shares.values())
        for layer in shares["at the start"]
    }
    dead = [layer for layer, share in worst.items() if share > _MANY]
    if not dead:
        return None
    return SettingsFinding(
        finding="settings.dead_units",
        title=f"most units of {', '.join(dead)} are dead: 0 for every sample",
        numbers=tuple(
            f"Units {where} that are 0 for each of {min(situation.lesson.looked_at, 100)} samples: "
            f"{', '.join(f'{layer} {share:.0%}' for layer, share in one.items())}."
            for where, one in shares.items()
        ),
        change="Start with biases of 0 and weights of size sqrt(2 / fan_in), centre the inputs; "
        "where units die in training, choose a smaller learning rate.",
        prevents=not situation.learns and max(worst.values()) >= _NEARLY_ALL,
        figures={
            f"{layer}.{where.split()[-1]}": share
            for where, one in shares.items()
            for layer, share in one.items()
        },
    )


def _shares(case: Case, outputs: Mapping[str, Array]) -> dict[str, float]:
    """{layer: share of its units that are 0 for every sample}."""
    return {
        layer.name: float(np.mean(np.all(by_unit(outputs[layer.name]) <= 0.0, axis=0)))
        for layer in case.layers
        if layer.type == "ReLU" and layer.name in outputs
    }
