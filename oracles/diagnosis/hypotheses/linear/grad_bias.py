"""Dense layers with the right output and a wrong gradient of the bias."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _summed(grad_output: Tensor) -> Tensor:
    """Over all axes but the last."""
    return grad_output.reshape(-1, grad_output.shape[-1]).sum(0)


def _mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is divided by the number of samples."""
    return {"bias": _summed(grad_output) / len(grad_output)}


def _first_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is that of the first sample alone: grad_output[0]."""
    return {"bias": _summed(grad_output[:1])}


def _last_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is that of the last sample alone: grad_output[-1]."""
    return {"bias": _summed(grad_output[-1:])}


def _last_sample_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The last sample is not in the gradient of the bias: grad_output[:-1].sum(axis=0)."""
    return {"bias": _summed(grad_output[:-1])}


def _summed_over_outputs(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is summed over samples and outputs: every bias gets the same
    number."""
    needs(grad_output.shape[-1] > 1)
    return {"bias": grad_output.sum().expand(grad_output.shape[-1])}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is zero."""
    return {"bias": torch.zeros(grad_output.shape[-1], dtype=torch.float64)}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias has the other sign."""
    return {"bias": -_summed(grad_output)}


def _samples_alone(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is summed over the samples and not over the axes between them and
    the features: it has an axis too many."""
    needs(grad_output.ndim > 2)
    return {"bias": grad_output.sum(0)}


_FIX = "grad_bias = grad_output.sum(axis=0)"
_SMALL = "The weights learn around biases that move too little, too much, or to the wrong place."

HYPOTHESES = (
    Hypothesis(
        name="linear.grad_bias.mean_over_batch",
        title="the gradient of a dense layer's bias is divided by the samples",
        altered=Backward("Linear", _mean_over_batch),
        why_unseen=f"With one sample it is right. {_SMALL}",
        fix=f"{_FIX}; the loss divides if it is a mean, the layer never does",
    ),
    Hypothesis(
        name="linear.grad_bias.first_sample_only",
        title="the gradient of a dense layer's bias is that of the first sample",
        altered=Backward("Linear", _first_sample_only),
        why_unseen=f"With one sample it is right. {_SMALL}",
        fix=f"{_FIX}, not grad_output[0]",
    ),
    Hypothesis(
        name="linear.grad_bias.last_sample_only",
        title="the gradient of a dense layer's bias is that of the last sample",
        altered=Backward("Linear", _last_sample_only),
        why_unseen=f"With one sample it is right. {_SMALL}",
        fix=f"{_FIX}: += in the loop over the samples, not =",
    ),
    Hypothesis(
        name="linear.grad_bias.last_sample_missing",
        title="the last sample is missing in the gradient of a dense layer's bias",
        altered=Backward("Linear", _last_sample_missing),
        why_unseen="A batch with one sample fewer trains as well.",
        fix=f"{_FIX}: range(N), not range(N - 1)",
    ),
    Hypothesis(
        name="linear.grad_bias.summed",
        title="the gradient of a dense layer's bias is one number for all outputs",
        altered=Backward("Linear", _summed_over_outputs),
        why_unseen=(
            "A number is broadcast over the biases without an error, and behind a softmax it is "
            "about zero: the biases then stay where they are."
        ),
        fix=f"{_FIX}, not grad_output.sum()",
        evidence=("deeplearning4j/deeplearning4j#8280", "mlpack/mlpack#3679"),
    ),
    Hypothesis(
        name="linear.grad_bias.zero",
        title="the gradient of a dense layer's bias is zero",
        altered=Backward("Linear", _zero),
        why_unseen="Weights learn without biases, and most data is nearly centred.",
        fix=_FIX,
    ),
    Hypothesis(
        name="linear.grad_bias.sign",
        title="the gradient of a dense layer's bias has the wrong sign",
        altered=Backward("Linear", _sign),
        why_unseen="The weights learn against biases that climb, and mostly win.",
        fix=f"{_FIX}, and bias -= lr * grad_bias",
    ),
    Hypothesis(
        name="linear.grad_bias.samples_alone",
        title="the gradient of a dense layer's bias is not summed over all axes in front",
        altered=Backward("Linear", _samples_alone),
        why_unseen="With inputs of shape (N, features) there are no other axes.",
        fix="grad_bias = grad_output.reshape(-1, out_features).sum(axis=0)",
    ),
)
