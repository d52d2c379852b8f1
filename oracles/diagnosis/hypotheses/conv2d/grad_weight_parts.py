"""Gradients of kernels that leave out samples, windows or channels."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _last_row_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel leaves out the last row of the output."""
    return {"weight": _of(run, grad_output, (..., slice(-1), slice(None)))}


def _last_column_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel leaves out the last column of the output."""
    return {"weight": _of(run, grad_output, (..., slice(-1)))}


def _last_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is that of the last sample."""
    return {"weight": _of(run, grad_output, (slice(-1, None),))}


def _first_sample_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is that of the first sample."""
    return {"weight": _of(run, grad_output, (slice(1),))}


def _last_sample_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel leaves out the last sample."""
    return {"weight": _of(run, grad_output, (slice(-1),))}


def _overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is that of the last window of every sample: each window
    overwrites the one before it."""
    return {"weight": _of(run, grad_output, (..., slice(-1, None), slice(-1, None)))}


def _overwritten_by_last_sample(
    site: Site, run: TorchRun, grad_output: Tensor
) -> dict[str, Tensor]:
    """The gradient of the kernel is that of the last window of the last sample: each window of each
    sample overwrites the one before it."""
    last = slice(-1, None)
    return {"weight": _of(run, grad_output, (last, slice(None), last, last))}


def _first_channel_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is zero for all input channels (of a group) but the first."""
    gradient = torch.zeros_like(run.parameters["weight"])
    gradient[:, :1] = _right(run, grad_output)[:, :1]
    return {"weight": gradient}


def _first_channel_for_all(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is computed with the first input channel (of the group) in the
    place of every channel."""
    gradient = _right(run, grad_output)
    return {"weight": gradient[:, :1].expand_as(gradient)}


def _groups_first_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is zero for the filters of all groups but the first."""
    filters = grad_output.shape[1] // site.attributes["groups"]
    return {"weight": _of(run, grad_output, (slice(None), slice(filters)))}


def _right(run: TorchRun, grad_output: Tensor) -> Tensor:
    return run.autograd(grad_output)[1]["weight"]


def _of(run: TorchRun, grad_output: Tensor, part: tuple[object, ...]) -> Tensor:
    """The gradient if only a part of the output had one."""
    kept = torch.zeros_like(grad_output)
    kept[part] = grad_output[part]  # type: ignore[index]
    return _right(run, kept)


_FALLS = "The output is right, and the loss still falls with the part that is there."
_FIX = (
    "grad_weight[o, c, u, v] = sum over n, i, j of grad_output[n, o, i, j] * "
    "x[n, c, i*sh + u*dh, j*sw + v*dw] of the padded image"
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_weight.last_output_row_missing",
        title="the gradient of the kernel leaves out the last row of the output",
        altered=Backward("Conv2d", _last_row_missing),
        why_unseen=_FALLS,
        fix=f"{_FIX}, with i in range(OH)",
    ),
    Hypothesis(
        name="conv2d.grad_weight.last_output_column_missing",
        title="the gradient of the kernel leaves out the last column of the output",
        altered=Backward("Conv2d", _last_column_missing),
        why_unseen=_FALLS,
        fix=f"{_FIX}, with j in range(OW)",
    ),
    Hypothesis(
        name="conv2d.grad_weight.last_sample_only",
        title="the gradient of the kernel is that of the last sample",
        altered=Backward("Conv2d", _last_sample_only),
        why_unseen=_FALLS + " With one sample it is right.",
        fix=f"{_FIX}: += over n, from zero at the beginning of the batch",
        evidence=(
            "cbovar/ConvNetSharp#128",
            "riccardoandreoni0/CNN-from-scratch#1",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_weight.first_sample_only",
        title="the gradient of the kernel is that of the first sample",
        altered=Backward("Conv2d", _first_sample_only),
        why_unseen=_FALLS + " With one sample it is right.",
        fix=f"{_FIX}: x[n] and grad_output[n] for every n",
    ),
    Hypothesis(
        name="conv2d.grad_weight.last_sample_missing",
        title="the gradient of the kernel leaves out the last sample",
        altered=Backward("Conv2d", _last_sample_missing),
        why_unseen=_FALLS,
        fix=f"{_FIX}, with n in range(N)",
    ),
    Hypothesis(
        name="conv2d.grad_weight.overwritten",
        title="the gradient of the kernel is that of the last window of each sample",
        altered=Backward("Conv2d", _overwritten),
        why_unseen=_FALLS + " An output of one pixel hides it.",
        fix=f"{_FIX}: += over i and j, not =",
    ),
    Hypothesis(
        name="conv2d.grad_weight.overwritten_by_last_sample",
        title="the gradient of the kernel is that of the last window of the last sample",
        altered=Backward("Conv2d", _overwritten_by_last_sample),
        why_unseen=_FALLS + " One sample with an output of one pixel hides it.",
        fix=f"{_FIX}: += over n, i and j, not =",
    ),
    Hypothesis(
        name="conv2d.grad_weight.first_channel_only",
        title="the gradient of the kernel is zero but for the first input channel",
        altered=Backward("Conv2d", _first_channel_only),
        why_unseen=_FALLS + " Layers on grey images are right.",
        fix=f"{_FIX}, for every c",
    ),
    Hypothesis(
        name="conv2d.grad_weight.first_channel_for_all",
        title="the gradient of the kernel is that of the first input channel, in every channel",
        altered=Backward("Conv2d", _first_channel_for_all),
        why_unseen=_FALLS + " Layers on grey images are right.",
        fix=f"{_FIX}: x[n, c], not x[n, 0]",
    ),
    Hypothesis(
        name="conv2d.grad_weight.groups_first_only",
        title="the gradient of the kernel is zero but for the first group",
        altered=Backward("Conv2d", _groups_first_only),
        why_unseen=_FALLS + " Layers without groups are right.",
        fix=f"{_FIX}, c among the channels of the group of o, for every group",
    ),
)
