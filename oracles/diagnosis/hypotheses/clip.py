"""Gradients that are clipped in another way."""

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
    limit = _norm_limit(site)
    return {name: _scaled(g, limit, _norm([g])) for name, g in gradients.items()}


def _per_layer(site: Site, gradients: Parameters) -> Parameters:
    """Every layer is clipped by the norm of its own gradients."""
    limit = _norm_limit(site)
    layers: dict[str, list[Array]] = {}
    for name, g in gradients.items():
        layers.setdefault(name.rpartition(".")[0], []).append(g)
    norms = {layer: _norm(arrays) for layer, arrays in layers.items()}
    return {
        name: _scaled(g, limit, norms[name.rpartition(".")[0]]) for name, g in gradients.items()
    }


def _always(site: Site, gradients: Parameters) -> Parameters:
    """Gradients are scaled to the norm in any case, up as well."""
    scale = _norm_limit(site) / (_norm(gradients.values()) + _EPSILON)
    return {name: g * scale for name, g in gradients.items()}


def _squared_norm(site: Site, gradients: Parameters) -> Parameters:
    """The sum of squares is taken for the norm: the root is forgotten."""
    limit, squares = _norm_limit(site), _norm(gradients.values()) ** 2
    return {name: _scaled(g, limit, squares) for name, g in gradients.items()}


def _mean_norm(site: Site, gradients: Parameters) -> Parameters:
    """The root of the mean square is taken for the norm, not that of the sum of squares."""
    limit, count = _norm_limit(site), sum(g.size for g in gradients.values())
    norm = _norm(gradients.values()) / np.sqrt(count)
    return {name: _scaled(g, limit, norm) for name, g in gradients.items()}


def _epsilon_missing(site: Site, gradients: Parameters) -> Parameters:
    """The factor is limit / norm, without the 1e-6 that torch adds to the norm."""
    scale = min(1.0, _norm_limit(site) / max(_norm(gradients.values()), 1e-300))
    return {name: g * scale for name, g in gradients.items()}


def _by_value_for_norm(site: Site, gradients: Parameters) -> Parameters:
    """Every number is clipped to the limit that is meant for the norm."""
    limit = _norm_limit(site)
    return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}


def _by_norm_for_value(site: Site, gradients: Parameters) -> Parameters:
    """The norm of all gradients is clipped to the limit that is meant for every number."""
    limit, norm = _value_limit(site), _norm(gradients.values())
    return {name: _scaled(g, limit, norm) for name, g in gradients.items()}


def _upper_only(site: Site, gradients: Parameters) -> Parameters:
    """Numbers are clipped from above only."""
    limit = _value_limit(site)
    return {name: np.minimum(g, limit) for name, g in gradients.items()}


def _half_range(site: Site, gradients: Parameters) -> Parameters:
    """Numbers are clipped to half of the limit on either side."""
    limit = _value_limit(site) / 2
    return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}


def _norm_limit(site: Site) -> float:
    return _limit(site, "clip_grad_norm")


def _value_limit(site: Site) -> float:
    return _limit(site, "clip_grad_value")


def _limit(site: Site, name: str) -> float:
    assert site.case.optimizer is not None
    needs(site.case.optimizer[name] is not None)
    return float(site.case.optimizer[name])


def _norm(gradients: Iterable[Array]) -> float:
    return float(np.sqrt(sum(np.square(g).sum() for g in gradients)))


def _scaled(g: Array, limit: float, norm: float) -> Array:
    return g * min(1.0, limit / (norm + _EPSILON))


_RARE = "As long as gradients are small, nothing is clipped and every number is right."
_RIGHT = "norm = np.sqrt(sum((g ** 2).sum() for g in grads)); g *= min(1, limit / (norm + 1e-6))"

HYPOTHESES = (
    Hypothesis(
        name="sgd.clip.missing",
        title="gradients are not clipped",
        altered=Clip(_missing),
        why_unseen=_RARE,
        fix=_RIGHT + "; by value: np.clip(g, -limit, limit)",
    ),
    Hypothesis(
        name="sgd.clip.per_parameter",
        title="each parameter is clipped by its own norm, not by that of all together",
        altered=Clip(_per_parameter),
        why_unseen=_RARE + " Every single gradient keeps its direction: only their sizes relative "
        "to each other change.",
        fix=_RIGHT,
        evidence=("huggingface/transformers#614", "tensorflow/tensorflow#29108"),
    ),
    Hypothesis(
        name="sgd.clip.per_layer",
        title="each layer is clipped by its own norm, not by that of all together",
        altered=Clip(_per_layer),
        why_unseen=_RARE + " With one layer it is right.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.always",
        title="gradients below the limit are scaled up to it",
        altered=Clip(_always),
        why_unseen="As long as gradients are large, every number is right; late in a training "
        "steps no longer get smaller.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.squared_norm",
        title="the root is forgotten in the norm by which gradients are clipped",
        altered=Clip(_squared_norm),
        why_unseen=_RARE + " The direction is right in any case.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.mean_norm",
        title="gradients are clipped by the root of their mean square, not by their norm",
        altered=Clip(_mean_norm),
        why_unseen=_RARE + " The direction is right in any case.",
        fix=_RIGHT,
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
        why_unseen=_RARE + " A gradient of one number hides it.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.by_norm_for_value",
        title="the norm is clipped to the limit of each number",
        altered=Clip(_by_norm_for_value),
        why_unseen=_RARE + " A gradient of one number hides it.",
        fix="g = np.clip(g, -limit, limit)",
    ),
    Hypothesis(
        name="sgd.clip.upper_only",
        title="numbers are clipped from above only",
        altered=Clip(_upper_only),
        why_unseen=_RARE + " A test with positive gradients passes.",
        fix="g = np.clip(g, -limit, limit)",
    ),
    Hypothesis(
        name="sgd.clip.half_range",
        title="numbers are clipped to half of the limit",
        altered=Clip(_half_range),
        why_unseen=_RARE,
        fix="g = np.clip(g, -limit, limit): the limit holds on either side",
    ),
)
