"""Max pooling whose gradient goes to another pixel, because an index is read in another way than it
was written."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.pooling.shares import added, at_taps, beside, winners
from oracles.diagnosis.hypotheses.pooling.windows import windows_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _swapped_index(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient goes to the pixel whose row in the window is the column of the maximum, and
    whose column is its row."""
    x, width = run.inputs[0], windows_of(site).kernel[1]
    tap = winners(site, x)
    return {"input": added(x, grad_output, *beside(site, x, tap % width, tap // width))}


def _index_by_height(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The index of the maximum in its window is divided by the height of the window, not by the
    width, to get its row."""
    x, (height, width) = run.inputs[0], windows_of(site).kernel
    needs(height != width)
    tap = winners(site, x)
    return {"input": added(x, grad_output, *beside(site, x, tap // height, tap % height))}


def _without_batch_offset(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradients of all samples are added up in the first one."""
    (right,), _parameters = run.autograd(grad_output)
    needs(right.shape[0] > 1)
    return {"input": _gathered(right, samples=True, channels=False)}


def _without_channel_offset(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradients of all channels are added up in the first one."""
    (right,), _parameters = run.autograd(grad_output)
    needs(right.shape[1] > 1)
    return {"input": _gathered(right, samples=False, channels=True)}


def _without_offsets(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradients of all channels of all samples are added up in the first channel of the first
    sample."""
    (right,), _parameters = run.autograd(grad_output)
    needs(right.shape[0] > 1 and right.shape[1] > 1)
    return {"input": _gathered(right, samples=True, channels=True)}


def _gathered(right: Tensor, *, samples: bool, channels: bool) -> Tensor:
    total = right.sum(0, keepdim=True) if samples else right
    total = total.sum(1, keepdim=True) if channels else total
    image = torch.zeros_like(right)
    image[: total.shape[0], : total.shape[1]] = total
    return image


def _of_padded_image(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The index of the maximum is counted in the padded image and used in the one without padding,
    whose rows are shorter: the gradient is one row's padding further along with each row."""
    x, (ph, pw) = run.inputs[0], windows_of(site).padding
    needs((ph, pw) != (0, 0))
    rows, columns = at_taps(site, x, winners(site, x))
    index = (rows + ph) * (x.shape[3] + 2 * pw) + columns + pw
    return {"input": added(x, grad_output, index // x.shape[3], index % x.shape[3])}


_ONE = "The output is right. With one sample of one channel, as in a small test, it is right."

HYPOTHESES = (
    Hypothesis(
        name="max_pool2d.grad_input.swapped_index",
        title="row and column of the maximum in its window are exchanged",
        altered=Backward("MaxPool2d", _swapped_index),
        why_unseen="The output is right, half of the maxima of a 2 x 2 window lie on its diagonal, "
        "and a network learns nearly as well.",
        fix="u, v = divmod(index, kw): u is the row in the window, v the column",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.index_by_height",
        title="the index of the maximum is split by the height of the window, not by its width",
        altered=Backward("MaxPool2d", _index_by_height),
        why_unseen="With square windows it is right.",
        fix="u, v = divmod(index, kw); np.unravel_index(index, (kh, kw))",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.without_batch_offset",
        title="the gradients of all samples end up in the first one",
        altered=Backward("MaxPool2d", _without_batch_offset),
        why_unseen=_ONE,
        fix="flat index = ((n*C + c)*H + row)*W + column",
        evidence=("tensorflow/tensorflow#2821", "onnx/onnx-tensorflow#719"),
    ),
    Hypothesis(
        name="max_pool2d.grad_input.without_channel_offset",
        title="the gradients of all channels end up in the first one",
        altered=Backward("MaxPool2d", _without_channel_offset),
        why_unseen=_ONE,
        fix="flat index = ((n*C + c)*H + row)*W + column",
        evidence=("tensorflow/tensorflow#22025", "onnx/onnx-tensorflow#719"),
    ),
    Hypothesis(
        name="max_pool2d.grad_input.without_offsets",
        title="the gradients of all channels of all samples end up in the very first one",
        altered=Backward("MaxPool2d", _without_offsets),
        why_unseen=_ONE,
        fix="flat index = ((n*C + c)*H + row)*W + column",
        evidence=("tensorflow/tensorflow#2821", "onnx/onnx-tensorflow#719"),
    ),
    Hypothesis(
        name="max_pool2d.grad_input.index_of_padded_image",
        title="an index into the padded image is used in the image without padding",
        altered=Backward("MaxPool2d", _of_padded_image),
        why_unseen="The usual 2 x 2 window has no padding.",
        fix="flat index = row*W + column with row and column of the image, padding subtracted; or "
        "scatter into the padded image and crop",
        evidence=("tensorflow/tensorflow#10216", "pytorch/pytorch#771"),
    ),
)
