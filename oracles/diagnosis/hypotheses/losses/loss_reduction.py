"""Losses that are summed, divided or signed in another way: all of the case's losses."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Loss
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    ALL,
    evaluated,
    factor,
    mean_divisor,
    of_means,
    unreduced,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _sum(site: Site, prediction: Tensor) -> Tensor:
    """The losses are summed and not divided by anything."""
    needs(of_means(site))
    return unreduced(site, prediction).sum() * factor(site)


def _mean(site: Site, prediction: Tensor) -> Tensor:
    """The losses are averaged although a sum, or a sum for each sample, is asked for."""
    needs(site.loss["reduction"] in ("sum", "batchmean"))
    values = unreduced(site, prediction)
    return values.sum() * factor(site) / mean_divisor(site, values)


def _mean_twice(site: Site, prediction: Tensor) -> Tensor:
    """The mean is divided by the number of samples once more."""
    needs(of_means(site))
    return evaluated(site, prediction) / site.samples


def _mean_over_everything(site: Site, prediction: Tensor) -> Tensor:
    """The cross-entropies are divided by all numbers of the prediction, classes included."""
    needs(of_means(site))
    return _sum(site, prediction) / prediction.numel()


def _mean_over_batch(site: Site, prediction: Tensor) -> Tensor:
    """The losses of all elements are summed and divided by the samples, not by the elements."""
    needs(site.loss["reduction"] == "mean")
    needs(site.loss["type"] != "CrossEntropyLoss" or prediction.dim() > 2)
    return _sum(site, prediction) / site.samples


def _nominal_batch(site: Site, prediction: Tensor) -> Tensor:
    """The mean of every step is divided by the batch size of the first one."""
    sizes = [len(step.samples) for step in site.case.steps]
    needs(of_means(site) and len(set(sizes)) > 1)
    return evaluated(site, prediction) * site.samples / sizes[0]


def _half_sum(site: Site, prediction: Tensor) -> Tensor:
    """The loss is half the sum of the squared errors, not their mean."""
    needs(of_means(site))
    return _sum(site, prediction) / 2


def _half_over_batch(site: Site, prediction: Tensor) -> Tensor:
    """The squared errors are summed and divided by twice the number of samples."""
    needs(of_means(site))
    return _sum(site, prediction) / (2 * site.samples)


_SCALE_ONLY = (
    "A factor on the loss scales all gradients alike: a gradient check agrees with the loss it is "
    "given, and training looks like training with another learning rate."
)

HYPOTHESES = (
    Hypothesis(
        name="loss.reduction.sum",
        title="the losses are summed over the batch and not divided",
        altered=Loss(ALL, _sum),
        why_unseen=_SCALE_ONLY + " A batch of one sample with one output hides it.",
        fix='divide loss and gradient by what reduction="mean" divides by: '
        "loss = values.mean(); grad = (p - t) / N",
        evidence=(
            "eriklindernoren/ML-From-Scratch#135",
            "davharris/mistnet#33",
            "deepinsight/insightface#2258",
        ),
        sort="convention",
        declaration='follows = ("loss.reduction.sum",)',
    ),
    Hypothesis(
        name="loss.reduction.mean",
        title="the losses are averaged over all elements where the case asks for a sum",
        altered=Loss(ALL, _mean),
        why_unseen=_SCALE_ONLY + " With one element the mean is the sum.",
        fix='values.sum() for reduction="sum", values.sum() / N for "batchmean", with N samples',
        evidence=("bethgelab/foolbox#439", "d2l-ai/d2l-en#1000"),
    ),
    Hypothesis(
        name="loss.reduction.mean_twice",
        title="the mean is divided by the number of samples twice",
        altered=Loss(ALL, _mean_twice),
        why_unseen="If both divisions are in the loss, a gradient check divides twice as well; "
        "training only seems to have a smaller learning rate. A batch of one hides it.",
        fix="divide by N once: in the loss, or in the update, not in both",
        evidence=("williamleif/GraphSAGE#12", "tech-srl/code2seq#9", "awslabs/sockeye#36"),
    ),
    Hypothesis(
        name="loss.reduction.mean_over_everything",
        title="the cross-entropy is divided by the number of classes as well",
        altered=Loss(("CrossEntropyLoss",), _mean_over_everything),
        why_unseen=_SCALE_ONLY + " np.mean(-t * np.log(p)) over the (N, K) array looks right.",
        fix="loss = -np.log(p[np.arange(N), y]).mean(), or -(t * np.log(p)).sum(axis=1).mean()",
    ),
    Hypothesis(
        name="loss.reduction.mean_over_batch",
        title="the loss is divided by the samples, not by the elements",
        altered=Loss(ALL, _mean_over_batch),
        why_unseen=_SCALE_ONLY + " With one output for each sample both are the same.",
        fix="loss = ((p - t) ** 2).mean(); grad = 2 * (p - t) / p.size",
        evidence=(
            "pytorch/pytorch#3924",
            "pytorch/pytorch#3322",
            "jcjohnson/pytorch-examples#26",
        ),
        sort="convention",
        declaration='follows = ("loss.reduction.mean_over_batch",)',
        convention="mse.mean",
    ),
    Hypothesis(
        name="loss.reduction.half_over_batch",
        title="the squared errors are divided by twice the number of samples",
        altered=Loss(("MSELoss",), _half_over_batch),
        why_unseen=_SCALE_ONLY + " The half cancels the 2 of the derivative, as in Caffe.",
        fix="loss = ((p - t) ** 2).mean(); grad = 2 * (p - t) / p.size",
        evidence=("caffe::EuclideanLossLayer",),
        sort="convention",
        declaration='follows = ("loss.reduction.half_over_batch",)',
        convention="mse.mean",
    ),
    Hypothesis(
        name="loss.reduction.half_sum",
        title="the loss is half the sum of the squared errors",
        altered=Loss(("MSELoss",), _half_sum),
        why_unseen=_SCALE_ONLY + " Many books write it so: the gradient is just p - t.",
        fix="loss = ((p - t) ** 2).mean(); grad = 2 * (p - t) / p.size",
        sort="convention",
        declaration='follows = ("loss.reduction.half_sum",)',
        convention="mse.mean",
    ),
    Hypothesis(
        name="loss.reduction.nominal_batch",
        title="the loss of a smaller batch is divided by the size of the first one",
        altered=Loss(ALL, _nominal_batch),
        why_unseen="All full batches are right. Only the last one of an epoch is smaller, and "
        "only if the batch size does not divide the number of samples.",
        fix="N = len(x) of this very batch, not the batch_size of the settings",
        evidence=("rinuboney/ladder#5", "deeplearning4j/deeplearning4j#1452"),
    ),
)
