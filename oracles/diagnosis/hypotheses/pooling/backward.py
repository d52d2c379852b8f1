"""Mistakes in the gradient that both poolings know."""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.hypotheses.pooling.either import backward
from oracles.diagnosis.hypotheses.pooling.shares import added, assigned, beside, positions, shares
from oracles.diagnosis.hypotheses.pooling.windows import windows_of
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _corner(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The whole gradient of a window goes to its first pixel, at the top left."""
    x = run.inputs[0]
    first = torch.zeros_like(grad_output, dtype=torch.int64)
    return {"input": added(x, grad_output, *beside(site, x, first, first))}


def _first_window(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Only the first window of each channel hands its gradient on."""
    first = torch.zeros_like(grad_output)
    first[:, :, 0, 0] = grad_output[:, :, 0, 0]
    return {"input": run.autograd(first)[0][0]}


def _first_window_of_batch(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Only the first window of the first channel of the first sample hands its gradient on."""
    needs(grad_output.shape[:2] != (1, 1))
    first = torch.zeros_like(grad_output)
    first[0, 0, 0, 0] = grad_output[0, 0, 0, 0]
    return {"input": run.autograd(first)[0][0]}


def _padding_shifted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of the padded image is cut out at its top left corner, not where the image lies
    in it: all of it is too far down and to the right by the padding."""
    x, windows = run.inputs[0], windows_of(site)
    needs(windows.padding != (0, 0))
    rows, columns = positions(x, windows)
    down, right = windows.padding
    return {"input": added(x, shares(site, x, grad_output), rows + down, columns + right)}


def _overwritten_by_taps(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The loops go over the pixels of a window, each for all windows at once, and assign: a pixel
    keeps what the last pixel of a window has for it, be it zero."""
    x, windows = run.inputs[0], windows_of(site)
    tap_by_tap = shares(site, x, grad_output).permute(0, 1, 4, 5, 2, 3)
    rows, columns = (where.permute(2, 3, 0, 1) for where in positions(x, windows))
    return {"input": assigned(x, tap_by_tap, rows, columns)}


def _zero(_: Site, run: TorchRun, __: Tensor) -> dict[str, Tensor]:
    """No gradient is handed on at all."""
    return {"input": torch.zeros_like(run.inputs[0])}


_LEARNS = "The output is right, and the loss still falls: the layers behind learn by themselves."

HYPOTHESES = (
    *backward(
        "grad_input.corner",
        "the whole gradient of a window goes to its first pixel",
        _corner,
        why_unseen=_LEARNS,
        fix="max: to the maximum alone; average: grad_output / (kh*kw) to each pixel",
    ),
    *backward(
        "grad_input.first_window_only",
        "only the first window of each channel hands its gradient on",
        _first_window,
        why_unseen=_LEARNS,
        fix="return behind the loops over windows, not in them",
        evidence=("riccardoandreoni0/CNN-from-scratch#1",),
    ),
    *backward(
        "grad_input.first_window_of_batch",
        "only the very first window, of one channel of one sample, hands its gradient on",
        _first_window_of_batch,
        why_unseen=_LEARNS,
        fix="return behind the loops over samples, channels and windows, not in them",
        evidence=("riccardoandreoni0/CNN-from-scratch#1",),
    ),
    *backward(
        "grad_input.padding_shifted",
        "the gradient lies too far down and to the right by the padding",
        _padding_shifted,
        why_unseen="The usual 2 x 2 window has no padding; and the sum of the gradient is nearly "
        "right.",
        fix="grad_padded[:, :, ph:ph + H, pw:pw + W]",
        evidence=("FluxML/NNlib.jl#133", "deeplearning4j/deeplearning4j#4583"),
    ),
    *backward(
        "grad_input.overwritten_by_taps",
        "gradients of overlapping windows overwrite each other, pixel of the window by pixel",
        _overwritten_by_taps,
        why_unseen="Windows side by side do not overlap: with stride = kernel_size it is right.",
        fix="grad_input[:, :, u:u + sh*OH:sh, v:v + sw*OW:sw] += ..., not =",
        evidence=("FluxML/NNlib.jl#205", "FluxML/Flux.jl#1197"),
    ),
    *backward(
        "grad_input.zero",
        "no gradient is handed on",
        _zero,
        why_unseen="The layers behind learn and the loss falls; those before stay as they were "
        "drawn, which is hard to see in a small network.",
        fix="max: grad_output at the maximum of each window; average: grad_output / (kh*kw) at "
        "each of its pixels",
    ),
)
