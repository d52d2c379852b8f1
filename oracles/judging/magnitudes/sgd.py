"""SGD, with momentum, dampening, Nesterov's form and weight decay.

    d = grad + weight_decay * p
    v = momentum * v + (1 - dampening) * d        (v = d in the first step)
    p = p - lr * (d + momentum * v  if nesterov else v)

Evaluated on absolute values this is M, of the buffer and of the parameter. No term goes through
more than five roundings into v and seven into p, in this order or with factors collected
(p * (1 - lr * weight_decay)): n = 4 and n = 6, since bounds allow for n + 2.

Everything lies on a grid if lr, momentum, 1 - dampening and weight_decay are powers of two or zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.contract.case import Array
from oracles.judging import lattice
from oracles.judging.measured import Size

_BUFFER_ROUNDINGS = 4.0
UPDATE_ROUNDINGS = 6.0


def sgd_sizes(
    options: Mapping[str, Any], lr: float, parameter: Array, gradient: Array, buffer: Array | None
) -> tuple[Size, Size]:
    """Sizes of the updated parameter and of the updated momentum buffer."""
    p = _Scaled(np.abs(parameter), lattice.grid(parameter))
    g = _Scaled(np.abs(gradient), lattice.grid(gradient))
    d = g + p * options["weight_decay"]
    v = d
    if buffer is not None:
        old = _Scaled(np.abs(buffer), lattice.grid(buffer))
        v = old * options["momentum"] + _dampened(d, options["dampening"])
    used = d
    if options["momentum"]:
        used = d + v * options["momentum"] if options["nesterov"] else v
    new = p + used * lr
    return (
        Size(new.magnitude, UPDATE_ROUNDINGS, new.grid),
        Size(v.magnitude, _BUFFER_ROUNDINGS, v.grid),
    )


def _dampened(d: _Scaled, dampening: float) -> _Scaled:
    """(1 - dampening) * d. Where the factor is no power of two, dampening may have been rounded
    before it was subtracted, and the product is on no grid."""
    kept = abs(1.0 - dampening)
    if not kept or lattice.scale(kept) is not None:
        return d * kept
    return _Scaled(d.magnitude * (kept + abs(dampening)), None)


@dataclass(frozen=True)
class _Scaled:
    """Absolute values and their grid, under sums and factors."""

    magnitude: Array
    grid: int | None

    def __add__(self, other: _Scaled) -> _Scaled:
        return _Scaled(self.magnitude + other.magnitude, lattice.common(self.grid, other.grid))

    def __mul__(self, factor: float) -> _Scaled:
        if factor == 0.0:
            return _Scaled(np.zeros_like(self.magnitude), lattice.grid(np.zeros(1)))
        grid = lattice.product(self.grid, lattice.scale(factor))
        return _Scaled(self.magnitude * abs(factor), grid)
