"""Clipping of gradients.

By value: the number itself or the limit. By norm: every gradient times limit / (norm + 1e-6), where
the norm is the root of a sum of all squares, so that the relative error grows with the number of
all elements. At the limit both go over into what is not clipped without a jump: there is no choice
that rounding could turn.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Case
from oracles.contract.reference import Parameters
from oracles.judging.measured import Size


def clipped_sizes(case: Case, gradients: Parameters, clipped: Parameters) -> dict[str, Size]:
    """Sizes of the clipped gradients."""
    assert case.optimizer is not None
    elements = sum(gradient.size for gradient in gradients.values())
    if case.optimizer["clip_grad_norm"] is None:
        return {name: Size(np.abs(array), 1.0) for name, array in clipped.items()}
    squares = sum(float(np.sum(np.square(gradient))) for gradient in gradients.values())
    return {
        name: Size(np.abs(array), elements + 8.0, peak=squares) for name, array in clipped.items()
    }
