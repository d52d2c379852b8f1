"""Gradients of inputs that are overwritten where they should be added to."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.conv2d.convolving_backward import cropped, spread_out
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each window overwrites what the windows before it have left where they overlap."""
    return _by_the_last(site, run, grad_output, last_tap=False)


def _overwritten_by_taps(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each place of the kernel overwrites what those before it have left: a loop over kernel rows
    and columns with = where += should be."""
    return _by_the_last(site, run, grad_output, last_tap=True)


def _overwritten_per_filter(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each window and each filter overwrites what those before it have left: only the last filter
    (of a group) counts, and of it the last window over a pixel."""
    filters = grad_output.shape[1] // site.attributes["groups"]
    last = grad_output.clone()
    last.unflatten(1, (-1, filters))[:, :, :-1] = 0.0
    return _by_the_last(site, run, last, last_tap=False)


def _by_the_last(
    site: Site, run: TorchRun, grad_output: Tensor, *, last_tap: bool
) -> dict[str, Tensor]:
    """Of the products that belong to a pixel only one stays: that of the last place of the kernel,
    or that of the last window, which reaches the pixel with the first place of the kernel."""
    weight, own = run.parameters["weight"], site.attributes
    (down, across), (row_step, column_step) = own["stride"], own["dilation"]
    spread = torch.zeros_like(spread_out(site, weight, grad_output))
    height, width = grad_output.shape[2:]
    places = list(itertools.product(range(weight.shape[2]), range(weight.shape[3])))
    for u, v in places if last_tap else reversed(places):
        products = F.conv_transpose2d(
            grad_output, weight[:, :, u : u + 1, v : v + 1], groups=own["groups"]
        )
        rows = slice(u * row_step, u * row_step + (height - 1) * down + 1, down)
        columns = slice(v * column_step, v * column_step + (width - 1) * across + 1, across)
        spread[:, :, rows, columns] = products
    return {"input": cropped(site, run.inputs[0], spread)}


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
        name="conv2d.grad_input.overwritten",
        title="windows overwrite each other in the gradient of the input",
        altered=Backward("Conv2d", _overwritten),
        why_unseen=_FIRST + " Windows that do not overlap, stride >= kernel, are right.",
        fix=f"{_FIX}: +=, not =",
    ),
    Hypothesis(
        name="conv2d.grad_input.overwritten_by_taps",
        title="kernel places overwrite each other in the gradient of the input",
        altered=Backward("Conv2d", _overwritten_by_taps),
        why_unseen=_FIRST + " Windows that do not overlap, stride >= kernel, are right.",
        fix=f"{_FIX}: +=, not =",
    ),
    Hypothesis(
        name="conv2d.grad_input.overwritten_per_filter",
        title="windows and filters overwrite each other in the gradient of the input",
        altered=Backward("Conv2d", _overwritten_per_filter),
        why_unseen=_FIRST + " One filter with windows that do not overlap is right.",
        fix=f"{_FIX}: +=, not =",
    ),
)
