"""BatchNorm2d.

Train mode, statistics over the N * H * W numbers of a channel: mean m, biased variance v,
s = sqrt(v + eps), xhat = (x - m) / s, y = weight * xhat + bias. With the variance as the mean of
(x - m)**2, its error relative to s**2 is k = 2, and what the error of m does by its square:
(mean|x| / s)**2 * sqrt(n) * 4 * 2**-24. Rounding then moves
    xhat   by   X = (|x| + mean|x|) / s + |xhat| * k, where |x| / s does not grow with n
    y      by   |weight| * X + |bias|, of which 4 * |weight| * |x| / s inside of the terms
    gradient of weight = sum(grad * xhat)   by   sum(|grad| * X)
    gradient of bias   = sum(grad)          by   sum(|grad|)
    grad_input = weight / s * (grad - mean(grad) - xhat * mean(grad * xhat))   by
        |weight| / s * (k * (|grad| + mean|grad| + |xhat| * mean|grad * xhat|)
                        + X * mean|grad * xhat| + |xhat| * mean(|grad| * X))
    running_mean = (1 - a) * old + a * m   by   (|1 - a| + |a|) * |old| + 2 * |a| * mean|x|
    running_var  = (1 - a) * old + a * v * n / (n - 1)   by
        (|1 - a| + |a|) * |old| + 2 * |a| * k * v * n / (n - 1)
    (also in the form old + a * (m - old), and with 1 - a taken of a rounded a)
each with n = N * H * W + 8 terms.

The variance may also be computed in one pass, as the mean of squares minus the square of the mean:
a formula in use, but far from zero it loses digits that the other one keeps. For it
k = 1 + (m**2 + v) / (v + eps), and mean(x**2) stands in the place of k * v. What only that explains
is right, and earns the remark `batch_norm.one_pass`.

Eval mode: the same with the running statistics in the place of m and v, which are given numbers
(k = 2, no means), n = 8; parameter gradients are still sums over the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging.magnitudes.rule import BackwardSizes
from oracles.judging.measured import Lenient, Size
from oracles.judging.repetition import repetition_of_channels

_AXES = (0, 2, 3)
_ERROR_OF_A_MEAN = 4.0 * 2.0**-24
"""That of float32: in float64 it makes no difference."""


class BatchNormalised:
    """BatchNorm2d in both modes."""

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        if not _in_batch(call):
            return _output(call, _terms(call, one_pass=False))
        lenient = _one_pass(lambda: _output(call, _terms(call, one_pass=True)))
        return replace(_output(call, _terms(call, one_pass=False)), lenient=lenient)

    def buffers(self, reference: Reference, call: Call, run: LayerRun) -> dict[str, Size]:
        if call.mode == "eval":
            return {name: Size(np.zeros_like(b), 0.0) for name, b in call.buffers.items()}
        sizes = {name: partial(_running, call, name, old) for name, old in call.buffers.items()}
        return {
            name: replace(size(one_pass=False), lenient=_one_pass(partial(size, one_pass=True)))
            for name, size in sizes.items()
        }

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        sizes = partial(_gradients, call, grad_output, spread)
        of_input, parameters = sizes(one_pass=False)
        if not _in_batch(call):
            return BackwardSizes([of_input], parameters)
        lenient = _one_pass(lambda: sizes(one_pass=True)[0])
        return BackwardSizes(
            [replace(of_input, lenient=lenient)],
            {
                name: replace(size, lenient=_one_pass(partial(_gradient, sizes, name)))
                for name, size in parameters.items()
            },
        )

    def branch(self, call: Call, run: LayerRun) -> Array | None:
        return None


def _one_pass(size: Callable[[], Size]) -> Lenient:
    return Lenient(size, "batch_norm.one_pass")


def _gradient(sizes: Callable[..., tuple[Size, dict[str, Size]]], name: str) -> Size:
    return sizes(one_pass=True)[1][name]


def _output(call: Call, t: _Terms) -> Size:
    if not t.batch:
        return Size(t.weight * t.moved + t.bias, t.summed)
    x = np.abs(call.inputs[0]) / t.scale
    repeated = repetition_of_channels(call.inputs[0], terms=t.summed)
    magnitude = t.weight * (t.moved - x) + t.bias
    return Size(magnitude, t.summed, repeated=repeated, inner=4.0 * t.weight * x)


def _running(call: Call, name: str, old: Array, *, one_pass: bool) -> Size:
    x = call.inputs[0]
    count = x.size // x.shape[1]
    a = call.layer.attributes["momentum"]
    a = 1.0 / (call.batches + 1) if a is None else a
    if name == "running_mean":
        fresh = np.mean(np.abs(x), axis=_AXES)
    elif one_pass:
        fresh = np.mean(x * x, axis=_AXES) * count / max(count - 1, 1)
    else:
        k = _terms(call, one_pass=False).k.ravel()
        fresh = k * np.var(x, axis=_AXES) * count / max(count - 1, 1)
    magnitude = (abs(1.0 - a) + abs(a)) * np.abs(old) + 2.0 * abs(a) * fresh
    return Size(magnitude, count + 8.0, repeated=repetition_of_channels(x, terms=count))


def _gradients(
    call: Call, grad_output: Array, g: Array, *, one_pass: bool
) -> tuple[Size, dict[str, Size]]:
    """Sizes of grad_input and of the gradients of the parameters."""
    t = _terms(call, one_pass=one_pass)
    count = g.size / g.shape[1] + 8.0
    again = repetition_of_channels(grad_output, terms=count)
    parameters = {
        "weight": Size(np.sum(g * t.moved, axis=_AXES), count, repeated=again),
        "bias": Size(np.sum(g, axis=_AXES), count, repeated=again),
    }
    held = {p: size for p, size in parameters.items() if p in call.parameters}
    if not t.batch:
        return Size(t.weight / t.scale * t.k * g, t.summed), held
    correlated = _mean(g * t.xhat)
    inner = t.k * (g + _mean(g) + t.xhat * correlated)
    inner = inner + t.moved * correlated + t.xhat * _mean(g * t.moved)
    repeated = max(again, repetition_of_channels(call.inputs[0], terms=t.summed))
    return Size(t.weight / t.scale * inner, t.summed, repeated=repeated), held


def _in_batch(call: Call) -> bool:
    """Whether the statistics are those of the batch."""
    return call.mode == "train" or not call.buffers


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


def _terms(call: Call, *, one_pass: bool) -> _Terms:
    x = call.inputs[0]
    batch = _in_batch(call)
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
    if batch and one_pass:
        k = 1.0 + (mean**2 + variance) / (variance + eps)
    else:
        squared = np.square(size / scale) * np.sqrt(x.size / x.shape[1]) * _ERROR_OF_A_MEAN
        k = 2.0 + squared * batch
    one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
    return _Terms(
        batch=batch,
        weight=np.abs(_channels(call.parameters.get("weight", one))),
        bias=np.abs(_channels(call.parameters.get("bias", zero))),
        scale=scale,
        xhat=xhat,
        k=k,
        moved=(np.abs(x) + size) / scale + xhat * k,
        summed=x.size / x.shape[1] + 8.0 if batch else 8.0,
    )


def _mean(x: Array) -> Array:
    mean: Array = np.mean(x, axis=_AXES, keepdims=True)
    return mean


def _channels(per_channel: Array) -> Array:
    return np.asarray(per_channel, dtype=np.float64)[None, :, None, None]
