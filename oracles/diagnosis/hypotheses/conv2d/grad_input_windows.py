"""Gradients of inputs that are spread to other places."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.conv2d.convolving import padding_of, remainder
from oracles.diagnosis.hypotheses.conv2d.convolving_backward import (
    cropped,
    input_gradient,
    spread_out,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _not_cropped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the padded image is cut at its first row and column, not behind the
    padding."""
    spread = spread_out(site, run.parameters["weight"], grad_output)
    return {"input": cropped(site, run.inputs[0], spread, corner=(0, 0))}


def _stride_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The windows begin at i and j, not at i * stride and j * stride."""
    weight = run.parameters["weight"]
    return {"input": input_gradient(site, run.inputs[0], weight, grad_output, stride=(1, 1))}


def _dilation_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The pixels of a window lie side by side, not as far apart as the dilation says."""
    weight = run.parameters["weight"]
    return {"input": input_gradient(site, run.inputs[0], weight, grad_output, dilation=(1, 1))}


def _remainder_shifted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The rows and columns that no window reaches are taken to be at the beginning of the padded
    image, not at its end."""
    rows, columns = remainder(site, run.inputs[0])
    spread = spread_out(site, run.parameters["weight"], grad_output)
    return {"input": cropped(site, run.inputs[0], F.pad(spread, (columns, 0, rows, 0)))}


def _negative_zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The padding is cut off as [p:-p], which leaves nothing where p is 0."""
    _, right, _, bottom = padding_of(site)
    gradient = run.autograd(grad_output)[0][0]
    rows = slice(None) if bottom else slice(0)
    columns = slice(None) if right else slice(0)
    return {"input": gradient[:, :, rows, columns]}


def _repeated_over_stride(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each number of grad_output is repeated stride times in both directions, where there should be
    zeros around it, and spread out from each place."""
    down, across = site.attributes["stride"]
    dense = grad_output.repeat_interleave(down, 2).repeat_interleave(across, 3)
    weight = run.parameters["weight"]
    return {"input": input_gradient(site, run.inputs[0], weight, dense, stride=(1, 1))}


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
        name="conv2d.grad_input.not_cropped",
        title="the padding is not cut off the gradient of the input: it begins at the padded image",
        altered=Backward("Conv2d", _not_cropped),
        why_unseen=_FIRST + " Layers without padding are right.",
        fix="grad_input = grad_padded[:, :, ph : ph + H, pw : pw + W]",
    ),
    Hypothesis(
        name="conv2d.grad_input.stride_missing",
        title="the gradient of the input is computed as if the stride were 1",
        altered=Backward("Conv2d", _stride_missing),
        why_unseen=_FIRST + " Tests with a stride of 1 are right.",
        fix=f"{_FIX}; in NumPy grad_padded[:, :, i*s : i*s + k], not [:, :, i : i + k]",
        evidence=(
            "Kulbear/deep-learning-coursera#34",
            "enggen/Deep-Learning-Coursera#7",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_input.dilation_missing",
        title="the gradient of the input is computed as if the dilation were 1",
        altered=Backward("Conv2d", _dilation_missing),
        why_unseen=_FIRST + " Tests with a dilation of 1 are right.",
        fix=f"{_FIX}; in NumPy grad_padded[:, :, i : i + d * (k - 1) + 1 : d]",
    ),
    Hypothesis(
        name="conv2d.grad_input.remainder_shifted",
        title="the gradient of the input is moved by what the stride leaves over",
        altered=Backward("Conv2d", _remainder_shifted),
        why_unseen=_FIRST + " Nothing moves where (H + 2 * padding - kernel) % stride is 0.",
        fix=f"{_FIX}; what no window reaches is at the end: zeros at the bottom and on the right",
    ),
    Hypothesis(
        name="conv2d.grad_input.negative_zero",
        title="the gradient of the input is cut as [p:-p], which is empty where p is 0",
        altered=Backward("Conv2d", _negative_zero),
        why_unseen="Layers with padding are right, and a first layer's gradient is not used.",
        fix="grad_padded[:, :, ph : ph + H, pw : pw + W]",
        evidence=("distdl/distdl#85",),
    ),
    Hypothesis(
        name="conv2d.grad_input.repeated_over_stride",
        title="grad_output is repeated, not filled up with zeros, where the stride is above 1",
        altered=Backward("Conv2d", _repeated_over_stride),
        why_unseen=_FIRST + " Tests with a stride of 1 are right.",
        fix=f"{_FIX}; in NumPy dilated[:, :, ::sh, ::sw] = grad_output, on zeros",
    ),
)
