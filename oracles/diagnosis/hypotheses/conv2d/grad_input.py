"""Gradients of inputs that are computed with other kernels."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.conv2d.convolving_backward import input_gradient
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _kernel_not_rotated(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The kernel is not rotated by 180 degrees before the full correlation with grad_output."""
    return _with(site, run, run.parameters["weight"].flip(2, 3), grad_output)


def _kernel_rotated_90(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
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


def _with(site: Site, run: TorchRun, weight: Tensor, grad_output: Tensor) -> dict[str, Tensor]:
    return {"input": input_gradient(site, run.inputs[0], weight, grad_output)}


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
        name="conv2d.grad_input.kernel_not_rotated",
        title="the gradient of the input is computed with a kernel that is not rotated",
        altered=Backward("Conv2d", _kernel_not_rotated),
        why_unseen=_FIRST + " Symmetric kernels hide it.",
        fix=f"{_FIX}: a full correlation of grad_output with weight[:, :, ::-1, ::-1]",
        evidence=(
            "wuziheng/CNN-Numpy#2",
            "amsukdu/SimplePythonCNN#6",
            "ddbourgin/numpy-ml#27",
        ),
    ),
    Hypothesis(
        name="conv2d.grad_input.kernel_rotated_90",
        title="the gradient of the input is computed with a kernel turned by 90 degrees, not 180",
        altered=Backward("Conv2d", _kernel_rotated_90),
        why_unseen=_FIRST + " Symmetric kernels hide it.",
        fix=f"{_FIX}: with np.rot90(weight, 2, axes=(2, 3))",
    ),
    Hypothesis(
        name="conv2d.grad_input.kernel_transposed",
        title="the gradient of the input is computed with rows and columns of the kernel exchanged",
        altered=Backward("Conv2d", _kernel_transposed),
        why_unseen=_FIRST + " The shape of a square kernel is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="conv2d.grad_input.in_out_swapped",
        title="the gradient of the input is computed with filters and input channels exchanged",
        altered=Backward("Conv2d", _in_out_swapped),
        why_unseen=_FIRST + " Shapes object as soon as in_channels and out_channels differ.",
        fix=f"{_FIX}: a full correlation with weight.swapaxes(0, 1) rotated by 180 degrees",
        evidence=(
            "wuziheng/CNN-Numpy#2",
            "nntrainer/nntrainer#705",
        ),
    ),
)
