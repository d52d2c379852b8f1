"""(x - mean) / sqrt(var + eps), and back through each of its parts, as batch norm's paper does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from tests.mutants.switches import Switches

EPS = {
    "batch norm: eps 1e-3": 1e-3,
    "batch norm: eps 1e-5": 1e-5,
    "batch norm: eps 1e-6": 1e-6,
    "batch norm: eps 1e-8": 1e-8,
    "batch norm: no eps": 0.0,
}


@dataclass(frozen=True)
class Normalised:
    """What the forward pass leaves behind.

    centred     what the variance is the mean square of: x - mean
    numerator   what was divided by the deviation: x - mean
    inverse     1 / sqrt(var + eps)
    slope       derivative of `inverse` by the variance
    count       what the squares were divided by for the variance
    axes        over which the statistics were taken
    constant    the statistics were not the batch's
    """

    x: Array
    centred: Array
    numerator: Array
    inverse: Array
    slope: Array
    count: int
    axes: tuple[int, ...]
    constant: bool

    @property
    def z(self) -> Array:
        """The normalised input."""
        return self.numerator * self.inverse

    def backward(self, on: Switches, delta: Array) -> Array:
        """The gradient of the input for a gradient of z."""
        direct = delta * self.inverse
        constant = self.constant and not on("batch norm: batch terms in evaluation")
        if constant or on("batch norm: constant statistics in backward"):
            return direct
        grad_var = (delta * self.numerator).sum(axis=self.axes, keepdims=True) * self.slope
        grad_mean = -direct.sum(axis=self.axes, keepdims=True)
        if on("batch norm: mean not subtracted"):
            grad_mean = np.zeros_like(grad_mean)
        if on("batch norm: mean constant in backward"):
            return direct + grad_var * 2 * self.centred / self.count
        values = self.x.size // grad_mean.size
        if on("batch norm: variance constant in backward"):
            return direct + grad_mean / values
        if on("batch norm: sums in place of means in backward"):
            return direct + grad_var * 2 * self.centred + grad_mean
        gradient = direct + grad_var * 2 * self.centred / self.count + grad_mean / values
        if on("batch norm: deviation missing in backward"):
            gradient = gradient / self.inverse
        return gradient


def normalised(
    on: Switches,
    x: Array,
    eps: float,
    axes: tuple[int, ...],
    statistics: tuple[Array, Array] | None = None,
) -> Normalised:
    """x normalised by the given mean and variance, or by its own over some axes."""
    for switch, other in EPS.items():
        if on(switch):
            eps = other
    own_mean = x.mean(axis=axes, keepdims=True)
    count = divisor = x.size // own_mean.size
    if on("batch norm: unbiased variance") or on("batch norm: unbiased variance, usual backward"):
        divisor = count - 1
    if statistics is None:
        mean = own_mean
        around = 0 * mean if on("batch norm: variance around zero") else mean
        var = ((x - around) ** 2).sum(axis=axes, keepdims=True) / divisor
    else:
        mean, var = statistics
    if on("batch norm: unbiased variance, usual backward"):
        divisor = count
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse, slope = _inverse(on, var, eps)
        centred = x - mean
        numerator = x if on("batch norm: mean not subtracted") else centred
        constant = statistics is not None
        squared = x if on("batch norm: variance around zero") else centred
        return Normalised(x, squared, numerator, inverse, slope, divisor, axes, constant)


def _inverse(on: Switches, var: Array, eps: float) -> tuple[Array, Array]:
    """What x - mean is multiplied by, and its derivative by the variance."""
    if on("batch norm: divided by the variance"):
        inverse = 1 / (var + eps)
        return inverse, -(inverse**2)
    if on("batch norm: eps outside of the root"):
        inverse = 1 / (np.sqrt(var) + eps)
        return inverse, -(inverse**2) / (2 * np.sqrt(var))
    inverse = 1 / np.sqrt(var + eps)
    return inverse, -(inverse**3) / 2


def wide(per_channel: Array) -> Array:
    """(C) as (1, C, 1, 1)."""
    return per_channel.reshape(1, -1, 1, 1)
