"""Cross-entropy that is right, with a wrong gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.hypotheses.losses.cross_entropy_terms import gradient, masses, softmax
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    right_gradient,
    rounded_off,
    scale,
    unreduced,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _one_hot_missing(site: Site, prediction: Tensor) -> Tensor:
    """The gradient is p: the target is not subtracted."""
    total = masses(site, prediction).sum(1, keepdim=True)
    return softmax(prediction) * total * _outer(site, prediction)


def _diagonal(site: Site, prediction: Tensor) -> Tensor:
    """The gradient is -t * (1 - p): the derivative of the softmax is p * (1 - p), and how a
    probability depends on the other scores is left out."""
    return -masses(site, prediction) * (1 - softmax(prediction)) * _outer(site, prediction)


def _of_probabilities(site: Site, prediction: Tensor) -> Tensor:
    """The gradient is -t / p, with respect to the probabilities, not to the scores."""
    q, p = masses(site, prediction), rounded_off(softmax(prediction), site.dtype)
    return torch.where(q == 0, 0.0, -q / p) * _outer(site, prediction)


def _through_sigmoid(site: Site, prediction: Tensor) -> Tensor:
    """The gradient p - t is multiplied by p * (1 - p) once more."""
    p = softmax(prediction)
    return right_gradient(site, prediction) * p * (1 - p)


def _outer(site: Site, prediction: Tensor) -> Tensor:
    return scale(site, unreduced(site, prediction)).unsqueeze(1)


_RIGHT = "grad = p.copy(); grad[np.arange(N), y] -= 1; grad /= N"

HYPOTHESES = (
    Hypothesis(
        name="cross_entropy.gradient.one_hot_missing",
        title="the target is not subtracted: the gradient of the cross-entropy is p",
        altered=gradient(_one_hot_missing),
        why_unseen="The loss is right, and the gradient is right at every class but the label.",
        fix=_RIGHT,
    ),
    Hypothesis(
        name="cross_entropy.gradient.diagonal",
        title="the gradient goes through the diagonal of the softmax's Jacobian only",
        altered=gradient(_diagonal),
        why_unseen="It is right at the label, where tests look first, and 0 at all other classes. "
        "The loss falls: the score of the label is pushed up all the same.",
        fix=_RIGHT + "; or grad_z = p * (g - (g * p).sum(axis=1, keepdims=True))",
        evidence=(
            "jorgenkg/python-neural-network#6",
            "wkcn/mobula#3",
            "daviddwlee84/DeepLearningPractice#1",
        ),
    ),
    Hypothesis(
        name="cross_entropy.gradient.of_probabilities",
        title="the gradient with respect to the probabilities is handed on: -t / p",
        altered=gradient(_of_probabilities),
        why_unseen="It is right behind a Softmax layer that has a backward pass of its own, and "
        "it points the right way at the label.",
        fix=_RIGHT,
        evidence=("Bot-Academy/NeuralNetworkFromScratch#3",),
    ),
    Hypothesis(
        name="cross_entropy.gradient.through_sigmoid",
        title="the gradient p - t is multiplied by p * (1 - p) once more",
        altered=gradient(_through_sigmoid),
        why_unseen="Every entry has the right sign, so that the loss falls, only slower the surer "
        "the network is.",
        fix=_RIGHT + ": the derivative of the softmax is in it",
        evidence=("hunkim/DeepLearningZeroToAll#113",),
    ),
)
