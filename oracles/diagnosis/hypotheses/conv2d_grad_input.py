"""Gradients of inputs that spread other kernels, or spread them to other places."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.convolving import extent, remainder
from oracles.diagnosis.hypotheses.convolving_backward import cropped, input_gradient, spread_out
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _kernel_not_rotated(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The kernel is not rotated by 180 degrees before the full correlation with grad_output."""
    return _with(site, run, run.parameters["weight"].flip(2, 3), grad_output)


def _kernel_turned_by_90(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The (square) kernel is rotated by 90 degrees, counterclockwise, in place of 180 before the
    full correlation with grad_output."""
    weight = run.parameters["weight"]
    needs(weight.shape[2] == weight.shape[3])
    return _with(site, run, weight.rot90(-1, (2, 3)), grad_output)


def _kernel_transposed(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the input is computed with rows and columns of the (square) kernel
    exchanged."""
    weight = run.parameters["weight"]
    needs(weight.shape[2] == weight.shape[3])
    return _with(site, run, weight.swapaxes(2, 3), grad_output)


def _in_out_swapped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The full correlation uses weight[c, o] where the gradient of channel c needs weight[o, c]:
    its first two axes are not exchanged."""
    weight = run.parameters["weight"]
    needs(weight.shape[0] == weight.shape[1])
    return _with(site, run, weight.swapaxes(0, 1), grad_output)


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


def _overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each window overwrites what the windows before it have left where they overlap."""
    return _by_last_window(site, run, grad_output)


def _overwritten_per_filter(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each window and each filter overwrites what those before it have left: only the last filter
    (of a group) counts, and of it the last window over a pixel."""
    filters = grad_output.shape[1] // site.attributes["groups"]
    last = grad_output.clone()
    last.unflatten(1, (-1, filters))[:, :, :-1] = 0.0
    return _by_last_window(site, run, last)


def _with(site: Site, run: TorchRun, weight: Tensor, grad_output: Tensor) -> dict[str, Tensor]:
    return {"input": input_gradient(site, run.inputs[0], weight, grad_output)}


def _by_last_window(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    weight, own, x = run.parameters["weight"], site.attributes, run.inputs[0]
    (down, across), (row_step, column_step) = own["stride"], own["dilation"]
    n, _, rows, columns = grad_output.shape
    high, wide = extent(site)
    spread = grad_output.new_zeros(
        n, x.shape[1], (rows - 1) * down + high, (columns - 1) * across + wide
    )
    for u in reversed(range(weight.shape[2])):  # the last window reaches a pixel with its first tap
        for v in reversed(range(weight.shape[3])):
            tap = weight[:, :, u : u + 1, v : v + 1]
            one = F.conv_transpose2d(grad_output, tap, groups=own["groups"])
            top, left = u * row_step, v * column_step
            bottom, right = top + (rows - 1) * down + 1, left + (columns - 1) * across + 1
            spread[:, :, top:bottom:down, left:right:across] = one
    return {"input": cropped(site, x, spread)}


_FIRST = (
    "The gradient of the input is used by earlier layers only: a network with one convolution is "
    "right. With more, the loss still falls. "
)
_FIX = (
    "grad_input[n, c, i*sh + u*dh - ph, j*sw + v*dw - pw] += grad_output[n, o, i, j] * "
    "weight[o, c, u, v] over all n, o, i, j, u, v"
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.grad_input.kernel_not_rotated",
        title="the gradient of the input is computed with a kernel that is not rotated",
        altered=Backward("Conv2d", _kernel_not_rotated),
        why_unseen=_FIRST + "Symmetric kernels hide it.",
        fix=f"{_FIX}: a full correlation of grad_output with weight[:, :, ::-1, ::-1]",
        evidence=(
            "wuziheng/CNN-Numpy#2",
            "amsukdu/SimplePythonCNN#6",
            "ddbourgin/numpy-ml#27",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_input.kernel_turned_by_90",
        title="the gradient of the input is computed with a kernel turned by 90 degrees, not 180",
        altered=Backward("Conv2d", _kernel_turned_by_90),
        why_unseen=_FIRST + "Symmetric kernels hide it.",
        fix=f"{_FIX}: with np.rot90(weight, 2, axes=(2, 3))",
        evidence=("rasmusbergpalm/DeepLearnToolbox#168",),
    ),
    Hypothesis(
        name="conv2d.grad_input.kernel_transposed",
        title="the gradient of the input is computed with rows and columns of the kernel exchanged",
        altered=Backward("Conv2d", _kernel_transposed),
        why_unseen=_FIRST + "The shape of a square kernel is right.",
        fix=_FIX,
        evidence=("crossvalidated 276213",),
    ),
    Hypothesis(
        name="conv2d.grad_input.in_out_swapped",
        title="the gradient of the input is computed with filters and input channels exchanged",
        altered=Backward("Conv2d", _in_out_swapped),
        why_unseen=_FIRST + "Shapes object as soon as in_channels and out_channels differ.",
        fix=f"{_FIX}: a full correlation with weight.swapaxes(0, 1) rotated by 180 degrees",
        evidence=(
            "wuziheng/CNN-Numpy#2",
            "nntrainer/nntrainer#705",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_input.not_cropped",
        title="the padding is not cut off the gradient of the input: it begins at the padded image",
        altered=Backward("Conv2d", _not_cropped),
        why_unseen=_FIRST + "Layers without padding are right.",
        fix="grad_input = grad_padded[:, :, ph : ph + H, pw : pw + W]",
        evidence=(
            "tiny-dnn/tiny-dnn#415",
            "deephealthproject/eddl#90",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_input.stride_missing",
        title="the gradient of the input is computed as if the stride were 1",
        altered=Backward("Conv2d", _stride_missing),
        why_unseen=_FIRST + "Tests with a stride of 1 are right.",
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
        why_unseen=_FIRST + "Tests with a dilation of 1 are right.",
        fix=f"{_FIX}; in NumPy grad_padded[:, :, i : i + d * (k - 1) + 1 : d]",
    ),
    Hypothesis(
        name="conv2d.grad_input.remainder_shifted",
        title="the gradient of the input is moved by what the stride leaves over",
        altered=Backward("Conv2d", _remainder_shifted),
        why_unseen=_FIRST + "Nothing moves where (H + 2 * padding - kernel) % stride is 0.",
        fix=f"{_FIX}; what no window reaches is at the end: zeros at the bottom and on the right",
        evidence=(
            "tracel-ai/burn#4806",
            "nntrainer/nntrainer#1042",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_input.overwritten",
        title="windows overwrite each other in the gradient of the input",
        altered=Backward("Conv2d", _overwritten),
        why_unseen=_FIRST + "Windows that do not overlap, stride >= kernel, are right.",
        fix=f"{_FIX}: +=, not =",
    ),
    Hypothesis(
        name="conv2d.grad_input.overwritten_per_filter",
        title="windows and filters overwrite each other in the gradient of the input",
        altered=Backward("Conv2d", _overwritten_per_filter),
        why_unseen=_FIRST + "One filter with windows that do not overlap is right.",
        fix=f"{_FIX}: +=, not =",
        evidence=("crossvalidated 276213",),
    ),
)
