"""Clipping of gradients with switches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.contract.case import Array, Case
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def clipped(on: Switches, case: Case, gradients: Mapping[str, Array]) -> dict[str, Array] | None:
    """The gradients after clipping, or None where the case does not clip."""
    assert case.optimizer is not None
    max_norm = case.optimizer["clip_grad_norm"]
    limit = case.optimizer["clip_grad_value"]
    if max_norm is None and limit is None:
        return None
    if on("clip: not called"):
        return None
    after = dict(gradients)
    if on("clip: result thrown away"):
        return after
    if max_norm is not None and on("clip: by value, not by norm"):
        max_norm, limit = None, max_norm
    elif limit is not None and on("clip: by norm, not by value"):
        max_norm, limit = limit, None
    if max_norm is not None:
        scale = {name: _scale(on, max_norm, _joint(on, after, name)) for name in after}
        after = {name: g * scale[name] for name, g in after.items()}
    if limit is not None:
        after = {name: _limited(on, g, limit) for name, g in after.items()}
    return after


def _joint(on: Switches, gradients: Mapping[str, Array], name: str) -> list[Array]:
    """The gradients whose norm counts for this parameter."""
    if on("clip: parameter by parameter"):
        return [gradients[name]]
    if on("clip: layer by layer"):
        layer = name.rpartition(".")[0]
        return [g for other, g in gradients.items() if other.rpartition(".")[0] == layer]
    return list(gradients.values())


def _scale(on: Switches, max_norm: float, gradients: list[Array]) -> float:
    if on("clip: norm of absolute values"):
        norm = sum(float(np.abs(g).sum()) for g in gradients)
    elif on("clip: largest value for the norm"):
        norm = max(float(np.abs(g).max()) for g in gradients)
    elif on("clip: sum of the norms"):
        norm = sum(float((g * g).sum()) ** 0.5 for g in gradients)
    else:
        squares = sum(float((g * g).sum()) for g in gradients)
        norm = squares if on("clip: norm without its root") else squares**0.5
    if on("clip: mean of the squares"):
        norm = norm / sum(g.size for g in gradients) ** 0.5
    scale = max_norm / (norm if on("clip: nothing added to the norm") else norm + 1e-6)
    return scale if on("clip: small gradients too") else min(1.0, scale)


def _limited(on: Switches, g: Array, limit: float) -> Array:
    if on("clip: half the range"):
        limit = limit / 2
    if on("clip: from above only"):
        return np.minimum(g, limit)
    if on("clip: values outside set to zero"):
        return np.where(np.abs(g) > limit, np.zeros_like(g), g)
    return np.clip(g, -limit, limit)


MUTANTS: tuple[Mutant, ...] = (
    Mutant("clip: not called", "sgd.clip.missing", "[ou]p*"),
    Mutant("clip: result thrown away", "sgd.clip.missing", "clipped.*"),
    Mutant("clip: parameter by parameter", "sgd.clip.per_parameter", "clipped.*"),
    Mutant("clip: layer by layer", "sgd.clip.per_layer", "clipped.*"),
    Mutant("clip: mean of the squares", "sgd.clip.mean_norm", "clipped.*"),
    Mutant("clip: nothing added to the norm", "sgd.clip.epsilon_missing", "clipped.*"),
    Mutant("clip: small gradients too", "sgd.clip.always", "clipped.*"),
    Mutant("clip: by value, not by norm", "sgd.clip.by_value_for_norm", "clipped.*"),
    Mutant("clip: by norm, not by value", "sgd.clip.by_norm_for_value", "clipped.*"),
    Mutant("clip: norm without its root", "sgd.clip.squared_norm", "clipped.*"),
    Mutant("clip: norm of absolute values", "sgd.clip.absolute_norm", "clipped.*"),
    Mutant("clip: largest value for the norm", "sgd.clip.largest_for_norm", "clipped.*"),
    Mutant("clip: sum of the norms", "sgd.clip.norms_summed", "clipped.*"),
    Mutant("clip: half the range", "sgd.clip.half_range", "clipped.*"),
    Mutant("clip: from above only", "sgd.clip.upper_only", "clipped.*"),
    Mutant("clip: values outside set to zero", "sgd.clip.outside_zero", "clipped.*"),
)
