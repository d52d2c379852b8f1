"""BatchNorm2d: variance in one pass and in two, folded and not, gradients in three forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.evaluated import Evaluated, Gradients
from oracles.audit.implementations.sums import Sum, chosen_sum
from oracles.contract.case import Array
from oracles.contract.reference import Call

AXES = (0, 2, 3)

LOST = 0.25
"""The mean of squares minus the square of the mean has no digit left where rounding can be as large
as the variance: from this share on, it is no correct formula any more."""


@dataclass(frozen=True)
class Normal:
    """What the gradients are made of; one number for each channel in the shape (C, 1, 1)."""

    x: Array
    mean: Array
    inverse: Array
    normalised: Array
    weight: Array
    total: Sum

    @property
    def n(self) -> Array:
        """How many numbers a channel has, in the dtype."""
        return np.asarray(self.x.size // self.x.shape[1], dtype=self.x.dtype)

    def over_channels(self, array: Array) -> Array:
        """Sums of each channel."""
        return _column(self.total(array, AXES))


def _two_passes(x: Array, mean: Array, n: Array, total: Sum) -> Array:
    return _column(total(np.square(x - mean), AXES)) / n


def _one_pass(x: Array, mean: Array, n: Array, total: Sum) -> Array:
    variance = _two_passes(x, mean, n, total)
    lost = n * np.finfo(x.dtype).eps * mean * mean > LOST * variance
    if np.any(lost):
        return variance
    return np.asarray(np.maximum(_column(total(x * x, AXES)) / n - mean * mean, 0))


def _by_numpy(x: Array, mean: Array, n: Array, total: Sum) -> Array:
    return _column(np.var(x, axis=AXES, dtype=x.dtype))


def _at_once(g: Array, s: Normal) -> Array:
    grad_weight, grad_bias = s.over_channels(g * s.normalised), s.over_channels(g)
    rest = g - grad_bias / s.n - s.normalised * (grad_weight / s.n)
    return np.asarray(s.weight * s.inverse * rest)


def _times_n(g: Array, s: Normal) -> Array:
    grad_weight, grad_bias = s.over_channels(g * s.normalised), s.over_channels(g)
    rest = s.n * g - grad_bias - s.normalised * grad_weight
    return np.asarray(s.weight * s.inverse / s.n * rest)


def _by_chain_rule(g: Array, s: Normal) -> Array:
    """Through variance and mean, as Ioffe and Szegedy (2015) write it."""
    grad, centred = g * s.weight, s.x - s.mean
    to_variance = s.over_channels(grad * centred) * -0.5 * s.inverse**3
    to_mean = s.over_channels(-grad * s.inverse)
    to_mean = to_mean + to_variance * s.over_channels(-2 * centred) / s.n
    return np.asarray(grad * s.inverse + to_variance * 2 * centred / s.n + to_mean / s.n)


VARIANCES: Mapping[str, Callable[[Array, Array, Array, Sum], Array]] = {
    "two passes": _two_passes,
    "one pass": _one_pass,
    "numpy": _by_numpy,
}
GRADIENTS: Mapping[str, Callable[[Array, Normal], Array]] = {
    "at once": _at_once,
    "times n": _times_n,
    "chain rule": _by_chain_rule,
}
OUTPUTS: Mapping[str, Callable[[Normal, Array], Array]] = {
    "normalised first": lambda s, bias: s.weight * s.normalised + bias,
    "one factor, one shift": lambda s, bias: (
        s.x * (s.weight * s.inverse) + (bias - s.mean * (s.weight * s.inverse))
    ),
}
RUNNING: Mapping[str, Callable[[Array, Array, float], Array]] = {
    "two products": lambda old, new, a: (1 - a) * old + a * new,
    "step towards": lambda old, new, a: old + a * (new - old),
    "momentum in the dtype": lambda old, new, a: (
        (old.dtype.type(1) - old.dtype.type(a)) * old + old.dtype.type(a) * new
    ),
}


def batch_norm(call: Call, choices: Choices) -> Evaluated:
    """Each channel with mean 0 and variance 1, times weight, plus bias."""
    x, total = call.inputs[0], chosen_sum(choices)
    of_batch = call.mode == "train" or not call.buffers
    n = np.asarray(x.size // x.shape[1], dtype=x.dtype)
    if of_batch:
        mean = _column(total(x, AXES)) / n
        variance = choices.one_of("variance of BatchNorm2d", VARIANCES)(x, mean, n, total)
    else:
        mean, variance = (_column(call.buffers[key]) for key in ("running_mean", "running_var"))
    inverse = 1 / np.sqrt(variance + x.dtype.type(call.layer.attributes["eps"]))
    ones = np.ones(x.shape[1], x.dtype)
    weight = _column(call.parameters.get("weight", ones))
    bias = _column(call.parameters.get("bias", np.zeros_like(ones)))
    s = Normal(x, mean, inverse, (x - mean) * inverse, weight, total)
    y = choices.one_of("output of BatchNorm2d", OUTPUTS)(s, bias)
    gradient = choices.one_of("gradient of BatchNorm2d", GRADIENTS)

    def gradients(grad_output: Array) -> Gradients:
        parameters = {}
        if call.parameters:
            parameters["weight"] = total(grad_output * s.normalised, AXES)
            parameters["bias"] = total(grad_output, AXES)
        if not of_batch:
            return [grad_output * (weight * inverse)], parameters
        return [gradient(grad_output, s)], parameters

    return Evaluated(y, gradients, _buffers(call, choices, mean, variance, n))


def _buffers(
    call: Call, choices: Choices, mean: Array, variance: Array, n: Array
) -> dict[str, Array]:
    if call.mode != "train" or not call.buffers:
        return dict(call.buffers)
    momentum = call.layer.attributes["momentum"]
    a = 1 / (call.batches + 1) if momentum is None else momentum
    running = choices.one_of("running statistics", RUNNING)
    unbiased = variance * (n / (n - 1))
    return {
        "running_mean": running(call.buffers["running_mean"], mean.ravel(), a),
        "running_var": running(call.buffers["running_var"], unbiased.ravel(), a),
    }


def _column(of_channels: Array) -> Array:
    return of_channels.reshape(-1, 1, 1)
