"""Clipping of gradients.

by norm    g * min(1, max_norm / (norm + 1e-6)), norm = sqrt(sum of squares of all gradients)
by value   g, but at most limit and at least -limit
"""

from __future__ import annotations

import numpy as np

from oracles.contract.reference import Parameters


def by_norm(gradients: Parameters, max_norm: float) -> Parameters:
    """All gradients by one factor."""
    norm = np.sqrt(sum(np.sum(g * g) for g in gradients.values()))
    scale = np.minimum(1.0, max_norm / (norm + 1e-6))
    return {name: g * scale for name, g in gradients.items()}


def by_value(gradients: Parameters, limit: float) -> Parameters:
    """Each number by itself."""
    return {name: np.minimum(np.maximum(g, -limit), limit) for name, g in gradients.items()}
