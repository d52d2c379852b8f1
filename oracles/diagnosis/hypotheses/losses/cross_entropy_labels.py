"""Cross-entropy that treats class weights, ignored labels or smoothing in another way."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.hypotheses.losses.cross_entropy_terms import (
    entropies,
    gradient,
    ignored,
    loss,
    one_hot,
    softmax,
    weighted,
)
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    evaluated,
    mean_divisor,
    option,
    reduced,
    right_gradient,
    scale,
    unreduced,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _divided_by_samples(site: Site, prediction: Tensor) -> Tensor:
    """The weighted losses are divided by the number of labels, not by the sum of their weights."""
    needs(site.loss["weight"] is not None and site.loss["reduction"] == "mean")
    values = unreduced(site, prediction)
    return reduced(site, values, mean_divisor(site, values, weight=None))


def _divided_by_target_weights(site: Site, prediction: Tensor) -> Tensor:
    """Targets of probabilities are treated as labels: the weighted losses are divided by the sum
    of the weights of the targets, not by the number of samples."""
    needs(site.loss["weight"] is not None and site.loss["reduction"] == "mean")
    needs(site.target.is_floating_point())
    values = unreduced(site, prediction)
    return reduced(site, values, weighted(site, site.target).sum())


def _weight_ignored(site: Site, prediction: Tensor) -> Tensor:
    """The class weights are left out."""
    needs(site.loss["weight"] is not None)
    return evaluated(site, prediction, weight=None)


def _not_ignored(site: Site, prediction: Tensor) -> Tensor:
    """A label that should be ignored counts as a class, from the end where it is negative."""
    classes, index = prediction.shape[1], site.loss["ignore_index"]
    needs(-classes <= index < classes and not site.target.is_floating_point())
    return evaluated(site, prediction, site.target % classes, ignore_index=-100)


def _counted_in_divisor(site: Site, prediction: Tensor) -> Tensor:
    """Ignored labels cost nothing, but count in what the mean is divided by."""
    needs(site.loss["reduction"] == "mean" and not site.target.is_floating_point())
    values = unreduced(site, prediction)
    weight, index = option(site, "weight"), site.loss["ignore_index"]
    known = weight is not None and 0 <= index < len(weight)
    each = float(weight[index]) if known else 1.0
    total = mean_divisor(site, values) + each * int(ignored(site).sum())
    return reduced(site, values, total)


def _gradient_kept(site: Site, prediction: Tensor) -> Tensor:
    """Ignored labels cost nothing, but their gradient is p and not 0."""
    needs(not site.target.is_floating_point())
    outer = scale(site, unreduced(site, prediction)).unsqueeze(1)
    here = ignored(site).unsqueeze(1)
    return torch.where(here, softmax(prediction) * outer, right_gradient(site, prediction))


def _smoothing_ignored(site: Site, prediction: Tensor) -> Tensor:
    """The labels are not smoothed."""
    needs(site.loss["label_smoothing"] > 0)
    return evaluated(site, prediction, label_smoothing=0.0)


def _off_target_only(site: Site, prediction: Tensor) -> Tensor:
    """The smoothing is shared out among the other classes, the label's own left out."""
    smoothing, classes = site.loss["label_smoothing"], prediction.shape[1]
    needs(smoothing > 0 and classes > 1)
    return _smoothed(site, prediction, smoothing / (classes - 1))


def _label_left_out(site: Site, prediction: Tensor) -> Tensor:
    """The other classes get smoothing / K each, and the label 1 - smoothing alone: the targets do
    not sum to 1."""
    smoothing, classes = site.loss["label_smoothing"], prediction.shape[1]
    needs(smoothing > 0)
    return _smoothed(site, prediction, smoothing / classes)


def _smoothed(site: Site, prediction: Tensor, others: float) -> Tensor:
    """The loss where each class but the label gets this much."""
    target = one_hot(site, prediction)
    smooth = target * (1 - site.loss["label_smoothing"]) + (1 - target) * others
    values = entropies(weighted(site, smooth), F.log_softmax(prediction, dim=1))
    return reduced(site, values, mean_divisor(site, values))


