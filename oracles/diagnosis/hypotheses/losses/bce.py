"""Binary cross-entropy of probabilities, of which something is left out."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Loss, LossGradient
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    evaluated,
    option,
    scale,
    unreduced,
    weighted,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _one_sided(site: Site, prediction: Tensor) -> Tensor:
    """The loss is -t * log p: the outputs that should be 0 cost nothing."""
    return weighted(site, -site.target * prediction.log().clamp(min=-100))


def _difference(site: Site, prediction: Tensor) -> Tensor:
    """The gradient is p - t, which is that with respect to what the sigmoid is taken of."""
    weight = option(site, "weight")
    difference = prediction - site.target
    return (difference if weight is None else difference * weight) * scale(
        site, unreduced(site, prediction)
    )


def _weight_ignored(site: Site, prediction: Tensor) -> Tensor:
    """The weight of the outputs is left out."""
    needs(site.loss["weight"] is not None)
    return evaluated(site, prediction, weight=None)


HYPOTHESES = (
    Hypothesis(
        name="bce.one_sided",
        title="only -t * log p is summed: outputs that should be 0 cost nothing",
        altered=Loss(("BCELoss",), _one_sided),
        why_unseen="Loss and gradient agree; targets that are all 1 hide it. The network learns "
        "to answer 1 everywhere.",
        fix="loss = -(t * np.log(p) + (1 - t) * np.log(1 - p))",
    ),
    Hypothesis(
        name="bce.gradient.difference",
        title="the gradient is p - t, without the division by p * (1 - p)",
        altered=LossGradient(("BCELoss",), _difference),
        why_unseen="It has the right sign everywhere, and is the right one for the scores before "
        "the sigmoid, if the sigmoid then hands it on unchanged.",
        fix="grad = (p - t) / (p * (1 - p)) / p.size",
        evidence=("Bot-Academy/NeuralNetworkFromScratch#3",),
    ),
    Hypothesis(
        name="bce.weight.ignored",
        title="the weight of the outputs is ignored",
        altered=Loss(("BCELoss",), _weight_ignored),
        why_unseen="Loss and gradient agree with each other; weights of 1 hide it.",
        fix="multiply each loss, and its gradient, by weight before the mean",
    ),
)
