"""The gradients of a convolution on other operands: what altered backward passes are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv2d_weight

from oracles.diagnosis.hypotheses.conv2d.convolving import Pair, Sides, extent, padding_of
from oracles.diagnosis.site import Site


def weight_gradient(
    site: Site,
    x: Tensor,
    grad_output: Tensor,
    *,
    sides: Sides | None = None,
    stride: Pair | None = None,
    dilation: Pair | None = None,
) -> Tensor:
    """grad_weight[o, c, u, v] = sum over n, i, j of grad_output[n, o, i, j] *
    x[n, c, i*sh + u*dh - ph, j*sw + v*dw - pw], with zeros where that leaves the image."""
    own = site.attributes
    (down, across), spread = stride or own["stride"], dilation or own["dilation"]
    left, _, top, _ = padding_of(site) if sides is None else sides
    high, wide = extent(site, spread)
    bottom = (grad_output.shape[2] - 1) * down + high - top - x.shape[2]
    right = (grad_output.shape[3] - 1) * across + wide - left - x.shape[3]
    filters, channels = grad_output.shape[1], x.shape[1] // own["groups"]
    gradient: Tensor = conv2d_weight(
        F.pad(x, (left, right, top, bottom)),
        (filters, channels, *own["kernel_size"]),
        grad_output,
        stride=(down, across),
        dilation=spread,
        groups=own["groups"],
    )
    return gradient


def spread_out(
    site: Site,
    weight: Tensor,
    grad_output: Tensor,
    *,
    stride: Pair | None = None,
    dilation: Pair | None = None,
) -> Tensor:
    """The gradient of the padded image, as far as windows reach: each number of grad_output times
    the weights, added where its window lies."""
    own = site.attributes
    return F.conv_transpose2d(
        grad_output,
        weight,
        stride=stride or own["stride"],
        dilation=dilation or own["dilation"],
        groups=own["groups"],
    )


def cropped(site: Site, x: Tensor, spread: Tensor, *, corner: Pair | None = None) -> Tensor:
    """The part of the gradient of the padded image that belongs to the image: from `corner` on, by
    default behind the padding, with zeros where no window reaches."""
    left, _, top, _ = padding_of(site)
    row, column = (top, left) if corner is None else corner
    high, wide = x.shape[2:]
    right = max(column + wide - spread.shape[3], 0)
    bottom = max(row + high - spread.shape[2], 0)
    return F.pad(spread, (0, right, 0, bottom))[:, :, row : row + high, column : column + wide]


def input_gradient(
    site: Site,
    x: Tensor,
    weight: Tensor,
    grad_output: Tensor,
    *,
    stride: Pair | None = None,
    dilation: Pair | None = None,
) -> Tensor:
    """grad_input[n, c, r, s] = sum of grad_output[n, o, i, j] * weight[o, c, u, v] over all o, and
    all i, u with i*sh + u*dh - ph == r, j, v likewise."""
    spread = spread_out(site, weight, grad_output, stride=stride, dilation=dilation)
    return cropped(site, x, spread)
