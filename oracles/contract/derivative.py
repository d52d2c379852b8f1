"""A directional derivative that is found without a formula for it: what the judge asks of an oracle
that takes differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from oracles.contract.case import Array, Shape

Terms = Callable[[Array], Array]
"""A function of an array; what it returns may have any shape."""


@dataclass(frozen=True)
class Rounding:
    """How far a computed term may be from the exact one: `fixed + h * growing` at a distance h from
    where the derivative is taken. Both have the shape of the terms."""

    fixed: Array
    growing: Array


@dataclass(frozen=True)
class Weighted:
    """The real function sum(weights * terms(x)), by its terms: a kink in one of them cannot hide
    behind another, and each gets the step that suits it."""

    terms: Terms
    weights: Array
    rounding: Rounding


@dataclass(frozen=True)
class Estimate:
    """A directional derivative as somebody found it.

    value   NaN where none was found
    error   a bound on what it can be off, by rounding and by truncation; inf where none was found
    kink    the derivatives to both sides do not approach each other
    """

    value: float
    error: float
    kink: bool = False


class Differentiator(Protocol):
    """What takes differences."""

    name: str

    def direction(self, shape: Shape, generator: np.random.Generator) -> Array:
        """A random direction, drawn independently of whatever is judged by it. The sign of each
        element is drawn independently of everything else, and no element is larger than 1."""
        ...

    def central(
        self, function: Weighted, at: Array, direction: Array, *, reach: float, enough: float
    ) -> Estimate:
        """From function values on both sides. `reach` is the largest step, `enough` an error that
        need not become any smaller."""
        ...

    def complex_step(
        self, function: Weighted, at: Array, direction: Array, *, reach: float
    ) -> Estimate:
        """From the imaginary part of the function beside the real axis: its terms have to be
        analytic in the operand, or piecewise so with pieces chosen by the real part."""
        ...
