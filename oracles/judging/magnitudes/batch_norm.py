"""BatchNorm2d.

Train mode, statistics over the N * H * W numbers of a channel: mean m, biased variance v,
s = sqrt(v + eps), xhat = (x - m) / s, y = weight * xhat + bias. The variance may be computed in one
pass (mean of squares minus square of the mean), whose error relative to s**2 is
k = 1 + (m**2 + v) / (v + eps). Rounding then moves
    xhat   by   X = (|x| + mean|x|) / s + |xhat| * k
    y      by   |weight| * X + |bias|
    gradient of weight = sum(grad * xhat)   by   sum(|grad| * X)
    gradient of bias   = sum(grad)          by   sum(|grad|)
    grad_input = weight / s * (grad - mean(grad) - xhat * mean(grad * xhat))   by
        |weight| / s * (k * (|grad| + mean|grad| + |xhat| * mean|grad * xhat|)
                        + X * mean|grad * xhat| + |xhat| * mean(|grad| * X))
    running_mean = (1 - a) * old + a * m   by   (|1 - a| + |a|) * |old| + 2 * |a| * mean|x|
    running_var  = (1 - a) * old + a * v * n / (n - 1)   by
        (|1 - a| + |a|) * |old| + 2 * |a| * mean(x**2) * n / (n - 1)
    (also in the form old + a * (m - old), and with 1 - a taken of a rounded a)
each with n = N * H * W + 8 terms.

Eval mode: the same with the running statistics in the place of m and v, which are given numbers
(k = 2, no means), n = 8; parameter gradients are still sums over the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging.magnitudes.rule import BackwardSizes
from oracles.judging.measured import Size
from oracles.judging.repetition import repetition

_AXES = (0, 2, 3)


class BatchNormalised:
    """BatchNorm2d in both modes."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        t = _terms(call)
        if not t.batch:
            return Size(t.weight * t.moved + t.bias, 8.0)
        repeated = repetition(call.inputs[0], terms=t.summed)
        return Size(t.weight * t.moved + t.bias, t.summed, repeated=repeated)

    def buffers(self, reference: Reference, call: Call, run: LayerRun) -> dict[str, Size]:
        if call.mode == "eval":
            return {name: Size(np.zeros_like(b), 0.0) for name, b in call.buffers.items()}
        x = call.inputs[0]
        count = x.size // x.shape[1]
        a = call.layer.attributes["momentum"]
        a = 1.0 / (call.batches + 1) if a is None else a
        fresh = {
            "running_mean": np.mean(np.abs(x), axis=_AXES),
            "running_var": np.mean(x * x, axis=_AXES) * count / max(count - 1, 1),
        }
        kept, taken = abs(1.0 - a) + abs(a), 2.0 * abs(a)
        repeated = repetition(x, terms=count)
        return {
            name: Size(kept * np.abs(old) + taken * fresh[name], count + 8.0, repeated=repeated)
            for name, old in call.buffers.items()
        }

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        t, g = _terms(call), spread
        again = repetition(grad_output, terms=t.summed)
        parameters = {
            "weight": Size(np.sum(g * t.moved, axis=_AXES), t.summed, repeated=again),
            "bias": Size(np.sum(g, axis=_AXES), t.summed, repeated=again),
        }
        held = {p: size for p, size in parameters.items() if p in call.parameters}
        if not t.batch:
            return BackwardSizes([Size(t.weight / t.scale * t.k * g, 8.0)], held)
        correlated = _mean(g * t.xhat)
        inner = t.k * (g + _mean(g) + t.xhat * correlated)
        inner = inner + t.moved * correlated + t.xhat * _mean(g * t.moved)
        repeated = max(again, repetition(call.inputs[0], terms=t.summed))
        magnitude = t.weight / t.scale * inner
        return BackwardSizes([Size(magnitude, t.summed, repeated=repeated)], held)

    def branch(self, call: Call, run: LayerRun) -> Array | None:
        return None


@dataclass(frozen=True)
class _Terms:
    """The quantities of the module's docstring, shaped to broadcast with N C H W."""

    batch: bool
    weight: Array
    bias: Array
    scale: Array
    xhat: Array
    k: Array
    moved: Array
    summed: float


def _terms(call: Call) -> _Terms:
    x = call.inputs[0]
    batch = call.mode == "train" or not call.buffers
    if batch:
        mean, variance = _mean(x), np.var(x, axis=_AXES, keepdims=True)
        size = _mean(np.abs(x))
    else:
        mean = _channels(call.buffers["running_mean"])
        variance = _channels(call.buffers["running_var"])
        size = np.abs(mean)
    eps = call.layer.attributes["eps"]
    scale = np.sqrt(variance + eps)
    xhat = np.abs(x - mean) / scale
    k = 1.0 + (mean**2 + variance) / (variance + eps) if batch else np.full_like(scale, 2.0)
    one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
    return _Terms(
        batch=batch,
        weight=np.abs(_channels(call.parameters.get("weight", one))),
        bias=np.abs(_channels(call.parameters.get("bias", zero))),
        scale=scale,
        xhat=xhat,
        k=k,
        moved=(np.abs(x) + size) / scale + xhat * k,
        summed=x.size / x.shape[1] + 8.0,
    )


def _mean(x: Array) -> Array:
    mean: Array = np.mean(x, axis=_AXES, keepdims=True)
    return mean


def _channels(per_channel: Array) -> Array:
    return np.asarray(per_channel, dtype=np.float64)[None, :, None, None]
