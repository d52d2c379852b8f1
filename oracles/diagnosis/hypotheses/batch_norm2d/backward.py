"""Batch norms with the right output and wrong gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.batch_norm2d import normalising as n
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun

Gradients = dict[str, Tensor]


def _constant_statistics(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """Mean and variance of a batch are constants in the gradient: weight * grad_output /
    deviation."""
    if not n.from_batch(site):
        return {}
    return {"input": _times_weight(run, grad_output) / _deviation(site, run)}


def _mean_term_missing(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient does not know that the mean is made of the batch."""
    if not n.from_batch(site):
        return {}
    g, z = _times_weight(run, grad_output), _normalised(site, run)
    return {"input": (g - z * _mean(g * z)) / _deviation(site, run)}


def _variance_term_missing(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient does not know that the variance is made of the batch."""
    if not n.from_batch(site):
        return {}
    g = _times_weight(run, grad_output)
    return {"input": (g - _mean(g)) / _deviation(site, run)}


def _terms_summed(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The terms of mean and variance in the gradient are sums, not divided by the numbers of a
    channel."""
    if not n.from_batch(site):
        return {}
    g, z, m = _times_weight(run, grad_output), _normalised(site, run), n.count(grad_output)
    return {"input": (g - m * _mean(g) - m * z * _mean(g * z)) / _deviation(site, run)}


def _weight_missing(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the input is not multiplied by the weight."""
    needs("weight" in run.parameters)
    return {"input": _with_terms(site, run, grad_output) / _deviation(site, run)}


def _deviation_missing(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the input is not divided by the deviation."""
    return {"input": _with_terms(site, run, _times_weight(run, grad_output))}


def _batch_terms_in_eval(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient has the terms of mean and variance in eval mode as well, where both are
    constants."""
    if n.from_batch(site):
        return {}
    g, z = _times_weight(run, grad_output), _normalised(site, run)
    return {"input": (g - _mean(g) - z * _mean(g * z)) / _deviation(site, run)}


def _of_raw_input(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the weight is the sum of grad_output * x, of the input as it came."""
    return _weight(run, n.per_channel(grad_output * run.inputs[0]))


def _of_centred_input(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the weight is the sum of grad_output * (x - mean), not divided by the
    deviation."""
    x = run.inputs[0]
    return _weight(run, n.per_channel(grad_output * (x - n.right(site, x).mean)))


def _of_output(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the weight is the sum of grad_output * y, of the output with weight and
    bias in it."""
    return _weight(run, n.per_channel(grad_output * run.result))


def _weight_mean(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the weight is a mean over samples, rows and columns, not a sum."""
    return _divided(run, grad_output, "weight", n.count(grad_output))


def _weight_mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the weight is divided by the number of samples."""
    return _divided(run, grad_output, "weight", len(grad_output))


def _weight_zero(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the weight is zero."""
    needs("weight" in run.parameters)
    return {"weight": torch.zeros_like(run.parameters["weight"])}


def _bias_mean(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the bias is a mean over samples, rows and columns, not a sum."""
    return _divided(run, grad_output, "bias", n.count(grad_output))


def _bias_mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the bias is divided by the number of samples."""
    return _divided(run, grad_output, "bias", len(grad_output))


def _bias_zero(site: Site, run: TorchRun, grad_output: Tensor) -> Gradients:
    """The gradient of the bias is zero."""
    needs("bias" in run.parameters)
    return {"bias": torch.zeros_like(run.parameters["bias"])}


def _with_terms(site: Site, run: TorchRun, g: Tensor) -> Tensor:
    """The right gradient of the input before it is divided by the deviation."""
    if not n.from_batch(site):
        return g
    z = _normalised(site, run)
    return g - _mean(g) - z * _mean(g * z)


def _times_weight(run: TorchRun, g: Tensor) -> Tensor:
    return g * n.wide(run.parameters["weight"]) if "weight" in run.parameters else g


def _normalised(site: Site, run: TorchRun) -> Tensor:
    return n.normalised_by(site, run.inputs[0], n.right(site, run.inputs[0]))


def _deviation(site: Site, run: TorchRun) -> Tensor:
    return n.deviation(site, n.right(site, run.inputs[0]))


def _mean(image: Tensor) -> Tensor:
    return image.mean(n.CHANNELS, keepdim=True)


def _weight(run: TorchRun, gradient: Tensor) -> Gradients:
    needs("weight" in run.parameters)
    return {"weight": gradient}


def _divided(run: TorchRun, grad_output: Tensor, parameter: str, divisor: int) -> Gradients:
    needs(parameter in run.parameters)
    return {parameter: run.autograd(grad_output)[1][parameter] / divisor}


_INPUT = (
    "g = grad_output * weight; grad_input = (g - g.mean(axis) - z * (g * z).mean(axis)) / "
    "np.sqrt(variance + eps), with axis = (0, 2, 3), keepdims and z = (x - mean) / np.sqrt(...)"
)
_WEIGHT = "grad_weight = (grad_output * z).sum(axis=(0, 2, 3)), z = (x - mean) / np.sqrt(...)"
_BIAS = "grad_bias = grad_output.sum(axis=(0, 2, 3))"
_BEFORE = "Layers behind the batch norm learn as they should, and those before it in part."
_ONES = "A grad_output of ones hides it, as the right gradient is then 0 but for rounding."
_RATE = "A constant factor is made up for by the learning rate, and the loss falls."

HYPOTHESES = (
    Hypothesis(
        name="batch_norm2d.grad_input.constant_statistics",
        title="mean and variance count as constants in the gradient of the batch norm",
        altered=Backward("BatchNorm2d", _constant_statistics),
        why_unseen=_BEFORE + " In evaluation this is the right formula.",
        fix=_INPUT,
        evidence=("denizyuret/Knet.jl#288", "mlpack/mlpack#2474"),
    ),
    Hypothesis(
        name="batch_norm2d.grad_input.mean_term_missing",
        title="the gradient of the batch norm lacks the term of the mean",
        altered=Backward("BatchNorm2d", _mean_term_missing),
        why_unseen=_BEFORE + " Where grad_output adds up to 0 in each channel it is right.",
        fix=_INPUT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_input.variance_term_missing",
        title="the gradient of the batch norm lacks the term of the variance",
        altered=Backward("BatchNorm2d", _variance_term_missing),
        why_unseen=_BEFORE + " " + _ONES,
        fix=_INPUT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_input.terms_summed",
        title="the gradient of the batch norm has sums where means belong",
        altered=Backward("BatchNorm2d", _terms_summed),
        why_unseen=_BEFORE,
        fix=_INPUT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_input.weight_missing",
        title="the gradient of the batch norm is not multiplied by its weight",
        altered=Backward("BatchNorm2d", _weight_missing),
        why_unseen="A new layer has a weight of ones, with which it is right.",
        fix=_INPUT,
        evidence=("apache/mxnet#1053",),
    ),
    Hypothesis(
        name="batch_norm2d.grad_input.deviation_missing",
        title="the gradient of the batch norm is not divided by the deviation",
        altered=Backward("BatchNorm2d", _deviation_missing),
        why_unseen="Where the variance is near 1 it is right; elsewhere it is a factor per channel "
        "that the layers before learn around.",
        fix=_INPUT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_input.batch_terms_in_eval",
        title="the gradient of the batch norm is in evaluation what it should be in training only",
        altered=Backward("BatchNorm2d", _batch_terms_in_eval),
        why_unseen="Gradients are seldom needed in eval mode: for frozen statistics in fine-tuning "
        "and for adversarial examples.",
        fix="grad_input = grad_output * weight / np.sqrt(running_var + eps) in eval mode",
    ),
    Hypothesis(
        name="batch_norm2d.grad_weight.of_raw_input",
        title="the gradient of the weight is taken with the input, not the normalised one",
        altered=Backward("BatchNorm2d", _of_raw_input),
        why_unseen=_BEFORE + " Data with mean 0 and variance 1 hide it.",
        fix=_WEIGHT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_weight.of_centred_input",
        title="the gradient of the weight is not divided by the deviation",
        altered=Backward("BatchNorm2d", _of_centred_input),
        why_unseen=_BEFORE + " Data with variance 1 hide it.",
        fix=_WEIGHT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_weight.of_output",
        title="the gradient of the weight is taken with the output, not the normalised input",
        altered=Backward("BatchNorm2d", _of_output),
        why_unseen="A new layer has a weight of ones and a bias of zeros, with which it is right.",
        fix=_WEIGHT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_weight.mean",
        title="the gradient of the weight is a mean, not a sum",
        altered=Backward("BatchNorm2d", _weight_mean),
        why_unseen=_RATE,
        fix=_WEIGHT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_weight.mean_over_batch",
        title="the gradient of the weight is divided by the number of samples",
        altered=Backward("BatchNorm2d", _weight_mean_over_batch),
        why_unseen=_RATE + " The loss has divided by the number of samples already.",
        fix=_WEIGHT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_weight.zero",
        title="the weight of the batch norm gets no gradient",
        altered=Backward("BatchNorm2d", _weight_zero),
        why_unseen="All other parameters learn, and what follows can scale as well.",
        fix=_WEIGHT,
    ),
    Hypothesis(
        name="batch_norm2d.grad_bias.mean",
        title="the gradient of the bias of the batch norm is a mean, not a sum",
        altered=Backward("BatchNorm2d", _bias_mean),
        why_unseen=_RATE,
        fix=_BIAS,
    ),
    Hypothesis(
        name="batch_norm2d.grad_bias.mean_over_batch",
        title="the gradient of the bias of the batch norm is divided by the number of samples",
        altered=Backward("BatchNorm2d", _bias_mean_over_batch),
        why_unseen=_RATE + " The loss has divided by the number of samples already.",
        fix=_BIAS,
    ),
    Hypothesis(
        name="batch_norm2d.grad_bias.zero",
        title="the bias of the batch norm gets no gradient",
        altered=Backward("BatchNorm2d", _bias_zero),
        why_unseen="All other parameters learn, and what follows has a bias of its own.",
        fix=_BIAS,
    ),
)
