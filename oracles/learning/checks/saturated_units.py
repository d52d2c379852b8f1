"""Sigmoid and Tanh units where they are flat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.contract.case import Array, Case
from oracles.learning.changes import times_input, times_weights
from oracles.learning.checks.layer_outputs import looked_at
from oracles.learning.situation import Remedy, SettingsFinding, Situation

_FLAT = 0.01
"""Share of the largest derivative below which a unit counts as saturated: Sigmoid beyond +-6, Tanh
beyond +-3."""

_MANY = 0.5


def saturated_units(situation: Situation) -> SettingsFinding | None:
    """More than half of the outputs of a Sigmoid or Tanh layer, over samples and units, where the
    derivative is below a hundredth of its maximum. In the end that counts only if the network does
    not learn, and not for the output, which is meant to be sure."""
    shares = {where: _shares(situation.case, seen) for where, seen in looked_at(situation)}
    start, end = shares["at the start"], shares.get("in the end", {})
    output = situation.case.output.name
    at_start = [layer for layer, share in start.items() if share > _MANY]
    at_end = [layer for layer, share in end.items() if share > _MANY and layer != output]
    flat = at_start or ([] if situation.learns else at_end)
    if not flat:
        return None
    remedy = _remedy(situation, at_start)
    return SettingsFinding(
        finding="settings.saturated_units",
        title=f"most units of {', '.join(flat)} are saturated: their derivative is near 0",
        numbers=tuple(
            f"Outputs {where} whose derivative is below 1 % of its maximum: "
            f"{', '.join(f'{layer} {share:.0%}' for layer, share in one.items())}."
            for where, one in shares.items()
        ),
        change=f"Make what goes into these layers smaller: {remedy.text}."
        if remedy is not None
        else "They are driven there by the training: choose a smaller learning rate.",
        prevents=not situation.learns,
        figures={f"{layer}.start": share for layer, share in start.items()}
        | {f"{layer}.end": share for layer, share in end.items()},
        remedy=remedy,
    )


def _shares(case: Case, outputs: Mapping[str, Array]) -> dict[str, float]:
    """{layer: share of its outputs that are saturated}."""
    return {
        layer.name: float(np.mean(_derivative(layer.type, outputs[layer.name]) < _FLAT))
        for layer in case.layers
        if layer.type in ("Sigmoid", "Tanh") and layer.name in outputs
    }


def _derivative(type_: str, y: Array) -> Array:
    """As a share of its maximum: 4 y (1 - y) of Sigmoid, 1 - y^2 of Tanh."""
    y = np.asarray(y, dtype=np.float64)
    return 4.0 * y * (1.0 - y) if type_ == "Sigmoid" else 1.0 - y * y


def _remedy(situation: Situation, layers: list[str]) -> Remedy | None:
    """Inputs of size 1 where they are larger than that, else weights in front of these layers that
    make what they give of size 1."""
    if not layers:
        return None
    largest = float(np.abs(situation.first.input).max())
    if largest > 3.0:
        return Remedy(f"inputs divided by {largest:.3g}", times_input(1.0 / largest))
    seen = next(iter(looked_at(situation)))[1]
    factors = {}
    for layer in layers:
        (source,) = situation.case.layer(layer).inputs
        name = f"{source}.weight"
        if name in situation.weights():
            factors[name] = float(f"{1.0 / np.sqrt(np.mean(seen[source] ** 2)):.1g}")
    text = ", ".join(f"{name} times {factor:g}" for name, factor in factors.items())
    return Remedy(text, times_weights(factors)) if factors else None
