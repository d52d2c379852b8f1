"""Softmax.

Forward. y = exp(z - c) / sum exp(z - c) with c = max z, or c = 0 where that does not overflow. The
argument is rounded to u * |z - c|, which is the relative error of the exponential: at most the
distance r of z to the maximum, or |z| for c = 0. A log-softmax followed by exp rounds z - lse,
which is as large, up to three times. The sum in the denominator has as many terms as there are
classes, and its error is that of all of them, so that it does not average out over an entry:
M = 2 * y, n = classes + 4. The arguments are rounded inside of the terms:
inner = 4 * d * y with d = max(r, |z|). (Largest error seen: 2.6 * d units, and 1.8 * sqrt(n) where
d is small and the exponentials nearly equal.)

Backward. grad_input = y * (grad - sum(grad * y)) from a rounded y: every product carries the
relative error of its y, and the sum is one of n terms more. With t = sum(|grad| * y),
M = 2 * y * (|grad| + t), inner = 4 * y * (d * |grad| + d * t + sum(d * |grad| * y)).
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging.magnitudes.rule import BackwardSizes, NoState
from oracles.judging.measured import Size


class Normalised(NoState):
    """Softmax over one axis."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        return Size(2.0 * run.output, _terms(call), inner=4.0 * run.output * _distance(call))

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        axis = call.layer.attributes["dim"]
        y, d, g = run.output, _distance(call), spread
        total = np.sum(g * y, axis=axis, keepdims=True)
        moved = d * g + d * total + np.sum(d * g * y, axis=axis, keepdims=True)
        return BackwardSizes([Size(2.0 * y * (g + total), _terms(call), inner=4.0 * y * moved)])


def _distance(call: Call) -> Array:
    """How large the arguments of the exponentials are."""
    z = call.inputs[0]
    highest = np.max(z, axis=call.layer.attributes["dim"], keepdims=True)
    distance: Array = np.maximum(highest - z, np.abs(z))
    return distance


def _terms(call: Call) -> float:
    return float(call.inputs[0].shape[call.layer.attributes["dim"]] + 4)
