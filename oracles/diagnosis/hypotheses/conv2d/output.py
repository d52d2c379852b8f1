"""Convolutions that leave out, move or cut off outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved, padding_of
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _last_row_missing(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The last row of the output is not computed: it is zero."""
    return _zeroed(convolved(site, inputs[0], parameters), rows=1, columns=0)


def _last_column_missing(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The last column of the output is not computed: it is zero."""
    return _zeroed(convolved(site, inputs[0], parameters), rows=0, columns=1)


def _last_row_and_column_missing(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """The last row and the last column of the output are not computed: they are zero."""
    return _zeroed(convolved(site, inputs[0], parameters), rows=1, columns=1)


def _window_offset(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Every window lies one pixel further down and to the right, with zeros where it leaves the
    padded image."""
    left, right, top, bottom = padding_of(site)
    return convolved(site, inputs[0], parameters, sides=(left - 1, right + 1, top - 1, bottom + 1))


def _image_transposed(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Rows and columns of the input are exchanged."""
    return convolved(site, inputs[0].swapaxes(2, 3), parameters)


def _fused_relu(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The layer ends in a ReLU of its own."""
    return convolved(site, inputs[0], parameters).relu()


def _zeroed(y: Tensor, rows: int, columns: int) -> Tensor:
    missing = torch.ones(y.shape[2:], dtype=torch.bool)
    missing[: y.shape[2] - rows, : y.shape[3] - columns] = False
    return y.masked_fill(missing, 0.0)


_SIZE = "OH = (H + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1"
_LAST = (
    "Forward and backward pass are consistent, and the border of an image matters little: "
    "training goes on as if nothing were wrong."
)

HYPOTHESES = (
    Hypothesis(
        name="conv2d.output.last_row_missing",
        title="the last row of the output is not computed and stays zero",
        altered=Forward("Conv2d", _last_row_missing),
        why_unseen=_LAST,
        fix=f"range(OH) with {_SIZE}; without stride range(H - k + 1), not range(H - k)",
    ),
    Hypothesis(
        name="conv2d.output.last_column_missing",
        title="the last column of the output is not computed and stays zero",
        altered=Forward("Conv2d", _last_column_missing),
        why_unseen=_LAST,
        fix=f"range(OW) with O{_SIZE[1:].replace('H', 'W')}; without stride range(W - k + 1), "
        "not range(W - k)",
    ),
    Hypothesis(
        name="conv2d.output.last_row_and_column_missing",
        title="the last row and the last column of the output are not computed and stay zero",
        altered=Forward("Conv2d", _last_row_and_column_missing),
        why_unseen=_LAST,
        fix=f"range(OH), range(OW) with {_SIZE}; without stride range(H - k + 1)",
        evidence=("ahmedfgad/NumPyCNN#5",),
    ),
    Hypothesis(
        name="conv2d.window.offset",
        title="every window lies one pixel too far down and to the right",
        altered=Forward("Conv2d", _window_offset),
        why_unseen="The shape is right and the image only moves: training learns moved kernels, "
        "and a gradient check of the consistent pair passes.",
        fix="window (i, j) begins at (i * sh, j * sw) of the padded image; indices that count "
        "from 1, as in MATLAB, need (i - 1) * sh + 1",
    ),
    Hypothesis(
        name="conv2d.image.transposed",
        title="rows and columns of the input are exchanged",
        altered=Forward("Conv2d", _image_transposed),
        why_unseen="Square images fit either way, and a network learns transposed images as well; "
        "gradients are consistent.",
        fix="x[n, c, row, column]; images that were stored column by column: x.swapaxes(2, 3)",
    ),
    Hypothesis(
        name="conv2d.activation.fused_relu",
        title="the convolution ends in a ReLU that the case does not have",
        altered=Forward("Conv2d", _fused_relu),
        why_unseen="Where a ReLU follows anyway, the second one changes nothing.",
        fix="return the sums as they are; the activation is a layer of its own",
    ),
)
