"""Max pooling with the right output that hands its gradient on in another way. What both poolings
know is in pooling_backward.py; a gradient that is shared by all pixels of a window is
max_pool2d.type.average, backward only; which pixel it goes to in max_pool2d_index.py and
max_pool2d_ties.py."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Backward
from oracles.diagnosis.hypotheses.pooling.shares import (
    added,
    assigned,
    at_taps,
    positions,
    shares,
    winners,
)
from oracles.diagnosis.hypotheses.pooling.windows import windows_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _everywhere(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Every pixel of a window gets its gradient, not the maximum alone."""
    x, windows = run.inputs[0], windows_of(site)
    everywhere = grad_output[..., None, None].expand(*grad_output.shape, *windows.kernel)
    return {"input": added(x, everywhere, *positions(x, windows))}


def _averaged(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Every pixel of a window gets the gradient divided by kh*kw, also where the window hangs over
    the edge."""
    x, windows = run.inputs[0], windows_of(site)
    needs(windows.hangs_over(x))
    share = grad_output / (windows.kernel[0] * windows.kernel[1])
    everywhere = share[..., None, None].expand(*grad_output.shape, *windows.kernel)
    return {"input": added(x, everywhere, *positions(x, windows))}


def _overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Where a pixel is the maximum of several windows it keeps the gradient of the last one only:
    the gradient is assigned, not added."""
    x = run.inputs[0]
    return {"input": assigned(x, grad_output, *at_taps(site, x, winners(site, x)))}


def _windows_overwritten(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Each window writes all of its pixels, its gradient at the maximum and zeros beside it, over
    what the windows before it have written."""
    x = run.inputs[0]
    return {"input": assigned(x, shares(site, x, grad_output), *positions(x, windows_of(site)))}


def _times_maximum(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is multiplied by the maximum that it goes to."""
    return {"input": run.autograd(grad_output * run.result)[0][0]}


def _sign(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient has the other sign."""
    return {"input": -run.autograd(grad_output)[0][0]}


_LEARNS = "The output is right, and the loss still falls: the layers behind learn by themselves."
_SIDE_BY_SIDE = "Windows side by side do not overlap: with stride = kernel_size it is right."

HYPOTHESES = (
    Hypothesis(
        name="max_pool2d.grad_input.everywhere",
        title="every pixel of a window gets its gradient, not the maximum alone",
        altered=Backward("MaxPool2d", _everywhere),
        why_unseen=_LEARNS,
        fix="grad_input[n, c, row, column of the maximum] += grad_output[n, c, i, j]",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.averaged",
        title="the gradient of a window is shared by all of its pixels, by kh*kw even at the edge",
        altered=Backward("MaxPool2d", _averaged),
        why_unseen=_LEARNS,
        fix="grad_input[n, c, row, column of the maximum] += grad_output[n, c, i, j]",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.overwritten",
        title="a pixel that is the maximum of several windows keeps the gradient of the last one",
        altered=Backward("MaxPool2d", _overwritten),
        why_unseen=_SIDE_BY_SIDE,
        fix="grad_input[n, c, row, column of the maximum] += grad_output[n, c, i, j], not =; with "
        "index arrays np.add.at, as grad_input[index] += ... adds once only",
        evidence=(
            "FluxML/NNlib.jl#205",
            "0809zheng/CS231n-assignment2019#19",
            "devitocodes/joey#5",
        ),
    ),
    Hypothesis(
        name="max_pool2d.grad_input.windows_overwritten",
        title="each window overwrites the gradient of those before it, with zeros beside its "
        "maximum",
        altered=Backward("MaxPool2d", _windows_overwritten),
        why_unseen=_SIDE_BY_SIDE,
        fix="grad_input[n, c, rows, columns] += mask * grad_output[n, c, i, j], not =",
        evidence=("0809zheng/CS231n-assignment2019#19",),
    ),
    Hypothesis(
        name="max_pool2d.grad_input.times_maximum",
        title="the gradient is multiplied by the maximum",
        altered=Backward("MaxPool2d", _times_maximum),
        why_unseen=f"{_LEARNS} Maxima are mostly positive, so that the signs are right.",
        fix="the mask of the maximum is 1 there and 0 elsewhere, not the maximum itself",
    ),
    Hypothesis(
        name="max_pool2d.grad_input.sign",
        title="the gradient has the other sign",
        altered=Backward("MaxPool2d", _sign),
        why_unseen=_LEARNS,
        fix="grad_input[n, c, row, column of the maximum] += grad_output[n, c, i, j]",
    ),
)
