"""Gradients that are clipped by what is not their norm."""

from __future__ import annotations

import numpy as np

from oracles.contract.reference import Parameters
from oracles.diagnosis.altered import Clip
from oracles.diagnosis.hypotheses.sgd.clip import RARE, RIGHT, norm, norm_limit, scaled
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _squared_norm(site: Site, gradients: Parameters) -> Parameters:
    """The sum of squares is taken for the norm: the root is forgotten."""
    return _clipped(site, gradients, norm(gradients.values()) ** 2)


def _mean_norm(site: Site, gradients: Parameters) -> Parameters:
    """The root of the mean square is taken for the norm, not that of the sum of squares."""
    count = sum(g.size for g in gradients.values())
    return _clipped(site, gradients, norm(gradients.values()) / float(np.sqrt(count)))


def _absolute_norm(site: Site, gradients: Parameters) -> Parameters:
    """The sum of absolute values is taken for the norm."""
    return _clipped(site, gradients, sum(float(np.abs(g).sum()) for g in gradients.values()))


def _largest_for_norm(site: Site, gradients: Parameters) -> Parameters:
    """The largest absolute value is taken for the norm."""
    return _clipped(site, gradients, max(float(np.abs(g).max()) for g in gradients.values()))


def _norms_summed(site: Site, gradients: Parameters) -> Parameters:
    """The norms of the parameters are added up, where their squares should be."""
    return _clipped(site, gradients, sum(norm([g]) for g in gradients.values()))


def _clipped(site: Site, gradients: Parameters, taken: float) -> Parameters:
    limit = norm_limit(site)
    return {name: scaled(g, limit, taken) for name, g in gradients.items()}


HYPOTHESES = (
    Hypothesis(
        name="sgd.clip.squared_norm",
        title="the root is forgotten in the norm by which gradients are clipped",
        altered=Clip(_squared_norm),
        why_unseen=RARE + " The direction is right in any case.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.mean_norm",
        title="gradients are clipped by the root of their mean square, not by their norm",
        altered=Clip(_mean_norm),
        why_unseen=RARE + " The direction is right in any case.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.absolute_norm",
        title="gradients are clipped by the sum of their absolute values, not by their norm",
        altered=Clip(_absolute_norm),
        why_unseen=RARE + " The direction is right in any case.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.largest_for_norm",
        title="gradients are clipped by their largest absolute value, not by their norm",
        altered=Clip(_largest_for_norm),
        why_unseen=RARE + " The direction is right in any case.",
        fix=RIGHT,
    ),
    Hypothesis(
        name="sgd.clip.norms_summed",
        title="the norms of the parameters are added up, not their squares",
        altered=Clip(_norms_summed),
        why_unseen=RARE + " One parameter hides it, and the direction is right in any case.",
        fix=RIGHT,
    ),
)
