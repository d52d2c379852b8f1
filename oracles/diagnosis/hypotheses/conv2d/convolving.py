"""The right convolution on other operands: what altered forward passes are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.site import Site, needs

Sides = tuple[int, int, int, int]
"""Zeros on the left, right, top and bottom, as torch.nn.functional.pad takes them."""

Pair = tuple[int, int]
"""Of rows, of columns."""


def padding_of(site: Site, dilation: Pair | None = None) -> Sides:
    """The padding of the layer; "same" goes by the dilation, and adds an odd row or column at the
    end."""
    padding: Any = site.attributes["padding"]
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        rows, columns = (size - 1 for size in extent(site, dilation))
        return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
    return padding[1], padding[1], padding[0], padding[0]


def extent(site: Site, dilation: Pair | None = None) -> Pair:
    """Rows and columns that a window covers: (k - 1) * d + 1."""
    rows, columns = site.attributes["kernel_size"]
    down, across = dilation or site.attributes["dilation"]
    return (rows - 1) * down + 1, (columns - 1) * across + 1


def remainder(site: Site, x: Tensor) -> Pair:
    """Rows and columns of the padded image behind the last window: (H + 2p - k) % s."""
    left, right, top, bottom = padding_of(site)
    (high, wide), (down, across) = extent(site), site.attributes["stride"]
    rows, columns = x.shape[2] + top + bottom, x.shape[3] + left + right
    return (rows - high) % down, (columns - wide) % across


def convolved(
    site: Site,
    x: Tensor,
    parameters: Mapping[str, Tensor],
    *,
    sides: Sides | None = None,
    stride: Pair | None = None,
    dilation: Pair | None = None,
    groups: int | None = None,
) -> Tensor:
    """Conv2d of the layer on these operands ("weight" and, unless there is none, "bias"), with its
    own padding, stride, dilation and groups where no others are given.

    Raises Inapplicable where no window fits into the image.
    """
    own, dilation = site.attributes, dilation or site.attributes["dilation"]
    padded = F.pad(x, padding_of(site, dilation) if sides is None else sides)
    weight = parameters["weight"]
    reach = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
    needs(padded.shape[2] >= reach[0] and padded.shape[3] >= reach[1])
    return F.conv2d(
        padded,
        weight,
        parameters.get("bias"),
        stride=stride or own["stride"],
        dilation=dilation,
        groups=groups or own["groups"],
    )
