"""Losses with another factor or sign: all of the case's losses."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Loss
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    ALL,
    evaluated,
    factor,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _half(site: Site, prediction: Tensor) -> Tensor:
    """The loss has a factor of 1/2 that the case does not ask for."""
    return evaluated(site, prediction) / 2


def _doubled(site: Site, prediction: Tensor) -> Tensor:
    """The loss has a factor of 2 that the case does not ask for."""
    return evaluated(site, prediction) * 2


def _sign(site: Site, prediction: Tensor) -> Tensor:
    """The loss has the opposite sign."""
    return -evaluated(site, prediction)


def _factor_ignored(site: Site, prediction: Tensor) -> Tensor:
    """The factor of the loss is left out."""
    needs(factor(site) != 1)
    return evaluated(site, prediction) / factor(site)


_SCALE_ONLY = (
    "A factor on the loss scales all gradients alike: a gradient check agrees with the loss it is "
    "given, and training looks like training with another learning rate."
)

HYPOTHESES = (
    Hypothesis(
        name="loss.reduction.half",
        title="the loss is half of what it should be",
        altered=Loss(ALL, _half),
        why_unseen=_SCALE_ONLY,
        fix="no 1/2: loss = ((p - t) ** 2).mean() has the gradient 2 * (p - t) / p.size",
        evidence=("pytorch/pytorch#88327", "jcjohnson/pytorch-examples#38"),
    ),
    Hypothesis(
        name="loss.reduction.doubled",
        title="the loss is twice what it should be",
        altered=Loss(ALL, _doubled),
        why_unseen=_SCALE_ONLY,
        fix="leave out the factor of 2",
    ),
    Hypothesis(
        name="loss.reduction.sign",
        title="the loss has the wrong sign",
        altered=Loss(ALL, _sign),
        why_unseen="A gradient check agrees, as loss and gradient turn together. Where the update "
        "adds the gradient too, the two mistakes cancel.",
        fix="cross-entropy is -log p at the target, and its gradient p - t",
        evidence=("davharris/mistnet#29", "stats.stackexchange.com/q/291708"),
    ),
    Hypothesis(
        name="loss.factor.ignored",
        title="the factor of the loss is ignored",
        altered=Loss(ALL, _factor_ignored),
        why_unseen=_SCALE_ONLY + " A factor of 1, the default, hides it.",
        fix="multiply the loss and its gradient by loss['factor']",
    ),
)
