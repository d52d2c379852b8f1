"""Gradients that are clipped in another way; by another norm in clip_norms.py."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Parameters
from oracles.diagnosis.altered import Clip
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

_EPSILON = 1e-6
"""What torch adds to the norm."""


def _missing(site: Site, gradients: Parameters) -> Parameters:
    """Gradients are not clipped."""
    return gradients


def _per_parameter(site: Site, gradients: Parameters) -> Parameters:
    """Every parameter is clipped by the norm of its own gradient."""
    limit = norm_limit(site)
    return {name: scaled(g, limit, norm([g])) for name, g in gradients.items()}


def _per_layer(site: Site, gradients: Parameters) -> Parameters:
    """Every layer is clipped by the norm of its own gradients."""
    limit = norm_limit(site)
    layers: dict[str, list[Array]] = {}
    for name, g in gradients.items():
        layers.setdefault(name.rpartition(".")[0], []).append(g)
    norms = {layer: norm(arrays) for layer, arrays in layers.items()}
    return {name: scaled(g, limit, norms[name.rpartition(".")[0]]) for name, g in gradients.items()}


def _always(site: Site, gradients: Parameters) -> Parameters:
    """Gradients are scaled to the norm in any case, up as well."""
    scale = norm_limit(site) / (norm(gradients.values()) + _EPSILON)
    return {name: g * scale for name, g in gradients.items()}


def _epsilon_missing(site: Site, gradients: Parameters) -> Parameters:
    """The factor is limit / norm, without the 1e-6 that torch adds to the norm."""
    scale = min(1.0, norm_limit(site) / max(norm(gradients.values()), 1e-300))
    return {name: g * scale for name, g in gradients.items()}


def _by_value_for_norm(site: Site, gradients: Parameters) -> Parameters:
    """Every number is clipped to the limit that is meant for the norm."""
    limit = norm_limit(site)
    return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}


def _by_norm_for_value(site: Site, gradients: Parameters) -> Parameters:
    """The norm of all gradients is clipped to the limit that is meant for every number."""
    limit, whole = _value_limit(site), norm(gradients.values())
    return {name: scaled(g, limit, whole) for name, g in gradients.items()}


def _upper_only(site: Site, gradients: Parameters) -> Parameters:
    """Numbers are clipped from above only."""
    limit = _value_limit(site)
    return {name: np.minimum(g, limit) for name, g in gradients.items()}


def _half_range(site: Site, gradients: Parameters) -> Parameters:
    """Numbers are clipped to half of the limit on either side."""
    limit = _value_limit(site) / 2
    return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}


def _outside_zero(site: Site, gradients: Parameters) -> Parameters:
    """Numbers beyond the limit become 0, not the limit."""
    limit = _value_limit(site)
    return {name: np.where(np.abs(g) > limit, 0.0, g) for name, g in gradients.items()}


def norm_limit(site: Site) -> float:
    """What the norm is clipped to; without it there is no mistake."""
    return _limit(site, "clip_grad_norm")


def _value_limit(site: Site) -> float:
    return _limit(site, "clip_grad_value")


def _limit(site: Site, name: str) -> float:
    assert site.case.optimizer is not None
    needs(site.case.optimizer[name] is not None)
    return float(site.case.optimizer[name])


def norm(gradients: Iterable[Array]) -> float:
    """The norm of all numbers of these gradients."""
    return float(np.sqrt(sum(np.square(g).sum() for g in gradients)))


def scaled(g: Array, limit: float, taken: float) -> Array:
    """A gradient clipped by what is taken for the norm."""
    return g * min(1.0, limit / (taken + _EPSILON))


RARE = "As long as gradients are small, nothing is clipped and every number is right."
RIGHT = "norm = np.sqrt(sum((g ** 2).sum() for g in grads)); g *= min(1, limit / (norm + 1e-6))"

HYPOTHESES = (
    Hypothesis(
        name="sgd.clip.missing",
        title="gradients are not clipped",
        altered=Clip(_missing),
        why_unseen=RARE,
        fix=RIGHT + "; by value: np.clip(g, -limit, limit)",
    ),
    Hypothesis(
        name="sgd.clip.per_parameter",
        title="each parameter is clipped by its own norm, not by that of all together",
        altered=Clip(_per_parameter),
        why_unseen=RARE + " Every single gradient keeps its direction: only their sizes relative "
        "to each other change.",
        fix=RIGHT,
        evidence=("huggingface/transformers#614", "tensorflow/tensorflow#29108"),
    ),
    Hypothesis(
        name="sgd.clip.per_layer",
        title="each layer is clipped by its own norm, not by that of all together",
        altered=Clip(_per_layer),
        why_unseen=RARE + " With one layer it is right.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.always",
        title="gradients below the limit are scaled up to it",
        altered=Clip(_always),
        why_unseen="As long as gradients are large, every number is right; late in a training "
        "steps no longer get smaller.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.epsilon_missing",
        title="the norm by which gradients are clipped lacks the 1e-6 that torch adds to it",
        altered=Clip(_epsilon_missing),
        why_unseen="It is the formula of the paper; the difference is about one in a million.",
        fix="g *= min(1, limit / (norm + 1e-6))",
        sort="convention",
        declaration='follows = ("sgd.clip.epsilon_missing",)',
    ),
    Hypothesis(
        name="sgd.clip.by_value_for_norm",
        title="each number is clipped to the limit of the norm",
        altered=Clip(_by_value_for_norm),
        why_unseen=RARE + " A gradient of one number hides it.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.by_norm_for_value",
        title="the norm is clipped to the limit of each number",
        altered=Clip(_by_norm_for_value),
        why_unseen=RARE + " A gradient of one number hides it.",
        fix="g = np.clip(g, -limit, limit)",
    ),
    Hypothesis(
        name="sgd.clip.upper_only",
        title="numbers are clipped from above only",
        altered=Clip(_upper_only),
        why_unseen=RARE + " A test with positive gradients passes.",
        fix="g = np.clip(g, -limit, limit)",
    ),
    Hypothesis(
        name="sgd.clip.half_range",
        title="numbers are clipped to half of the limit",
        altered=Clip(_half_range),
        why_unseen=RARE,
        fix="g = np.clip(g, -limit, limit): the limit holds on either side",
    ),
    Hypothesis(
        name="sgd.clip.outside_zero",
        title="numbers beyond the limit are set to 0, not to the limit",
        altered=Clip(_outside_zero),
        why_unseen=RARE + " Where one is not small it is missing, and the others go on learning.",
        fix="g = np.clip(g, -limit, limit)",
    ),
)
