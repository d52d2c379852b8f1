"""Sigmoid and Tanh.

Forward. The formulas in use are 1 / (1 + exp(-x)), exp(x) / (1 + exp(x)), (1 + tanh(x / 2)) / 2 for
Sigmoid, tanh(x) and (1 - exp(-2x)) / (1 + exp(-2x)) for Tanh. The first two err relative to y; the
others subtract numbers close to 1 and err by a unit or two of absolute size, wherever y is small.
So M = |y| + 1/4: with n = 8 that allows ten units relative and two and a half absolute.

Where the output saturates, different arguments give equal numbers, and each may be off by itself.

Backward. The usual formulas work from the rounded y: grad * y * (1 - y) and grad * (1 - y * y),
whose derivatives in y are at most 1 and 2 in size. An error of two and a half units in y (five in
the worst formula) then moves the factor by as much: M = |grad_input| + |grad_output| / 2 for
Sigmoid and |grad_input| + |grad_output| for Tanh.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging.magnitudes.rule import BackwardSizes, NoState
from oracles.judging.measured import Size

_ROUNDINGS = 8.0


class Saturating(NoState):
    """An activation with bounded output.

    slope   how much of |grad_output| the backward formula may lose to the rounding of y
    """

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        return Size(np.abs(run.output) + 0.25, _ROUNDINGS, alike=call.inputs[0])

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        (passed,), _ = run.backward(spread)
        magnitude = np.abs(passed) + self.slope * spread
        return BackwardSizes([Size(magnitude, _ROUNDINGS)])
