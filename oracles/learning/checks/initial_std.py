"""Initial weights of another size than their layer needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array, Case, Layer
from oracles.learning.changes import times_weights
from oracles.learning.situation import Remedy, SettingsFinding, Situation

_FEWEST = 30
"""Weights from which on their standard deviation says something: within 13 % (one sigma)."""

_OFF = 5.0
"""How many times too small or too large counts. PyTorch's own default is off by 1.7 (2.4 in front
of ReLU), Glorot's by 1.4 at most in square layers; through three layers that are off by 5 the
outputs shrink or grow a hundred times."""


@dataclass(frozen=True)
class _Weights:
    """Weights of a layer: how far they spread, and how far they should.

    expected  sqrt(2 / fan_in) in front of ReLU (He), else sqrt(1 / fan_in) (LeCun)
    equal     every unit has the same weights
    """

    name: str
    count: int
    fan_in: int
    std: float
    expected: float
    formula: str
    equal: bool

    @property
    def ratio(self) -> float:
        return self.std / self.expected

    @property
    def off(self) -> bool:
        return self.equal or not 1.0 / _OFF <= self.ratio <= _OFF

    @property
    def rootless(self) -> str:
        """The variance that somebody has taken for a standard deviation, "2/fan_in", or "". The
        standard deviation of n random numbers is known to one part in sqrt(2 n); three times that
        is allowed, and 5 % to 20 %."""
        near = min(max(3.0 / math.sqrt(2.0 * self.count), 0.05), 0.2)
        fits = (k for k in (2, 1) if abs(self.std * self.fan_in / k - 1.0) <= near)
        return next((f"{k}/fan_in" for k in fits if self.ratio < 0.5), "")


def initial_std(situation: Situation) -> SettingsFinding | None:
    """Weights whose standard deviation is far from what keeps the size of signals from layer to
    layer: sqrt(2 / fan_in) or sqrt(1 / fan_in). Smaller ones let every sample end in the same
    output, larger ones saturate; units with the same weights stay the same.

    Batch norm right behind a layer undoes the size of its weights, and such a layer is left out.
    """
    weights = [
        _weights(situation.case, layer, name, array)
        for name, (layer, array) in situation.weights().items()
        if array.size >= _FEWEST and not _feeds(situation.case, layer, "BatchNorm2d")
        if np.ptp(array) > 0.0 or _followed(situation.case, layer)
    ]
    off = [one for one in weights if one.off]
    if not off:
        return None
    told = [one for one in weights if one.off or one.rootless]
    factors = {one.name: _target(one) / one.std for one in told if one.std > 0.0 and not one.equal}
    text = ", ".join(
        f"std of {one.name} = {_target(one):.2g}" for one in told if one.name in factors
    )
    rootless = [one for one in off if one.rootless]
    title = "the initial weights of a layer have another size than it needs"
    if rootless:
        title = f"{rootless[0].rootless} is a variance: the initial weights lack its square root"
    return SettingsFinding(
        finding="settings.initial_std",
        title=title,
        numbers=tuple(map(_sentence, told)),
        change=f"Draw them with {text}." if text else "Draw them from a generator, each its own.",
        prevents=not situation.learns,
        figures={f"{one.name}.ratio": one.ratio for one in told},
        remedy=Remedy(text, times_weights(factors)) if factors else None,
    )


def _weights(case: Case, layer: Layer, name: str, array: Array) -> _Weights:
    numbers = np.asarray(array, dtype=np.float64)
    fan_in = math.prod(numbers.shape[1:])
    gain = 2 if _feeds(case, layer, "ReLU") else 1
    return _Weights(
        name=name,
        count=numbers.size,
        fan_in=fan_in,
        std=float(np.std(numbers)),
        expected=math.sqrt(gain / fan_in),
        formula=f"sqrt({gain} / {fan_in})",
        equal=len(numbers) > 1 and bool(np.all(numbers == numbers[:1])),
    )


def _feeds(case: Case, layer: Layer, type_: str) -> bool:
    """Whether a layer of this type reads the layer, by itself or behind pooling and the like."""
    readers = [one for one in case.layers if layer.name in one.inputs]
    return any(
        one.type == type_
        or (
            one.type in ("MaxPool2d", "AvgPool2d", "Flatten", "Dropout", "ZeroPad2d")
            and _feeds(case, one, type_)
        )
        for one in readers
    )


def _followed(case: Case, layer: Layer) -> bool:
    """Whether other weights come behind this layer; equal weights of the last one do no harm."""
    index = case.layers.index(layer)
    return any("weight" in one.parameters for one in case.layers[index + 1 :])


def _target(one: _Weights) -> float:
    """What the standard deviation should be: with the root that is missing, where it is."""
    return math.sqrt(one.std) if one.rootless else one.expected


def _sentence(one: _Weights) -> str:
    if one.equal:
        return (
            f"{one.name}: every unit begins with the same weights, and only what reads them can "
            "tell them apart."
        )
    text = f"{one.name}: standard deviation {one.std:.3g}, which is {one.ratio:.2g} times "
    text += f"{one.formula} = {one.expected:.3g}"
    return f"{text}; it is {one.rootless} without the root." if one.rootless else f"{text}."
