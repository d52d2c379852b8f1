"""Binary cross-entropy of scores, computed in another way."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Loss, LossGradient
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    evaluated,
    option,
    reduced,
    right_gradient,
    with_slope,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

_LOSSES = ("BCEWithLogitsLoss",)


def _missing(site: Site, prediction: Tensor) -> Tensor:
    """The predictions are taken for probabilities: there is no sigmoid, in the gradient neither."""
    return reduced(site, _entropy(site, prediction), prediction.numel())


def _missing_by_hand(site: Site, prediction: Tensor) -> Tensor:
    """The predictions are taken for probabilities, and the gradient is z - t."""
    return _by_hand(site, prediction, prediction.detach())


def _twice(site: Site, prediction: Tensor) -> Tensor:
    """The sigmoid is taken of a sigmoid, and the gradient goes through both."""
    return evaluated(site, prediction.sigmoid())


def _twice_by_hand(site: Site, prediction: Tensor) -> Tensor:
    """The sigmoid is taken of a sigmoid, and the gradient is p - t with the second p."""
    return _by_hand(site, prediction, prediction.detach().sigmoid().sigmoid())


def _overflow(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are taken of the sigmoid and of 1 minus it, in this dtype; the gradient is
    p - t."""
    p = 1 / (1 + (-prediction.detach().to(site.dtype)).exp())
    return _of_logarithms(site, prediction, p.log().double(), (1 - p).log().double())


