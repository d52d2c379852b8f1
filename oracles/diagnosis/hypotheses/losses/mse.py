"""Squared errors that are something else, or have a wrong gradient."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Loss, LossGradient
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    evaluated,
    factor,
    reduced,
    right_gradient,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _factor_missing(site: Site, prediction: Tensor) -> Tensor:
    """The gradient is p - t, divided like the loss: the 2 of the derivative is left out."""
    return right_gradient(site, prediction) / 2


def _absolute(site: Site, prediction: Tensor) -> Tensor:
    """The loss is made of absolute errors, not of squares."""
    return reduced(site, (prediction - site.target).abs(), prediction.numel())


def _root(site: Site, prediction: Tensor) -> Tensor:
    """The root is taken of the loss."""
    needs(site.loss["reduction"] != "none" and factor(site) > 0)
    return (evaluated(site, prediction) / factor(site)).sqrt() * factor(site)


def _broadcast(site: Site, prediction: Tensor) -> Tensor:
    """Every prediction is compared with every target: a column minus a row is a matrix."""
    needs(prediction.dim() > 1 and prediction.shape[0] == prediction.numel())
    needs(site.loss["reduction"] != "none")
    pairs = (prediction.reshape(-1, 1) - site.target.reshape(1, -1)) ** 2
    return reduced(site, pairs, pairs.numel())


def _huber(site: Site, prediction: Tensor) -> Tensor:
    """The loss is Huber's: half the square up to an error of 1, then a straight line."""
    values = F.huber_loss(prediction, site.target, reduction="none")
    return reduced(site, values, prediction.numel())


HYPOTHESES = (
    Hypothesis(
        name="mse.gradient.factor_missing",
        title="the gradient of the squared error lacks its factor 2",
        altered=LossGradient(("MSELoss",), _factor_missing),
        why_unseen="The direction is right: training looks as if it had half the learning rate.",
        fix="grad = 2 * (p - t) / p.size",
        evidence=("pytorch/pytorch#88327",),
    ),
    Hypothesis(
        name="mse.absolute",
        title="absolute errors are averaged, not squared ones",
        altered=Loss(("MSELoss",), _absolute),
        why_unseen="Loss and gradient agree with each other, and the loss falls.",
        fix="loss = ((p - t) ** 2).mean(); grad = 2 * (p - t) / p.size",
    ),
    Hypothesis(
        name="mse.root",
        title="the loss is the root of the mean squared error",
        altered=Loss(("MSELoss",), _root),
        why_unseen="Loss and gradient agree, and both losses have their minimum in the same place.",
        fix="loss = ((p - t) ** 2).mean(), without np.sqrt",
    ),
    Hypothesis(
        name="mse.broadcast",
        title="(N, 1) minus (N,) broadcasts to all pairs of samples",
        altered=Loss(("MSELoss",), _broadcast),
        why_unseen="No shape is refused, and the loss falls: the network learns the mean of the "
        "targets. Equal targets, or one sample, hide it.",
        fix="t = t.reshape(p.shape) before p - t",
        evidence=("pytorch/pytorch#19699", "IntelLabs/matsciml#347", "Lasagne/Lasagne#770"),
    ),
    Hypothesis(
        name="mse.huber",
        title="the loss is Huber's (smooth L1), not the squared error",
        altered=Loss(("MSELoss",), _huber),
        why_unseen="Loss and gradient agree; with errors below 1 only a factor of 2 is left of it.",
        fix="loss = ((p - t) ** 2).mean(); grad = 2 * (p - t) / p.size",
    ),
)
