"""Outputs that are the same for every sample."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.learning.collecting import spread_of
from oracles.learning.course import Curve
from oracles.learning.dependence import HARDLY, Dependence, dependence
from oracles.learning.situation import SettingsFinding, Situation

_SAME = 1e-3
"""Below this share of the spread of the targets, predictions are the same to the eye."""

_COLLAPSED = 0.1
"""Share of its first spread below which a layer has collapsed."""

_ONLY_MOVES = frozenset({"Flatten", "ZeroPad2d", "Identity", "Dropout"})
"""Layers that hand on what they get: not worth a figure of their own."""


def outputs_equal(situation: Situation) -> SettingsFinding | None:
    """The predictions of the trained network differ by less from sample to sample than a twentieth
    of what the targets do: it does not matter any more what it is shown.

    A layer is on the constant side where spread / size of its outputs is a twentieth of that of
    the inputs or less, or its spread a twentieth of what it was in the first steps (spread:
    standard deviation over the samples; size: root mean square). The first layer from which that
    holds down to the predictions is named, and the last where it holds for none."""
    found = dependence(situation)
    if found is None or not found.share < HARDLY:
        return None
    relative = _relative(situation)
    layer = _first_equal(situation, relative)
    same = "hardly depend on the sample" if found.share > _SAME else "are the same for every sample"
    return SettingsFinding(
        finding="settings.outputs_equal",
        title=f"the outputs {same}, from {layer} on",
        numbers=tuple(_numbers(situation, found, layer, relative)),
        change="Look for what takes the difference away there: initial weights that are too small, "
        "a decay that removes them, units that are saturated or dead, inputs that are too small "
        "beside the biases.",
        prevents=not situation.learns,
        symptom=True,
        figures={"layer": layer, "spread": found.predicted, "spread_of_targets": found.wanted},
    )


def _relative(situation: Situation) -> Mapping[str, tuple[float, float]]:
    """Spread and size: of the inputs, and of the outputs of every layer, in order."""
    inputs, _ = situation.seen
    look = situation.course.trained_on
    assert look is not None
    size = float(np.sqrt(np.mean(inputs**2)))
    return {"input": (spread_of(inputs), size)} | {
        layer.name: (look.spread[layer.name], look.size[layer.name])
        for layer in situation.case.layers
    }


def _first_equal(situation: Situation, relative: Mapping[str, tuple[float, float]]) -> str:
    """The first of the last layers that are all on the constant side."""
    of_input, size_of_input = relative["input"]
    if not of_input:
        return "input"
    names = list(relative)
    first = names[-1]
    for name in reversed(names[1:]):
        spread, size = relative[name]
        at_first = situation.course.spread[name][:1].sum()
        limit = max(of_input / size_of_input * size, at_first)
        if not spread <= HARDLY * limit:
            break
        first = name
    return first


def _numbers(
    situation: Situation,
    found: Dependence,
    layer: str,
    relative: Mapping[str, tuple[float, float]],
) -> list[str]:
    shown = [
        f"{name} {spread:.2g} of {size:.2g}"
        for name, (spread, size) in relative.items()
        if name == "input" or situation.case.layer(name).type not in _ONLY_MOVES
    ]
    sentences = [
        f"From sample to sample the predictions differ by {found.predicted:.2g}, the targets by "
        f"{found.wanted:.2g} (standard deviation, mean over the outputs).",
        f"Spread over the samples, of the size of the outputs: {', '.join(shown)}.",
    ]
    if layer == "input":
        return [*sentences, "All inputs are the same."]
    curve = situation.course.spread[layer]
    step = _collapse(curve)
    if step is None:
        return [*sentences, f"The spread of {layer} was {curve[0]:.2g} in the first steps."]
    return [
        *sentences,
        f"{layer} collapsed by step {situation.course.windows[step]}: spread {curve[0]:.2g} in the "
        f"first steps, {curve[step]:.2g} there, {curve[-1]:.2g} in the end.",
    ]


def _collapse(curve: Curve) -> int | None:
    """The first window from which the spread stays below a tenth of what it was at first."""
    above = np.flatnonzero(~(curve < _COLLAPSED * curve[0]))
    if not len(above) or above[-1] == len(curve) - 1:
        return None
    return int(above[-1]) + 1
