"""Cross-entropy with another softmax in it, exact arithmetic assumed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.hypotheses.losses.cross_entropy_terms import (
    crossed,
    crossed_by_hand,
    loss,
    softmax,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _over_batch(site: Site, prediction: Tensor) -> Tensor:
    """The softmax is taken over the samples, and the gradient is p - t with these p."""
    return crossed_by_hand(site, prediction, F.softmax(prediction, dim=0))


def _over_batch_differentiated(site: Site, prediction: Tensor) -> Tensor:
    """The softmax is taken over the samples, and the gradient is the derivative of that."""
    return crossed(site, prediction, F.log_softmax(prediction, dim=0))


def _over_everything(site: Site, prediction: Tensor) -> Tensor:
    """The exponentials are divided by their sum over all samples, and the gradient is p - t."""
    return crossed_by_hand(site, prediction, _of_everything(prediction).exp())


def _over_everything_differentiated(site: Site, prediction: Tensor) -> Tensor:
    """The exponentials are divided by their sum over all samples, and the gradient is the
    derivative of that."""
    return crossed(site, prediction, _of_everything(prediction))


def _of_everything(prediction: Tensor) -> Tensor:
    return F.log_softmax(prediction.flatten(), dim=0).view_as(prediction)


def _over_last_axis(site: Site, prediction: Tensor) -> Tensor:
    """The softmax is taken over the last axis, where the classes are axis 1, and the gradient is
    p - t."""
    needs(prediction.dim() > 2)
    return crossed_by_hand(site, prediction, F.softmax(prediction, dim=-1))


def _over_last_axis_differentiated(site: Site, prediction: Tensor) -> Tensor:
    """The softmax is taken over the last axis, where the classes are axis 1, and the gradient is
    the derivative of that."""
    needs(prediction.dim() > 2)
    return crossed(site, prediction, F.log_softmax(prediction, dim=-1))


def _twice(site: Site, prediction: Tensor) -> Tensor:
    """The softmax is taken of a softmax, and the gradient goes through both."""
    return crossed(site, prediction, F.log_softmax(softmax(prediction), dim=1))


def _twice_by_hand(site: Site, prediction: Tensor) -> Tensor:
    """The softmax is taken of a softmax, and the gradient is p - t with the second p."""
    return crossed_by_hand(site, prediction, softmax(softmax(prediction)))


def _missing(site: Site, prediction: Tensor) -> Tensor:
    """The predictions are taken for probabilities: the loss is -log z, its gradient -t / z."""
    return crossed(site, prediction, torch.log(prediction))


def _missing_by_hand(site: Site, prediction: Tensor) -> Tensor:
    """The predictions are taken for probabilities: the loss is -log z, the gradient z - t."""
    return crossed_by_hand(site, prediction, prediction.detach())


_RIGHT = "p = np.exp(z - z.max(axis=1, keepdims=True)); p /= p.sum(axis=1, keepdims=True)"
_AXIS_SEEN = ("nntrainer/nntrainer#430", "ariaghora/mint#3", "stats.stackexchange.com/q/550353")

HYPOTHESES = (
    Hypothesis(
        name="cross_entropy.softmax.over_batch",
        title="the softmax inside the cross-entropy is taken over the samples, axis 0",
        altered=loss(_over_batch),
        why_unseen="All columns sum to 1, and every p looks like a probability. Where the batch "
        "has as many samples as there are classes not even a shape differs.",
        fix=_RIGHT,
        evidence=_AXIS_SEEN,
    ),
    Hypothesis(
        name="cross_entropy.softmax.over_batch_differentiated",
        title="the softmax inside the cross-entropy is taken over the samples, and differentiated",
        altered=loss(_over_batch_differentiated),
        why_unseen="The gradient is the derivative of this loss: a gradient check passes.",
        fix=_RIGHT,
        evidence=_AXIS_SEEN,
    ),
    Hypothesis(
        name="cross_entropy.softmax.over_everything",
        title="the softmax inside the cross-entropy is taken over all numbers of the batch",
        altered=loss(_over_everything),
        why_unseen="A batch of one sample hides it: there the sum over everything is the sum over "
        "the classes.",
        fix=_RIGHT,
        evidence=_AXIS_SEEN,
    ),
    Hypothesis(
        name="cross_entropy.softmax.over_everything_differentiated",
        title="the softmax inside the cross-entropy is taken over all numbers of the batch, and "
        "differentiated",
        altered=loss(_over_everything_differentiated),
        why_unseen="The gradient is the derivative of this loss, so that a gradient check passes; "
        "a batch of one sample hides it altogether.",
        fix=_RIGHT,
        evidence=_AXIS_SEEN,
    ),
    Hypothesis(
        name="cross_entropy.softmax.over_last_axis",
        title="the softmax of predictions for each pixel is taken over the last axis",
        altered=loss(_over_last_axis),
        why_unseen="For predictions of shape (N, C) the last axis is that of the classes: only "
        "maps (N, C, H, W) show it.",
        fix="softmax and sum over axis 1, the classes",
    ),
    Hypothesis(
        name="cross_entropy.softmax.over_last_axis_differentiated",
        title="the softmax of predictions for each pixel is taken over the last axis, and "
        "differentiated",
        altered=loss(_over_last_axis_differentiated),
        why_unseen="For predictions of shape (N, C) the last axis is that of the classes, and a "
        "gradient check passes for maps as well.",
        fix="softmax and sum over axis 1, the classes",
    ),
    Hypothesis(
        name="cross_entropy.softmax.twice",
        title="the softmax is taken twice, in the network and in the loss",
        altered=loss(_twice),
        why_unseen="Loss and gradient agree, and the class with the largest p stays the same, so "
        "that accuracy looks right; the loss just never gets near 0.",
        fix="hand the scores to the loss, not their softmax",
        evidence=("tflearn/tflearn#562", "jaehong31/CGES#1"),
    ),
    Hypothesis(
        name="cross_entropy.softmax.twice_by_hand",
        title="the softmax is taken twice, and the gradient p - t knows of one",
        altered=loss(_twice_by_hand),
        why_unseen="The class with the largest p stays the same, and the gradient has the right "
        "sign everywhere, so that training goes on, only slower.",
        fix="hand the scores to the loss, not their softmax",
        evidence=("tflearn/tflearn#562",),
    ),
    Hypothesis(
        name="cross_entropy.softmax.missing",
        title="the predictions are taken for probabilities: there is no softmax in the loss",
        altered=loss(_missing),
        why_unseen="It is right behind a Softmax layer, and a gradient check agrees.",
        fix="CrossEntropyLoss takes scores: " + _RIGHT,
    ),
    Hypothesis(
        name="cross_entropy.softmax.missing_by_hand",
        title="the predictions are taken for probabilities, and the gradient is z - t",
        altered=loss(_missing_by_hand),
        why_unseen="Behind a Softmax layer that hands gradients on unchanged it is right.",
        fix="CrossEntropyLoss takes scores: " + _RIGHT,
    ),
)
