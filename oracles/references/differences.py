"""Directional derivatives by differences: no chain rule, no formula for a gradient, so nothing
that could be wrong in the way of the gradient it is compared with.

Central. For each term f of the function, c(h) = (f(x + h d) - f(x - h d)) / 2h with h going down by
8. Its error is a * h**2 + b * h**4 + ..., so r(h) = c(h) + (c(h) - c(8h)) / 63 is free of a
(Richardson). Two successive r differ by about the error of the coarser one, which bounds that of
the finer one; the change before that counts for 1/64, so that no single accident passes for
agreement. Rounding moves c(h) by (fixed + h * growing) / h. Each term takes the h of least error.

Kinks. The derivatives to the two sides differ by j(h) = |f(x + h d) - 2 f(x) + f(x - h d)| / h. In
a smooth function j falls with h, to an eighth from step to step; at a kink it stays. A kink at a
distance of a * h changes c(h) by (1 - a) / 2 of j(0): for a below 0.53 j has not fallen to one half
since the step before, and the step is not used; for larger a the change since the step before is
larger than the error. Once h is below the distance of the kink, nothing is left of it. So a step
counts only where j is at most half of what it was before, or no more than rounding, and a term for
which no step counts has a kink here.

Complex step. f(x + i h d).imag / h has no difference in it that could cancel: h is so small that
h**2 is nothing beside 1, and only rounding is left.

Sources: J. Dennis and R. Schnabel, Numerical Methods for Unconstrained Optimization, chapter 5;
W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM
Review 40 (1998).
"""

from __future__ import annotations

import math

import numpy as np

from oracles.contract.case import Array, Shape
from oracles.contract.derivative import Estimate, Weighted

_SHRINK = 8.0
_STEPS = 14
"""The last step is 2**-39 of the first one."""

_FALLEN = 0.5
"""What j may be at most, as a share of what it was at the step before; 1/8 if f is smooth."""

_IMAGINARY = 2.0**-80
"""The complex step as a share of the reach: its square is nothing beside 1."""

_UNIT = 2.0**-53
_GRID = 256


class Differences:
    """Central differences and the complex step."""

    name = "differences"

    def direction(self, shape: Shape, generator: np.random.Generator) -> Array:
        """Random signs, and sizes between 1/2 and 1 on a coarse grid, so that most steps from one
        float32 number to the next point are exact."""
        sizes = generator.integers(_GRID // 2, _GRID, size=shape, endpoint=True) / _GRID
        return np.where(generator.integers(0, 2, size=shape) == 1, sizes, -sizes)

    def central(
        self, function: Weighted, at: Array, direction: Array, *, reach: float, enough: float
    ) -> Estimate:
        """The derivative of `function` at `at` along `direction`, from both sides."""
        held = np.ravel(function.weights) != 0.0
        weights = np.ravel(function.weights)[held]
        with np.errstate(all="ignore"):
            values, errors = _by_terms(function, held, at, direction, reach, enough)
        if not np.all(np.isfinite(errors)):
            return Estimate(math.nan, math.inf, kink=True)
        return _summed(weights, values, errors)

    def complex_step(
        self, function: Weighted, at: Array, direction: Array, *, reach: float
    ) -> Estimate:
        """The derivative of `function` at `at` along `direction`, from the imaginary part."""
        h = reach * _IMAGINARY
        values = np.imag(function.terms(at + 1j * h * direction)) / h
        growing = np.broadcast_to(function.rounding.growing, values.shape)
        return _summed(np.ravel(function.weights), np.ravel(values), np.ravel(growing))


def _by_terms(
    function: Weighted, held: Array, at: Array, direction: Array, reach: float, enough: float
) -> tuple[Array, Array]:
    """Derivative and error of each term that has a weight; error inf where there is none."""

    def terms(x: Array) -> Array:
        return np.ravel(function.terms(x))[held]

    fixed = np.broadcast_to(function.rounding.fixed, function.weights.shape).ravel()[held]
    growing = np.broadcast_to(function.rounding.growing, function.weights.shape).ravel()[held]
    weights = np.abs(np.ravel(function.weights)[held])
    centre = terms(at)
    values, errors = np.zeros(centre.shape), np.full(centre.shape, np.inf)
    slopes: list[Array] = []
    refined: list[Array] = []
    jumps: list[Array] = []
    for k in range(_STEPS):
        h = reach / _SHRINK**k
        ahead, behind = terms(at + h * direction), terms(at - h * direction)
        noise = fixed / h + growing
        slopes.append((ahead - behind) / (2.0 * h))
        jumps.append(np.abs((ahead - centre) - (centre - behind)) / h)
        refined.append(_richardson(slopes))
        if k < 2:
            continue
        moved = np.abs(refined[k] - refined[k - 1])
        moved_before = np.abs(refined[k - 1] - refined[k - 2]) / _SHRINK**2
        error = moved + moved_before + 2.0 * noise
        smooth = jumps[k] <= np.maximum(_FALLEN * jumps[k - 1], 4.0 * noise)
        better = smooth & (error < errors)
        values, errors = np.where(better, refined[k], values), np.where(better, error, errors)
        reached = float(np.sum(weights * errors))
        if reached <= max(enough, float(np.sum(weights * noise))):
            break
    return values, errors


def _richardson(slopes: list[Array]) -> Array:
    """The last slope without its error of second order."""
    if len(slopes) == 1:
        return slopes[0]
    refined: Array = slopes[-1] + (slopes[-1] - slopes[-2]) / (_SHRINK**2 - 1.0)
    return refined


def _summed(weights: Array, values: Array, errors: Array) -> Estimate:
    """The sum over the terms; the sum itself is exact, each product rounds once."""
    products = weights * values
    if not np.all(np.isfinite(products)):
        return Estimate(math.nan, math.inf)
    error = float(np.sum(np.abs(weights) * errors)) + _UNIT * float(np.sum(np.abs(products)))
    return Estimate(math.fsum(products.tolist()), error)
