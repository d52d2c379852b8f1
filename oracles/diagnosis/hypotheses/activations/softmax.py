"""Softmax layers over other numbers, without a safe exponential, or with another Jacobian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _over_batch(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A softmax runs over the samples of the batch, axis 0."""
    return inputs[0].softmax(0)


def _over_channels(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A softmax runs over axis 1, whatever dim says."""
    needs(site.attributes["dim"] not in (1, 1 - inputs[0].ndim))
    return inputs[0].softmax(1)


def _over_last(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A softmax runs over the last axis, whatever dim says."""
    needs(site.attributes["dim"] not in (-1, inputs[0].ndim - 1))
    return inputs[0].softmax(-1)


def _over_sample(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A softmax runs over all numbers of a sample."""
    x = inputs[0]
    needs(x.ndim > 2)
    return x.flatten(1).softmax(1).view_as(x)


def _over_everything(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A softmax runs over everything: the sum that it divides by has no axis."""
    return inputs[0].flatten().softmax(0).view_as(inputs[0])


def _overflow(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A softmax does not subtract the maximum: large numbers give inf / inf, small ones 0 / 0."""
    return _quotient(site, inputs[0], torch.zeros(()))


def _max_over_batch(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A softmax subtracts the maximum of the whole batch: a row far below it becomes 0 / 0."""
    return _quotient(site, inputs[0], inputs[0].amax())


def _max_from_zero(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A softmax subtracts the maximum, but never less than 0: very negative rows become 0 / 0."""
    largest = inputs[0].amax(site.attributes["dim"], keepdim=True)
    return _quotient(site, inputs[0], largest.clamp(min=0))


def _quotient(site: Site, x: Tensor, subtracted: Tensor) -> Tensor:
    """The exponentials divided by their sum, in the dtype of the case."""
    exponentials = (x - subtracted.detach()).to(site.dtype).exp()
    return (exponentials / exponentials.sum(site.attributes["dim"], keepdim=True)).double()


def _twice(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A softmax is applied twice, one behind the other."""
    dim = site.attributes["dim"]
    return inputs[0].softmax(dim).softmax(dim)


def _log(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A softmax gives logarithms of probabilities: it is a log-softmax."""
    return inputs[0].log_softmax(site.attributes["dim"])


def _sigmoid(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is in the place of a softmax: every number by itself."""
    return inputs[0].sigmoid()


def _not_normalised(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A softmax gives the exponentials, not divided by their sum."""
    return inputs[0].exp()


def _omitted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient passes a softmax as if it were not there: grad_input = grad_output."""
    return {"input": grad_output}


def _diagonal(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The Jacobian of a softmax is its diagonal alone: s * (1 - s), as for a sigmoid."""
    return {"input": grad_output * run.result * (1 - run.result)}


def _sum_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a softmax is grad_output * s, without the sum that is subtracted."""
    return {"input": grad_output * run.result}


def _sum_over_everything(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """What is subtracted in the gradient of a softmax is one sum over everything."""
    return {"input": run.result * (grad_output - (grad_output * run.result).sum())}


_FORWARD_FIX = (
    "e = np.exp(x - x.max(axis=dim, keepdims=True)); y = e / e.sum(axis=dim, keepdims=True)"
)
_BACKWARD_FIX = "grad_input = y * (grad_output - (grad_output * y).sum(axis=dim, keepdims=True))"
_ONE_SAMPLE = "With one sample it is right, and the numbers add up to 1, if along another axis."
_CONSISTENT = "Forward and backward pass belong together, so that a gradient check passes."
_RANGE = (
    "It is exact while the scores are small, as they are at the start of a training and in tests."
)
_FEW = "The output is right and the loss falls, if more slowly."

HYPOTHESES = (
    Hypothesis(
        name="softmax.over_batch",
        title="the softmax runs over the batch",
        altered=Forward("Softmax", _over_batch),
        why_unseen=_CONSISTENT + " The numbers add up to 1, if over the samples, and the largest "
        "score of a row is often still the largest.",
        fix=_FORWARD_FIX,
        evidence=("stats.stackexchange.com/q/550353", "nntrainer/nntrainer#430"),
    ),
    Hypothesis(
        name="softmax.over_channels",
        title="the softmax runs over axis 1, whatever its dim",
        altered=Forward("Softmax", _over_channels),
        why_unseen=_CONSISTENT + " For rows of scores axis 1 is the last one, and all is right.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="softmax.over_last",
        title="the softmax runs over the last axis, whatever its dim",
        altered=Forward("Softmax", _over_last),
        why_unseen=_CONSISTENT + " For rows of scores the last axis is axis 1, and all is right.",
        fix=_FORWARD_FIX,
        evidence=("gmalivenko/pytorch2keras#131",),
    ),
    Hypothesis(
        name="softmax.over_sample",
        title="the softmax runs over all numbers of a sample",
        altered=Forward("Softmax", _over_sample),
        why_unseen=_CONSISTENT + " For rows of scores, all numbers of a sample are the classes.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="softmax.over_everything",
        title="the softmax divides by one sum over the whole batch",
        altered=Forward("Softmax", _over_everything),
        why_unseen=_ONE_SAMPLE + " The largest score of a row is still the largest.",
        fix=_FORWARD_FIX,
        evidence=("stats.stackexchange.com/q/550353", "ariaghora/mint#3"),
    ),
    Hypothesis(
        name="softmax.overflow",
        title="the softmax takes exponentials without subtracting the maximum",
        altered=Forward("Softmax", _overflow),
        why_unseen=_RANGE + " In float32 they overflow from 89 on, in float64 from 710 on.",
        fix=_FORWARD_FIX,
        evidence=("deeplearning4j/deeplearning4j#6039", "dwavesystems/dwave-optimization#555"),
    ),
    Hypothesis(
        name="softmax.max_over_batch",
        title="the softmax subtracts the maximum of the batch, not that of each row",
        altered=Forward("Softmax", _max_over_batch),
        why_unseen=_RANGE + " With one sample it is right for any scores.",
        fix=_FORWARD_FIX,
        evidence=("manassharma07/crysx_nn#7",),
    ),
    Hypothesis(
        name="softmax.max_from_zero",
        title="the softmax looks for the maximum from 0 upwards",
        altered=Forward("Softmax", _max_from_zero),
        why_unseen=_RANGE + " Only rows that are all below -88 (float32) or -708 show it.",
        fix=_FORWARD_FIX + ", a maximum that starts at -inf",
        evidence=("FluxML/NNlib.jl#43",),
    ),
    Hypothesis(
        name="softmax.twice",
        title="the softmax is applied twice",
        altered=Forward("Softmax", _twice),
        why_unseen=_CONSISTENT + " The numbers add up to 1, in the right order; they are only too "
        "much alike.",
        fix="apply it in one place: in the layer or in the loss, not in both",
        evidence=("tflearn/tflearn#562",),
    ),
    Hypothesis(
        name="softmax.log",
        title="the softmax gives logarithms of probabilities",
        altered=Forward("Softmax", _log),
        why_unseen=_CONSISTENT + " The order of the scores is right, and so is the accuracy.",
        fix=_FORWARD_FIX + "; np.log belongs to the loss",
    ),
    Hypothesis(
        name="softmax.sigmoid",
        title="a sigmoid is in the place of the softmax",
        altered=Forward("Softmax", _sigmoid),
        why_unseen=_CONSISTENT + " All numbers are between 0 and 1, in the right order; they only "
        "do not add up to 1.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="softmax.not_normalised",
        title="the softmax does not divide by the sum of the exponentials",
        altered=Forward("Softmax", _not_normalised),
        why_unseen=_CONSISTENT + " The largest number is the right one, and so is the accuracy.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="softmax.grad_input.omitted",
        title="the derivative of the softmax is missing",
        altered=Backward("Softmax", _omitted),
        why_unseen="Where the gradient of a cross-entropy is handed over as p - t it is right, "
        "as that has the softmax in it. With any other loss it is not.",
        fix=_BACKWARD_FIX,
        evidence=("jorgenkg/python-neural-network#6",),
    ),
    Hypothesis(
        name="softmax.grad_input.diagonal",
        title="the gradient of the softmax has the diagonal of the Jacobian alone, s * (1 - s)",
        altered=Backward("Softmax", _diagonal),
        why_unseen=_FEW + " With two classes and opposite gradients it is half of the right one.",
        fix=_BACKWARD_FIX,
        evidence=("jorgenkg/python-neural-network#6", "wkcn/mobula#3"),
    ),
    Hypothesis(
        name="softmax.grad_input.sum_missing",
        title="the gradient of the softmax lacks the sum that is subtracted",
        altered=Backward("Softmax", _sum_missing),
        why_unseen=_FEW + " Where grad_output * y adds up to 0 along the axis, it is right.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="softmax.grad_input.sum_over_everything",
        title="the gradient of the softmax subtracts one sum over the whole batch",
        altered=Backward("Softmax", _sum_over_everything),
        why_unseen=_FEW + " With one sample it is right.",
        fix=_BACKWARD_FIX,
    ),
)