HYPOTHESES = (
    Hypothesis(
        name="cross_entropy.weight.divided_by_samples",
        title="the mean under class weights is divided by the number of samples",
        altered=loss(_divided_by_samples),
        why_unseen="Without class weights both divisors are the same, and with them the loss is "
        "off by one factor for each batch, to which a gradient check agrees.",
        fix="loss = (w[y] * -log_p[np.arange(N), y]).sum() / w[y].sum(), and the gradient alike",
        evidence=("pytorch/pytorch#25571", "pytorch/pytorch#14184", "pytorch/pytorch#69339"),
        sort="convention",
        declaration='follows = ("cross_entropy.weight.divided_by_samples",)',
        convention="cross_entropy.weighted_mean",
    ),
    Hypothesis(
        name="cross_entropy.weight.divided_by_target_weights",
        title="the mean over probabilities is divided by the weights of the targets",
        altered=loss(_divided_by_target_weights),
        why_unseen="For labels it is right. For probabilities the loss is off by one factor for "
        "each batch, to which a gradient check agrees.",
        fix="targets of probabilities: divide by N, whatever the class weights",
    ),
    Hypothesis(
        name="cross_entropy.weight.ignored",
        title="the class weights are ignored",
        altered=loss(_weight_ignored),
        why_unseen="Loss and gradient agree with each other; weights of 1 hide it.",
        fix="multiply the loss of each sample, and its row of the gradient, by weight[y]",
    ),
    Hypothesis(
        name="cross_entropy.ignore_index.ignored",
        title="the label that should be ignored counts as a class",
        altered=loss(_not_ignored),
        why_unseen="NumPy takes the label -1 for the last class without a word, and other labels "
        "that are ignored may be classes as well.",
        fix="keep = y != ignore_index: only these rows enter loss, gradient and divisor",
        evidence=("pytorch/pytorch#73205",),
    ),
    Hypothesis(
        name="cross_entropy.ignore_index.counted_in_divisor",
        title="ignored labels count in the divisor of the mean",
        altered=loss(_counted_in_divisor),
        why_unseen="Ignored samples cost nothing and have no gradient, as they should; all others "
        "are scaled down, to which a gradient check agrees.",
        fix="divide by (y != ignore_index).sum(), or by the sum of the weights of these labels",
        evidence=("tinygrad/tinygrad#3570", "pytorch/pytorch#69511"),
    ),
    Hypothesis(
        name="cross_entropy.ignore_index.gradient_kept",
        title="ignored samples have a gradient: p is left where there should be 0",
        altered=gradient(_gradient_kept),
        why_unseen="The loss is right, and so are the gradients of all other samples.",
        fix="grad[y == ignore_index] = 0",
    ),
    Hypothesis(
        name="cross_entropy.label_smoothing.ignored",
        title="the labels are not smoothed",
        altered=loss(_smoothing_ignored),
        why_unseen="Loss and gradient agree with each other, and the default smoothing is 0.",
        fix="t = (1 - smoothing) * one_hot + smoothing / K",
        evidence=("flagos-ai/FlagGems#73",),
    ),
    Hypothesis(
        name="cross_entropy.label_smoothing.off_target_only",
        title="the smoothing goes to the other classes only, smoothing / (K - 1) each",
        altered=loss(_off_target_only),
        why_unseen="The targets sum to 1 and a gradient check passes; with many classes the "
        "difference is small.",
        fix="t = (1 - smoothing) * one_hot + smoothing / K: the label has its share of it too",
    ),
    Hypothesis(
        name="cross_entropy.label_smoothing.label_left_out",
        title="the label gets no share of its smoothing, and the others smoothing / K each",
        altered=loss(_label_left_out),
        why_unseen="A gradient check passes, and with many classes the difference is small: the "
        "targets sum to 1 - smoothing / K.",
        fix="t = (1 - smoothing) * one_hot + smoothing / K: the label has its share of it too",
    ),
)
