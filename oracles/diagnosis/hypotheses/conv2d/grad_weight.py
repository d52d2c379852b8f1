"""Gradients of kernels that are turned, scaled, or go by other windows."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.conv2d.convolving import padding_of, remainder
from oracles.diagnosis.hypotheses.conv2d.convolving_backward import weight_gradient
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _rotated(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is the right one, rotated by 180 degrees."""
    return {"weight": _right(run, grad_output).flip(2, 3)}


def _transposed(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is the right one with rows and columns exchanged."""
    return {"weight": _right(run, grad_output).swapaxes(2, 3)}


def _grad_output_transposed(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the kernel is computed with a grad_output that lies column by column and is
    read row by row: if it is square, with rows and columns exchanged."""
    return {"weight": _right(run, grad_output.swapaxes(2, 3).reshape(grad_output.shape))}


def _unpadded(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The windows are taken from the image without its padding, at the indices of the padded
    one."""
    gradient = weight_gradient(site, run.inputs[0], grad_output, sides=(0, 0, 0, 0))
    return {"weight": gradient}


def _stride_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The windows begin at i and j, not at i * stride and j * stride."""
    return {"weight": weight_gradient(site, run.inputs[0], grad_output, stride=(1, 1))}


def _dilation_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The pixels of a window lie side by side, not as far apart as the dilation says."""
    return {"weight": weight_gradient(site, run.inputs[0], grad_output, dilation=(1, 1))}


def _cut_from_end(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The windows begin where the stride leaves nothing over at the end: (H + 2p - k) % stride
    rows further down, and as many columns to the right."""
    left, _, top, _ = padding_of(site)
    rows, columns = remainder(site, run.inputs[0])
    sides = (left - columns, 0, top - rows, 0)
    return {"weight": weight_gradient(site, run.inputs[0], grad_output, sides=sides)}


def _remainder_dropped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The last row of the kernel goes by pixels that lie (H + 2p - k) % stride rows too far down,
    its last column likewise."""
    left, _, top, _ = padding_of(site)
    gradient = _right(run, grad_output).clone()
    rows, columns = remainder(site, run.inputs[0])
    for last_row, last_column in ((True, False), (False, True), (True, True)):
        sides = (left - columns * last_column, 0, top - rows * last_row, 0)
        moved = weight_gradient(site, run.inputs[0], grad_output, sides=sides)
        part = ..., slice(-last_row or None, None), slice(-last_column or None, None)
        gradient[part] = moved[part]
    return {"weight": gradient}


def _remainder_as_padding(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The image is taken to be (OH - 1) * stride + kernel - 2 * padding rows high: what the stride
    leaves over at its end counts as padding, though the last windows reach into it."""
    rows, columns = remainder(site, run.inputs[0])
    x = F.pad(run.inputs[0], (0, -columns, 0, -rows))
    return {"weight": weight_gradient(site, x, grad_output)}


def _right(run: TorchRun, grad_output: Tensor) -> Tensor:
    return run.autograd(grad_output)[1]["weight"]


_FALLS = "The output is right, and the loss still falls: the other parameters learn around it."
_REST = "Nothing differs where (H + 2 * padding - kernel) % stride is 0."
_FIX = (
    "grad_weight[o, c, u, v] = sum over n, i, j of grad_output[n, o, i, j] * "
    "x[n, c, i*sh + u*dh, j*sw + v*dw] of the padded image"
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_weight.rotated",
        title="the gradient of the kernel is rotated by 180 degrees",
        altered=Backward("Conv2d", _rotated),
        why_unseen=_FALLS,
        fix=f"{_FIX}: a correlation of the input with grad_output",
        evidence=("end-to-end-machine-learning.teachable.com 321/322", "FluxML/NNlib.jl#518"),
    ),
    Hypothesis(
        name="conv2d.grad_weight.transposed",
        title="rows and columns of the kernel's gradient are exchanged",
        altered=Backward("Conv2d", _transposed),
        why_unseen=_FALLS + " The shape of a square kernel is right; equal inputs, as in "
        "many published examples, give a symmetric gradient.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_weight.grad_output_transposed",
        title="grad_output is transposed before the kernel's gradient is computed",
        altered=Backward("Conv2d", _grad_output_transposed),
        why_unseen=_FALLS + " The shape of a square output is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_weight.unpadded",
        title="the kernel's gradient is taken from the image without its padding",
        altered=Backward("Conv2d", _unpadded),
        why_unseen=_FALLS + " Layers without padding are right.",
        fix=f"{_FIX}: keep the padded image for the backward pass",
    ),
    Hypothesis(
        name="conv2d.grad_weight.stride_missing",
        title="the kernel's gradient is computed as if the stride were 1",
        altered=Backward("Conv2d", _stride_missing),
        why_unseen=_FALLS + " Tests with a stride of 1 are right.",
        fix=f"{_FIX}; in NumPy x[:, :, i*s : i*s + k], not x[:, :, i : i + k]",
        evidence=(
            "Kulbear/deep-learning-coursera#34",
            "enggen/Deep-Learning-Coursera#7",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_weight.dilation_missing",
        title="the kernel's gradient is computed as if the dilation were 1",
        altered=Backward("Conv2d", _dilation_missing),
        why_unseen=_FALLS + " Tests with a dilation of 1 are right.",
        fix=f"{_FIX}; in NumPy x[:, :, i : i + d * (k - 1) + 1 : d]",
    ),
    Hypothesis(
        name="conv2d.grad_weight.cut_from_end",
        title="the kernel's gradient is cut from the end of what is too long by a remainder",
        altered=Backward("Conv2d", _cut_from_end),
        why_unseen=_FALLS + " " + _REST,
        fix=f"{_FIX}; of a correlation with the dilated grad_output, the first kh x kw numbers",
    ),
    Hypothesis(
        name="conv2d.grad_weight.remainder_dropped",
        title="the last kernel row and column have a gradient by what the stride leaves over",
        altered=Backward("Conv2d", _remainder_dropped),
        why_unseen=_FALLS + " " + _REST,
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_weight.remainder_as_padding",
        title="the kernel's gradient takes what the stride leaves over for padding",
        altered=Backward("Conv2d", _remainder_as_padding),
        why_unseen=_FALLS + " " + _REST + " Without padding the last windows end in front of it.",
        fix=f"{_FIX}: the size of the image is that of x, not one computed from the output's",
    ),
)
