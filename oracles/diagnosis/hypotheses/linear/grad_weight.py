"""Dense layers with the right output and a wrong gradient of the weight."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun

EVERYTHING = slice(None)


def of_samples(run: TorchRun, grad_output: Tensor, chosen: slice = EVERYTHING) -> Tensor:
    """The gradient of the weight that some of the samples make."""
    return torch.einsum("...o,...i->oi", grad_output[chosen], run.inputs[0][chosen])


def _transposed(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is transposed: x.T @ grad_output, of shape (in, out)."""
    return {"weight": of_samples(run, grad_output).T}


def _reshaped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is x.T @ grad_output, of shape (in, out), and its numbers are read row by row as
    an (out, in) array."""
    gradient = of_samples(run, grad_output)
    needs(min(gradient.shape) > 1)
    return {"weight": gradient.T.reshape(gradient.shape)}


def _mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is divided by the number of samples: grad_output.T @ x / N."""
    return {"weight": of_samples(run, grad_output) / len(grad_output)}


def _times_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is multiplied by the number of samples: N * grad_output.T @ x."""
    return {"weight": of_samples(run, grad_output) * len(grad_output)}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight has the other sign: -grad_output.T @ x."""
    return {"weight": -of_samples(run, grad_output)}


def _last_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is that of the last sample alone."""
    return {"weight": of_samples(run, grad_output, slice(-1, None))}


def _first_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is that of the first sample alone."""
    return {"weight": of_samples(run, grad_output, slice(0, 1))}


def _last_sample_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The last sample is not in the gradient of the weight."""
    return {"weight": of_samples(run, grad_output, slice(0, -1))}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is zero."""
    return {"weight": torch.zeros_like(run.parameters["weight"])}


def _samples_alone(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the weight is summed over the samples and not over the axes between them and
    the features: it has an axis too many."""
    needs(grad_output.ndim > 2)
    return {"weight": torch.einsum("n...o,n...i->...oi", grad_output, run.inputs[0])}


_FIX = "grad_weight = grad_output.T @ x, summed over the samples"
_RATE = "A constant factor is another learning rate: the layer learns, faster or slower."

HYPOTHESES = (
    Hypothesis(
        name="linear.grad_weight.transposed",
        title="the gradient of a dense layer's weight is transposed",
        altered=Backward("Linear", _transposed),
        why_unseen=(
            "With as many outputs as inputs no shape shows it, and the loss still falls: other "
            "layers learn."
        ),
        fix=f"{_FIX}, of shape (out_features, in_features); x.T @ grad_output is its transpose",
    ),
    Hypothesis(
        name="linear.grad_weight.reshaped",
        title="the gradient of a dense layer's weight is reshaped where a transpose is meant",
        altered=Backward("Linear", _reshaped),
        why_unseen=(
            "reshape raises nothing, because the number of weights is right, and the loss still "
            "falls: biases and other layers learn."
        ),
        fix=f"{_FIX}; (x.T @ grad_output).T, not .reshape(weight.shape)",
    ),
    Hypothesis(
        name="linear.grad_weight.mean_over_batch",
        title="the gradient of a dense layer's weight is divided by the samples",
        altered=Backward("Linear", _mean_over_batch),
        why_unseen=f"{_RATE} Where the loss is a mean already, it is divided twice.",
        fix=f"{_FIX}; the loss divides if it is a mean, the layer never does",
    ),
    Hypothesis(
        name="linear.grad_weight.times_batch",
        title="the gradient of a dense layer's weight is multiplied by the samples",
        altered=Backward("Linear", _times_batch),
        why_unseen=f"{_RATE} With one sample, as in most hand-made examples, it is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="linear.grad_weight.sign",
        title="the gradient of a dense layer's weight has the wrong sign",
        altered=Backward("Linear", _sign),
        why_unseen=(
            "The other layers learn against it, and often win: networks reach a fair accuracy with "
            "one layer that climbs. Only a gradient check of this array sees it."
        ),
        fix=f"{_FIX}, and weight -= lr * grad_weight",
    ),
    Hypothesis(
        name="linear.grad_weight.last_sample_only",
        title="the gradient of a dense layer's weight is that of the last sample",
        altered=Backward("Linear", _last_sample_only),
        why_unseen=(
            "With one sample it is right, and with many it is a noisy estimate of the right "
            "gradient, with which training works, slowly."
        ),
        fix=f"{_FIX}: += in the loop over the samples, not =",
        evidence=("cbovar/ConvNetSharp#128", "mlpack/mlpack#3679"),
    ),
    Hypothesis(
        name="linear.grad_weight.first_sample_only",
        title="the gradient of a dense layer's weight is that of the first sample",
        altered=Backward("Linear", _first_sample_only),
        why_unseen=(
            "With one sample it is right, and with many it is a noisy estimate of the right "
            "gradient, with which training works, slowly."
        ),
        fix=f"{_FIX}, all of them",
    ),
    Hypothesis(
        name="linear.grad_weight.last_sample_missing",
        title="the last sample is missing in the gradient of a dense layer's weight",
        altered=Backward("Linear", _last_sample_missing),
        why_unseen="A batch with one sample fewer trains as well.",
        fix=f"{_FIX}: range(N), not range(N - 1)",
    ),
    Hypothesis(
        name="linear.grad_weight.zero",
        title="the gradient of a dense layer's weight is zero",
        altered=Backward("Linear", _zero),
        why_unseen="The other layers learn on the random features that this one makes.",
        fix=_FIX,
    ),
    Hypothesis(
        name="linear.grad_weight.samples_alone",
        title="the gradient of a dense layer's weight is not summed over all axes in front",
        altered=Backward("Linear", _samples_alone),
        why_unseen="With inputs of shape (N, features) there are no other axes.",
        fix="grad_weight = grad_output.reshape(-1, out_features).T @ x.reshape(-1, in_features)",
    ),
)
