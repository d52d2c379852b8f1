"""Poolings whose windows lie elsewhere than they should, whatever the options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.hypotheses.pooling.either import forward
from oracles.diagnosis.hypotheses.pooling.windows import pooled, windows_of
from oracles.diagnosis.site import Site, needs


def _offset(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """Every window begins one pixel further down and one further right."""
    return pooled(site, inputs[0], windows_of(site).altered(offset=1))


def _transposed(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """Rows and columns of the input are exchanged before the windows slide over it."""
    return pooled(site, inputs[0].transpose(2, 3), windows_of(site))


def _wrong_axes(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The image is reshaped to (N, C, kh, OH, kw, OW) and reduced over kh and kw: a window is then
    every OH-th row and every OW-th column, not kh rows and kw columns side by side."""
    windows, x = windows_of(site), inputs[0]
    needs(windows.stride == windows.kernel and windows.dilation == (1, 1))
    needs(windows.padding == (0, 0))
    kh, kw = windows.kernel
    high, wide = x.shape[2] // kh, x.shape[3] // kw
    whole = x[:, :, : high * kh, : wide * kw]
    blocks = whole.reshape(*x.shape[:2], kh, high, kw, wide).permute(0, 1, 3, 2, 5, 4)
    mixed = x.clone()
    mixed[:, :, : high * kh, : wide * kw] = blocks.reshape(whole.shape)
    return pooled(site, mixed, windows)


def _stride_missing(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """There are as many windows as there should be, and each begins one pixel behind the one
    before it: the stride is left out where the windows are cut."""
    windows, x = windows_of(site), inputs[0]
    needs(windows.stride != (1, 1))
    rows, columns = (windows.count(size, axis) for axis, size in enumerate(x.shape[2:]))
    return pooled(site, x, windows.altered(stride=(1, 1)))[:, :, :rows, :columns]


def _last_missing(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The loops over windows stop before the one that ends with the image: along an axis without
    remainder the last row or column of the output stays 0."""
    windows, x = windows_of(site), inputs[0]
    output = pooled(site, x, windows)
    for axis, size in enumerate(x.shape[2:]):
        reach = windows.dilation[axis] * (windows.kernel[axis] - 1) + 1
        room, last = size + 2 * windows.padding[axis] - reach, output.shape[2 + axis] - 1
        if room == last * windows.stride[axis]:
            keeps = (torch.arange(last + 1) < last).view((-1, 1) if axis == 0 else (1, -1))
            output = output * keeps
    return output


_CONSISTENT = "Forward and backward pass are consistent, so that a gradient check passes."

HYPOTHESES = (
    *forward(
        "window.offset",
        "every window is one pixel too far down and to the right",
        _offset,
        why_unseen=f"{_CONSISTENT} Smooth images change little by one pixel.",
        fix="window [i, j] begins at row i*stride[0] - padding[0] and column "
        "j*stride[1] - padding[1], counted from 0",
    ),
    *forward(
        "image.transposed",
        "rows and columns of the image are exchanged",
        _transposed,
        why_unseen=f"{_CONSISTENT} On square images the output has the right shape.",
        fix="x has the axes (N, C, H, W): rows are axis 2, columns are axis 3",
    ),
    *forward(
        "reshape.wrong_axes",
        "the image is cut into blocks along the wrong axes of the reshape",
        _wrong_axes,
        why_unseen=f"{_CONSISTENT} The output has the right shape, and constant or periodic "
        "images the right numbers.",
        fix="x.reshape(N, C, OH, kh, OW, kw), reduced over axes 3 and 5",
        evidence=("HIPS/autograd#245", "DingKe/nn_playground#8"),
    ),
    *forward(
        "stride.missing_in_windows",
        "windows lie one pixel apart, though the output has the size of the stride",
        _stride_missing,
        why_unseen=f"{_CONSISTENT} The output has the right shape, and its first number is right.",
        fix="window [i, j] begins at row i*stride[0] - padding[0] and column "
        "j*stride[1] - padding[1]: not at i and j",
    ),
    *forward(
        "output.last_window_missing",
        "the last windows are left out: the output ends with zeros",
        _last_missing,
        why_unseen="The output has the right shape, and the gradient is as consistent: a gradient "
        "check passes. Sizes with a remainder hide it.",
        fix="range(0, H + 2*padding - kernel + 1, stride): the end of a range is not part of it",
        evidence=("ahmedfgad/NumPyCNN#5", "PaddlePaddle/Anakin#210"),
    ),
)
