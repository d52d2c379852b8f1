"""Layers that hardly any gradient reaches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.learning.checks.layer_gradients import relative_gradients
from oracles.learning.course import Curve
from oracles.learning.situation import SettingsFinding, Situation

_TIMES = 1e4
"""How many times smaller than in another layer. A step that changes one layer by a thousandth
then changes the other by a ten-millionth: it takes part in nothing."""


def vanishing_gradients(situation: Situation) -> SettingsFinding | None:
    """A layer whose gradient, relative to its parameters, is ten thousand times smaller than that
    of another layer, or zero. Where the network learns, it has to be so in the first step and in
    the end: a layer may start from zero, and what has been learned needs no gradient."""
    relative = relative_gradients(situation.course)
    first = {layer: float(curve[0]) for layer, curve in relative.items() if len(curve)}
    end = {layer: _end(curve) for layer, curve in relative.items() if len(curve)}
    at_first, at_end = _weak(first), _weak(end)
    if situation.learns:
        weak = [layer for layer in at_first if layer in at_end]
    else:
        weak = [layer for layer in first if layer in at_first or layer in at_end]
    if not weak:
        return None
    return SettingsFinding(
        finding="settings.vanishing_gradients",
        title=f"hardly any gradient reaches {', '.join(weak)}",
        numbers=(
            f"Norm of the gradient over norm of the parameters, first step: {_listed(first)}.",
            f"The same in the last tenth of the steps: {_listed(end)}.",
        ),
        change="Look at what lies between the loss and this layer: saturated or dead units, tiny "
        "weights, many sigmoids. ReLU, weights of size sqrt(2 / fan_in) or batch norm let it pass.",
        prevents=not situation.learns,
        figures={
            "layers": ", ".join(weak),
            "smallest_over_largest_first": _range(first),
            "smallest_over_largest_end": _range(end),
        },
    )


def _end(curve: Curve) -> float:
    return float(np.median(curve[-max(1, len(curve) // 10) :]))


def _weak(relative: Mapping[str, float]) -> list[str]:
    """Layers far below the largest; none where all are zero, or one is not finite."""
    known = {layer: value for layer, value in relative.items() if not np.isnan(value)}
    largest = max(known.values(), default=0.0)
    if largest == 0.0 or not np.isfinite(largest):
        return []
    return [layer for layer, value in known.items() if value * _TIMES <= largest]


def _range(relative: Mapping[str, float]) -> float:
    known = [value for value in relative.values() if not np.isnan(value)]
    return min(known) / max(known) if known and max(known) > 0.0 else float("nan")


def _listed(relative: Mapping[str, float]) -> str:
    return ", ".join(f"{layer} {value:.2g}" for layer, value in relative.items())
