"""Cross-entropy as -sum over c of q[n, c] * log p[n, c]: q holds the targets, with smoothing, class
weights and ignored labels, p is the softmax. What altered cross-entropies are made of."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Loss, LossGradient, LossRule
from oracles.diagnosis.hypotheses.losses.loss_terms import mean_divisor, option, reduced, with_slope
from oracles.diagnosis.site import Site


def loss(rule: LossRule) -> Loss:
    """The rule in the place of cross-entropy."""
    return Loss(("CrossEntropyLoss",), rule)


def gradient(rule: LossRule) -> LossGradient:
    """The rule in the place of cross-entropy's gradient."""
    return LossGradient(("CrossEntropyLoss",), rule)


def one_hot(site: Site, prediction: Tensor) -> Tensor:
    """The target as probabilities of the classes, 0 for an ignored label."""
    target = site.target
    if target.is_floating_point():
        return target
    classes = torch.arange(prediction.shape[1]).view(1, -1, *(1,) * (target.dim() - 1))
    hit = (classes == target.unsqueeze(1)) & ~ignored(site).unsqueeze(1)
    return hit.double()


def ignored(site: Site) -> Tensor:
    """Where labels are ignored; a target of probabilities ignores nothing."""
    target = site.target
    if target.is_floating_point():
        return torch.zeros(target[:, 0].shape, dtype=torch.bool)
    return target.eq(site.loss["ignore_index"])


def weighted(site: Site, probabilities: Tensor) -> Tensor:
    """Targets times the class weights, 0 for an ignored label."""
    kept = probabilities * ~ignored(site).unsqueeze(1)
    weight: Tensor | None = option(site, "weight")
    if weight is None:
        return kept
    return kept * weight.view(1, -1, *(1,) * (probabilities.dim() - 2))


def masses(site: Site, prediction: Tensor) -> Tensor:
    """q: what each logarithm is multiplied by."""
    smoothing = site.loss["label_smoothing"]
    target = one_hot(site, prediction)
    return weighted(site, target * (1 - smoothing) + smoothing / prediction.shape[1])


def crossed(site: Site, prediction: Tensor, logarithms: Tensor) -> Tensor:
    """The cross-entropy of these logarithms of probabilities, differentiated by autograd."""
    values = entropies(masses(site, prediction), logarithms)
    return reduced(site, values, mean_divisor(site, values))


def crossed_by_hand(
    site: Site, prediction: Tensor, p: Tensor, logarithms: Tensor | None = None
) -> Tensor:
    """The cross-entropy of probabilities with the gradient p - t, as one writes it by hand."""
    q = masses(site, prediction)
    values = entropies(q, p.log() if logarithms is None else logarithms)
    values = with_slope(values, prediction, p * q.sum(1, keepdim=True) - q)
    return reduced(site, values, mean_divisor(site, values))


def entropies(q: Tensor, logarithms: Tensor) -> Tensor:
    """One number for each label; a logarithm that is not asked for may be infinite."""
    return -torch.where(q == 0, 0.0, q * logarithms).sum(1)


def softmax(prediction: Tensor) -> Tensor:
    """The probabilities of the classes."""
    return F.softmax(prediction, dim=1)
