"""Clipping of gradients.

By value: the number itself or the limit. By norm: every gradient times limit / (norm + 1e-6), where
the norm is the root of a sum of all squares, so that the relative error grows with the number of
all elements.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.reference import Parameters
from oracles.judging.measured import Size


def clipped_sizes(case: Case, gradients: Parameters, clipped: Parameters) -> dict[str, Size]:
    """Sizes of the clipped gradients."""
    assert case.optimizer is not None
    elements = sum(gradient.size for gradient in gradients.values())
    terms = 1.0 if case.optimizer["clip_grad_norm"] is None else elements + 8.0
    return {name: Size(np.abs(array), terms) for name, array in clipped.items()}


def clipping_branch(case: Case, gradients: Parameters, name: str) -> Array:
    """Which elements are clipped."""
    assert case.optimizer is not None
    if case.optimizer["clip_grad_value"] is not None:
        limit = case.optimizer["clip_grad_value"]
        return np.where(np.abs(gradients[name]) > limit, np.sign(gradients[name]), 0.0)
    norm = np.sqrt(sum(float(np.sum(np.square(g))) for g in gradients.values()))
    return np.asarray(norm > case.optimizer["clip_grad_norm"])
