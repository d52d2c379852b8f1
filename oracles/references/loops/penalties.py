"""Penalties.

L1   sum of |p|     derivative sign(p), 0 at 0
L2   sum of p**2    derivative 2 * p
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.references.loops.exponentials import absolute


@dataclass(frozen=True)
class Penalty:
    """The formulas of one penalty on one parameter; `total` is complex-safe."""

    total: Callable[[Array], Array]
    slopes: Callable[[Array], Array]


def l1_total(p: Array) -> Array:
    """Absolute values."""
    return np.asarray(np.sum(absolute(p)))


def l1_slopes(p: Array) -> Array:
    """Signs."""
    return np.sign(p)


def l2_total(p: Array) -> Array:
    """Squares."""
    return np.asarray(np.sum(p * p))


def l2_slopes(p: Array) -> Array:
    """Twice the number."""
    return 2.0 * p


L1 = Penalty(l1_total, l1_slopes)
L2 = Penalty(l2_total, l2_slopes)