def _softplus_overflow(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are z - log(1 + exp(z)) and -log(1 + exp(z)), where exp overflows in this
    dtype; the gradient is p - t."""
    z = prediction.detach()
    softplus = (1 + z.to(site.dtype).exp()).log().double()
    return _of_logarithms(site, prediction, z - softplus, -softplus)


def _of_logarithms(site: Site, prediction: Tensor, log_p: Tensor, log_not_p: Tensor) -> Tensor:
    first, second = _sides(site)
    values = -(first * log_p + second * log_not_p)
    hand = first * (prediction.detach().sigmoid() - 1) + second * prediction.detach().sigmoid()
    return reduced(site, with_slope(values, prediction, hand), prediction.numel())


def _by_hand(site: Site, prediction: Tensor, p: Tensor) -> Tensor:
    first, second = _sides(site)
    values = with_slope(_entropy(site, p), prediction, second * p - first * (1 - p))
    return reduced(site, values, prediction.numel())


def _entropy(site: Site, p: Tensor) -> Tensor:
    first, second = _sides(site)
    return -(first * p.log() + second * (1 - p).log())


def _sides(site: Site) -> tuple[Tensor, Tensor]:
    """What -log p and -log(1 - p) are multiplied by."""
    first, second = site.target, 1 - site.target
    weight, pos_weight = option(site, "weight"), option(site, "pos_weight")
    if pos_weight is not None:
        first = first * pos_weight
    if weight is not None:
        first, second = first * weight, second * weight
    return first, second


def _pos_weight_ignored(site: Site, prediction: Tensor) -> Tensor:
    """The weight of positive targets is left out."""
    needs(site.loss["pos_weight"] is not None)
    return evaluated(site, prediction, pos_weight=None)


def _pos_weight_on_both(site: Site, prediction: Tensor) -> Tensor:
    """The weight of positive targets multiplies the whole loss of an output."""
    needs(site.loss["pos_weight"] is not None)
    weight, both = option(site, "weight"), option(site, "pos_weight")
    return evaluated(
        site, prediction, weight=both if weight is None else weight * both, pos_weight=None
    )


def _pos_weight_on_negative(site: Site, prediction: Tensor) -> Tensor:
    """The weight of positive targets multiplies the negative ones in their place."""
    needs(site.loss["pos_weight"] is not None)
    return evaluated(site, -prediction, 1 - site.target)


def _weight_ignored(site: Site, prediction: Tensor) -> Tensor:
    """The weight of the outputs is left out."""
    needs(site.loss["weight"] is not None)
    return evaluated(site, prediction, weight=None)


def _times_derivative(site: Site, prediction: Tensor) -> Tensor:
    """The gradient p - t is multiplied by p * (1 - p) once more."""
    p = prediction.sigmoid()
    return right_gradient(site, prediction) * p * (1 - p)


_RIGHT = "p = 1 / (1 + np.exp(-z)); grad = (p - t) / p.size"

HYPOTHESES = (
    Hypothesis(
        name="bce_with_logits.sigmoid.missing",
        title="the predictions are taken for probabilities: there is no sigmoid in the loss",
        altered=Loss(_LOSSES, _missing),
        why_unseen="It is right behind a Sigmoid layer, and a gradient check agrees.",
        fix="BCEWithLogitsLoss takes scores: " + _RIGHT,
    ),
    Hypothesis(
        name="bce_with_logits.sigmoid.missing_by_hand",
        title="the predictions are taken for probabilities, and the gradient is z - t",
        altered=Loss(_LOSSES, _missing_by_hand),
        why_unseen="Behind a Sigmoid layer that hands gradients on unchanged it is right.",
        fix="BCEWithLogitsLoss takes scores: " + _RIGHT,
    ),
    Hypothesis(
        name="bce_with_logits.sigmoid.twice",
        title="the sigmoid is taken twice, in the network and in the loss",
        altered=Loss(_LOSSES, _twice),
        why_unseen="Loss and gradient agree with each other; the answers just lie between 0.5 and "
        "0.73, so that the loss never gets near 0.",
        fix="hand the scores to the loss, not their sigmoid",
    ),
    Hypothesis(
        name="bce_with_logits.sigmoid.twice_by_hand",
        title="the sigmoid is taken twice, and the gradient p - t knows of one",
        altered=Loss(_LOSSES, _twice_by_hand),
        why_unseen="The gradient has the right sign almost everywhere, and the loss falls.",
        fix="hand the scores to the loss, not their sigmoid",
    ),
    Hypothesis(
        name="bce_with_logits.overflow",
        title="the logarithm is taken of a sigmoid that is rounded to 0 or 1",
        altered=Loss(_LOSSES, _overflow),
        why_unseen="Scores up to 10 look right. The sigmoid is exactly 1 above 17 in float32 and "
        "above 37 in float64; the gradient p - t stays right all the same.",
        fix="loss = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))",
        evidence=("deeplearning4j/nd4j#2121",),
    ),
    Hypothesis(
        name="bce_with_logits.softplus_overflow",
        title="log(1 + exp(z)) overflows: it is computed as it stands",
        altered=Loss(_LOSSES, _softplus_overflow),
        why_unseen="Scores up to 80 look right. exp overflows above 88 in float32 and above 709 in "
        "float64; the gradient p - t stays right all the same.",
        fix="loss = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))",
    ),
    Hypothesis(
        name="bce_with_logits.pos_weight.ignored",
        title="the weight of positive targets is ignored",
        altered=Loss(_LOSSES, _pos_weight_ignored),
        why_unseen="Loss and gradient agree with each other; a weight of 1 hides it.",
        fix="loss = -(pos_weight * t * log_p + (1 - t) * log_not_p)",
    ),
    Hypothesis(
        name="bce_with_logits.pos_weight.on_both",
        title="the weight of positive targets multiplies negative ones as well",
        altered=Loss(_LOSSES, _pos_weight_on_both),
        why_unseen="Loss and gradient agree with each other; targets that are all 1 hide it.",
        fix="loss = -(pos_weight * t * log_p + (1 - t) * log_not_p)",
    ),
    Hypothesis(
        name="bce_with_logits.pos_weight.on_negative",
        title="the weight of positive targets multiplies negative ones in their place",
        altered=Loss(_LOSSES, _pos_weight_on_negative),
        why_unseen="Loss and gradient agree with each other; a weight of 1 hides it.",
        fix="loss = -(pos_weight * t * log_p + (1 - t) * log_not_p)",
    ),
    Hypothesis(
        name="bce_with_logits.weight.ignored",
        title="the weight of the outputs is ignored",
        altered=Loss(_LOSSES, _weight_ignored),
        why_unseen="Loss and gradient agree with each other; weights of 1 hide it.",
        fix="multiply each loss, and its gradient, by weight before the mean",
    ),
    Hypothesis(
        name="bce_with_logits.gradient.times_derivative",
        title="the gradient p - t is multiplied by p * (1 - p) once more",
        altered=LossGradient(_LOSSES, _times_derivative),
        why_unseen="Every entry has the right sign, so that the loss falls, only slower the surer "
        "the network is. For a squared error behind a sigmoid it would be right.",
        fix=_RIGHT + ": the derivative of the sigmoid cancels",
        evidence=("hunkim/DeepLearningZeroToAll#113",),
    ),
)
