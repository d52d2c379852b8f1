"""What a penalty on the weights adds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_001.nets import bundled
from oracles.contract.case import Penalty
from oracles.learning.objective import Objective

FACTOR = 0.01


def what_it_adds() -> Shown:
    """Loss and gradients of PyTorch with and without, at the same parameters."""
    case = bundled("posts/001_tiny").draw("float64")
    parameters = case.parameters()
    weights = tuple(name for name in parameters if name.endswith(".weight"))
    penalised = replace(case, penalties=(Penalty("L2", FACTOR, weights, None),))
    plain, other = (Objective(one, one.steps[0]) for one in (case, penalised))
    flat = plain.flat(parameters)
    squares = sum(float(np.sum(parameters[name] ** 2)) for name in weights)
    loss = other.loss(flat) - plain.loss(flat)
    added = plain.named(other.gradient(flat) - plain.gradient(flat))
    slopes, lines = [], [f"L2 penalty, factor {FACTOR:g}, on the weights of every layer"]
    lines.append(f"added to the loss: {loss:.6f}; factor * sum of all w^2: {FACTOR * squares:.6f}")
    for name, gradient in added.items():
        array = np.asarray(parameters[name])
        slope = float(np.sum(gradient * array) / max(float(np.sum(array**2)), 1e-300))
        rest = float(np.max(np.abs(gradient - slope * array)))
        slopes.append(slope if name in weights else 0.0)
        lines.append(f"added to the gradient of {name:13} {slope:5.3f} * {name} (rest {rest:.0e})")
    own = [slope for slope in slopes if slope]
    return Shown(
        tuple(lines),
        {
            "loss": loss,
            "factor * squares": FACTOR * squares,
            "smallest slope": min(own),
            "largest slope": max(own),
            "weights": len(own),
            "biases": max(
                float(np.max(np.abs(added[name]))) for name in added if name not in weights
            ),
        },
    )
