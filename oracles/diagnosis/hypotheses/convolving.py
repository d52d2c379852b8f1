"""The right convolution on other operands: what altered rules are made of."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.site import Site


def padding_of(site: Site) -> tuple[int, int, int, int]:
    """Zeros on the left, right, top and bottom, as torch.nn.functional.pad takes them."""
    attributes = site.attributes
    padding: Any = attributes["padding"]
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        rows, columns = (
            dilation * (kernel - 1)
            for dilation, kernel in zip(
                attributes["dilation"], attributes["kernel_size"], strict=True
            )
        )
        return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
    return padding[1], padding[1], padding[0], padding[0]


def convolved(site: Site, x: Tensor, weight: Tensor, bias: Tensor | None, **other: Any) -> Tensor:
    """Conv2d of the layer with `other` attributes in the place of its own: stride, dilation,
    groups, and `sides` (left, right, top, bottom)."""
    sides = other.pop("sides", None) or padding_of(site)
    options = {key: site.attributes[key] for key in ("stride", "dilation", "groups")}
    return F.conv2d(F.pad(x, sides), weight, bias, **{**options, **other})
