"""Gradients of inputs that leave something out, or are scaled."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _first_filter_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input sums over the first filter only."""
    return {"input": _of(site, run, grad_output, slice(1))}


def _last_filter_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is that of the last filter: each overwrites the one before."""
    return {"input": _of(site, run, grad_output, slice(-1, None))}


def _groups_first_only(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is zero for the channels of all groups but the first."""
    gradient = _right(run, grad_output).clone()
    gradient[:, run.parameters["weight"].shape[1] :] = 0.0
    return {"input": gradient}


def _divided_by_filters(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is divided by the number of filters."""
    return {"input": _right(run, grad_output) / grad_output.shape[1]}


def _mean_over_batch(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is divided by the number of samples."""
    return {"input": _right(run, grad_output) / len(grad_output)}


def _channels_reversed(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input has its channels in reverse order."""
    return {"input": _right(run, grad_output).flip(1)}


def _last_row_zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is zero in its last row."""
    gradient = _right(run, grad_output).clone()
    gradient[:, :, -1:] = 0.0
    return {"input": gradient}


def _last_column_zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is zero in its last column."""
    gradient = _right(run, grad_output).clone()
    gradient[..., -1:] = 0.0
    return {"input": gradient}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input has the opposite sign."""
    return {"input": -_right(run, grad_output)}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is zero."""
    return {"input": torch.zeros_like(run.inputs[0])}


def _right(run: TorchRun, grad_output: Tensor) -> Tensor:
    return run.autograd(grad_output)[0][0]


def _of(site: Site, run: TorchRun, grad_output: Tensor, filters: slice) -> Tensor:
    """The gradient if only these filters of each group had one."""
    in_group = grad_output.shape[1] // site.attributes["groups"]
    kept = torch.zeros_like(grad_output)
    kept.unflatten(1, (-1, in_group))[:, :, filters] = grad_output.unflatten(1, (-1, in_group))[
        :, :, filters
    ]
    return _right(run, kept)


_FIRST = (
    "The gradient of the input is used by earlier layers only: a network with one convolution is "
    "right. With more, the loss still falls."
)
_FIX = (
    "grad_input[n, c, i*sh + u*dh - ph, j*sw + v*dw - pw] += grad_output[n, o, i, j] * "
    "weight[o, c, u, v] over all n, o, i, j, u, v"
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_input.first_filter_only",
        title="the gradient of the input is that of the first filter",
        altered=Backward("Conv2d", _first_filter_only),
        why_unseen=_FIRST + " One filter hides it.",
        fix=f"{_FIX}, for every o",
    ),
    Hypothesis(
        name="conv2d.grad_input.last_filter_only",
        title="the gradient of the input is that of the last filter",
        altered=Backward("Conv2d", _last_filter_only),
        why_unseen=_FIRST + " One filter hides it.",
        fix=f"{_FIX}: += over o, not =",
    ),
    Hypothesis(
        name="conv2d.grad_input.groups_first_only",
        title="the gradient of the input is zero but for the first group",
        altered=Backward("Conv2d", _groups_first_only),
        why_unseen=_FIRST + " Layers without groups are right.",
        fix=f"{_FIX}, for every group",
    ),
    Hypothesis(
        name="conv2d.grad_input.divided_by_filters",
        title="the gradient of the input is divided by the number of filters",
        altered=Backward("Conv2d", _divided_by_filters),
        why_unseen=_FIRST + " Its direction is right, and one filter hides it.",
        fix=f"{_FIX}: a sum over o, not a mean",
    ),
    Hypothesis(
        name="conv2d.grad_input.mean_over_batch",
        title="the gradient of the input is divided by the batch size",
        altered=Backward("Conv2d", _mean_over_batch),
        why_unseen=_FIRST + " Its direction is right, and one sample hides it.",
        fix=f"{_FIX}; grad_output of a mean loss is already divided",
    ),
    Hypothesis(
        name="conv2d.grad_input.channels_reversed",
        title="the gradient of the input has its channels in reverse order",
        altered=Backward("Conv2d", _channels_reversed),
        why_unseen=_FIRST + " One input channel hides it.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_input.last_row_zero",
        title="the gradient of the input is zero in its last row",
        altered=Backward("Conv2d", _last_row_zero),
        why_unseen=_FIRST,
        fix=f"{_FIX}, with i in range(OH) and u in range(kh)",
    ),
    Hypothesis(
        name="conv2d.grad_input.last_column_zero",
        title="the gradient of the input is zero in its last column",
        altered=Backward("Conv2d", _last_column_zero),
        why_unseen=_FIRST,
        fix=f"{_FIX}, with j in range(OW) and v in range(kw)",
    ),
    Hypothesis(
        name="conv2d.grad_input.sign",
        title="the gradient of the input has the opposite sign",
        altered=Backward("Conv2d", _sign),
        why_unseen=_FIRST,
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_input.zero",
        title="the gradient of the input is zero",
        altered=Backward("Conv2d", _zero),
        why_unseen="The layers in front are not trained, and the loss falls all the same: those "
        "behind learn with what random kernels give. A network with one convolution is right.",
        fix=f"{_FIX}, and return it",
    ),
)
