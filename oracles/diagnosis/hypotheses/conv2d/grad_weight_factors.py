"""Gradients of kernels that are the right ones times a factor."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is divided by the number of samples."""
    return {"weight": _right(run, grad_output) / len(grad_output)}


def _times_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is multiplied by the number of samples."""
    return {"weight": _right(run, grad_output) * len(grad_output)}


def _mean_over_positions(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is divided by the number of output pixels."""
    return {"weight": _right(run, grad_output) / grad_output[0, 0].numel()}


def _mean_over_both(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is divided by the number of samples and of output pixels."""
    return {"weight": _right(run, grad_output) / grad_output[:, 0].numel()}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel has the opposite sign."""
    return {"weight": -_right(run, grad_output)}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is zero."""
    return {"weight": torch.zeros_like(run.parameters["weight"])}


def _right(run: TorchRun, grad_output: Tensor) -> Tensor:
    return run.autograd(grad_output)[1]["weight"]


_SIZE = (
    "The gradient has the right direction, and a learning rate that is tried out makes up for its "
    "size."
)
_FIX = (
    "grad_weight[o, c, u, v] = sum over n, i, j of grad_output[n, o, i, j] * "
    "x[n, c, i*sh + u*dh, j*sw + v*dw] of the padded image"
)
_SUM = f"{_FIX}: a sum; where the loss is a mean, grad_output is already divided"

HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_weight.mean_over_batch",
        title="the gradient of the kernel is divided by the batch size",
        altered=Backward("Conv2d", _mean_over_batch),
        why_unseen=_SIZE + " With one sample there is nothing to divide.",
        fix=_SUM,
    ),
    Hypothesis(
        name="conv2d.grad_weight.times_batch",
        title="the gradient of the kernel is multiplied by the batch size",
        altered=Backward("Conv2d", _times_batch),
        why_unseen=_SIZE + " With one sample there is nothing to multiply.",
        fix=_SUM,
    ),
    Hypothesis(
        name="conv2d.grad_weight.mean_over_positions",
        title="the gradient of the kernel is divided by the number of output pixels",
        altered=Backward("Conv2d", _mean_over_positions),
        why_unseen=_SIZE,
        fix=f"{_SUM}: .sum over rows and columns, not .mean",
    ),
    Hypothesis(
        name="conv2d.grad_weight.mean_over_batch_and_positions",
        title="the gradient of the kernel is a mean over samples and output pixels",
        altered=Backward("Conv2d", _mean_over_both),
        why_unseen=_SIZE,
        fix=f"{_SUM}: .sum(axis=(0, 2, 3)), not .mean",
    ),
    Hypothesis(
        name="conv2d.grad_weight.sign",
        title="the gradient of the kernel has the opposite sign",
        altered=Backward("Conv2d", _sign),
        why_unseen="The output is right. Kernels that move uphill do not stop the layers behind "
        "from learning: the loss falls all the same.",
        fix=f"{_FIX}; the optimizer subtracts lr * grad_weight, once",
    ),
    Hypothesis(
        name="conv2d.grad_weight.zero",
        title="the gradient of the kernel is zero",
        altered=Backward("Conv2d", _zero),
        why_unseen="Random kernels that are never trained give features, too: the layers behind "
        "learn with those, and the loss falls.",
        fix=f"{_FIX}, and += in place, so that the layer keeps what is computed",
    ),
)
