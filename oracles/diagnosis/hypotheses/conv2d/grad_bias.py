"""Gradients of biases that are not the sums over samples and pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _mean(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is a mean over samples and output pixels."""
    return {"bias": grad_output.mean((0, 2, 3))}


def _mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is divided by the number of samples."""
    return {"bias": grad_output.sum((0, 2, 3)) / len(grad_output)}


def _mean_over_positions(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is divided by the number of output pixels."""
    return {"bias": grad_output.sum((0, 2, 3)) / grad_output[0, 0].numel()}


def _last_sample_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias leaves out the last sample."""
    return {"bias": grad_output[:-1].sum((0, 2, 3))}


def _one_sample(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is that of the last sample."""
    return {"bias": grad_output[-1].sum((1, 2))}


def _first_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is that of the first sample."""
    return {"bias": grad_output[0].sum((1, 2))}


def _first_position(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias sums over samples only, at the first output pixel."""
    return {"bias": grad_output[:, :, 0, 0].sum(0)}


def _last_position(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias sums over samples only, at the last output pixel."""
    return {"bias": grad_output[:, :, -1, -1].sum(0)}


def _overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is grad_output at the last output pixel of the last sample."""
    return {"bias": grad_output[-1, :, -1, -1]}


def _summed_over_filters(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is one number for all filters: the sum over grad_output."""
    return {"bias": grad_output.sum().expand(grad_output.shape[1])}


def _axes_of_nhwc(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias sums over the axes 0, 1 and 2: one number for each column."""
    return {"bias": grad_output.sum((0, 1, 2))}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias has the opposite sign."""
    return {"bias": -grad_output.sum((0, 2, 3))}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the bias is zero."""
    return {"bias": torch.zeros(grad_output.shape[1], dtype=grad_output.dtype)}


_FALLS = "Biases matter so little that the loss falls whatever they do."
_ONE = "With one sample it is right."
_FIX = "grad_bias[o] = sum over n, i, j of grad_output[n, o, i, j]: grad_output.sum(axis=(0, 2, 3))"
_SUM = f"{_FIX}, not .mean; where the loss is a mean, grad_output is already divided"

HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_bias.mean",
        title="the gradient of the bias is a mean over samples and output pixels",
        altered=Backward("Conv2d", _mean),
        why_unseen=_FALLS,
        fix=_SUM,
    ),
    Hypothesis(
        name="conv2d.grad_bias.mean_over_batch",
        title="the gradient of the bias is divided by the number of samples",
        altered=Backward("Conv2d", _mean_over_batch),
        why_unseen=_FALLS + " " + _ONE,
        fix=_SUM,
    ),
    Hypothesis(
        name="conv2d.grad_bias.mean_over_positions",
        title="the gradient of the bias is divided by the number of output pixels",
        altered=Backward("Conv2d", _mean_over_positions),
        why_unseen=_FALLS,
        fix=_SUM,
    ),
    Hypothesis(
        name="conv2d.grad_bias.last_sample_missing",
        title="the gradient of the bias leaves out the last sample",
        altered=Backward("Conv2d", _last_sample_missing),
        why_unseen=_FALLS,
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_bias.one_sample",
        title="the gradient of the bias is that of the last sample",
        altered=Backward("Conv2d", _one_sample),
        why_unseen=_FALLS + " " + _ONE,
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_bias.first_sample_only",
        title="the gradient of the bias is that of the first sample",
        altered=Backward("Conv2d", _first_sample_only),
        why_unseen=_FALLS + " " + _ONE,
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_bias.first_position",
        title="the gradient of the bias sums over samples only, at the first output pixel",
        altered=Backward("Conv2d", _first_position),
        why_unseen=_FALLS + " An output of one pixel hides it.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_bias.last_position",
        title="the gradient of the bias sums over samples only, at the last output pixel",
        altered=Backward("Conv2d", _last_position),
        why_unseen=_FALLS + " An output of one pixel hides it.",
        fix=f"{_FIX}: += in a loop over i and j, not =",
    ),
    Hypothesis(
        name="conv2d.grad_bias.overwritten",
        title="the gradient of the bias is grad_output at the last output pixel of the last sample",
        altered=Backward("Conv2d", _overwritten),
        why_unseen=_FALLS + " One sample with an output of one pixel hides it.",
        fix=f"{_FIX}: += in a loop, not =",
    ),
    Hypothesis(
        name="conv2d.grad_bias.summed_over_filters",
        title="the gradient of the bias is one number for all filters: the sum over grad_output",
        altered=Backward("Conv2d", _summed_over_filters),
        why_unseen=_FALLS + " Broadcasting makes the shape right; one filter hides it.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_bias.axes_of_nhwc",
        title="the gradient of the bias sums over samples, filters and rows, not over columns",
        altered=Backward("Conv2d", _axes_of_nhwc),
        why_unseen=_FALLS + " Only as many filters as columns, or broadcasting, hide the shape.",
        fix=f"{_FIX}; axis=(0, 1, 2) where filters are the last axis",
    ),
    Hypothesis(
        name="conv2d.grad_bias.sign",
        title="the gradient of the bias has the opposite sign",
        altered=Backward("Conv2d", _sign),
        why_unseen=_FALLS,
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_bias.zero",
        title="the gradient of the bias is zero",
        altered=Backward("Conv2d", _zero),
        why_unseen=_FALLS,
        fix=_FIX,
    ),
)
