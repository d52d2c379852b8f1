"""Softmax.

Forward. y = exp(z - c) / sum exp(z - c) with c = max z, or c = 0 where that does not overflow. The
argument is rounded to u * |z - c|, which is the relative error of the exponential: at most the
distance r of z to the maximum, or |z| for c = 0. A log-softmax followed by exp rounds z - lse,
which is as large. So M = y * (2 + max(r, |z|)) with the n terms of the sum: n = classes + 8.

Backward. grad_input = y * (grad - sum(grad * y)) from a rounded y: every product carries the
relative error of its y. With s = 2 + max(r, |z|) and t = sum(|grad| * y), that makes
M = y * (s * |grad| + s * t + sum(s * |grad| * y)).
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
        return Size(run.output * _relative(call), _terms(call))

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        axis = call.layer.attributes["dim"]
        y, s, g = run.output, _relative(call), spread
        total = np.sum(g * y, axis=axis, keepdims=True)
        spread_total = np.sum(s * g * y, axis=axis, keepdims=True)
        return BackwardSizes([Size(y * (s * g + s * total + spread_total), _terms(call))])


def _relative(call: Call) -> Array:
    z = call.inputs[0]
    highest = np.max(z, axis=call.layer.attributes["dim"], keepdims=True)
    relative: Array = 2.0 + np.maximum(highest - z, np.abs(z))
    return relative


def _terms(call: Call) -> float:
    return float(call.inputs[0].shape[call.layer.attributes["dim"]] + 8)
