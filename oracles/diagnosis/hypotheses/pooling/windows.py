"""Pooling spelled out: where the windows are and what they make of what they read.

The altered rules are made of this. It knows no limit on padding, kernel or stride, as a program
that mixes them up knows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.site import Site, needs

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """The windows of a pooling layer; pairs are (height, width).

    later    windows more along each axis than PyTorch has
    offset   pixels that each begins further down and right
    """

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    ceil_mode: bool
    later: Pair = (0, 0)
    offset: int = 0

    def altered(self, **changes: Any) -> Windows:
        """The same windows but for these changes."""
        return replace(self, **changes)

    def count(self, size: int, axis: int) -> int:
        """How many windows there are along an axis; none makes the mistake impossible."""
        s = self.stride[axis]
        room = size + 2 * self.padding[axis] - self.dilation[axis] * (self.kernel[axis] - 1) - 1
        count = (room + (s - 1 if self.ceil_mode else 0)) // s + 1
        if self.ceil_mode and (count - 1) * s >= size + self.padding[axis]:
            count -= 1
        needs(count > 0)
        return count + self.later[axis]

    def hangs_over(self, x: Tensor) -> bool:
        """Whether a last window, as it does with ceil_mode, goes on behind the padded image."""
        ends = [int(self.taps(x.shape[2 + axis], axis).max()) for axis in (0, 1)]
        return any(
            end >= size + padding
            for end, size, padding in zip(ends, x.shape[2:], self.padding, strict=True)
        )

    def taps(self, size: int, axis: int) -> Tensor:
        """Which row (axis 0) or column (axis 1) of the image each tap reads: (windows, kernel).
        Padding and overhang are below 0 and from `size` on."""
        first = torch.arange(self.count(size, axis)) * self.stride[axis] - self.padding[axis]
        return self.offset + first[:, None] + torch.arange(self.kernel[axis]) * self.dilation[axis]


def windows_of(site: Site) -> Windows:
    """The windows of the layer."""
    a = site.attributes
    return Windows(
        a["kernel_size"], a["stride"], a["padding"], a.get("dilation", (1, 1)), a["ceil_mode"]
    )


def swapped(pair: Sequence[int]) -> Pair:
    """Height for width; without a difference there is no mistake."""
    needs(pair[0] != pair[1])
    return pair[1], pair[0]


def read(x: Tensor, windows: Windows, outside: float) -> Tensor:
    """What the windows read: (n, c, rows, columns, kh, kw), `outside` where there is no image."""
    rows, columns = windows.taps(x.shape[2], 0), windows.taps(x.shape[3], 1)
    top, left = max(0, -int(rows.min())), max(0, -int(columns.min()))
    bottom = max(0, int(rows.max()) + 1 - x.shape[2])
    right = max(0, int(columns.max()) + 1 - x.shape[3])
    padded = F.pad(x, (left, right, top, bottom), value=outside)
    found = padded[:, :, (rows + top)[:, None, :, None], (columns + left)[None, :, None, :]]
    return found


def pooled(site: Site, x: Tensor, windows: Windows) -> Tensor:
    """The layer with other windows."""
    if site.layer.type == "MaxPool2d":
        return largest(read(x, windows, -torch.inf))
    return read(x, windows, 0.0).sum((-2, -1)) / divisor(site, x, windows)


def largest(taps: Tensor) -> Tensor:
    """The maximum of each window; its gradient goes to the first one in row-major order."""
    flat = taps.flatten(-2)
    return flat.gather(-1, flat.argmax(-1, keepdim=True)).squeeze(-1)


def divisor(site: Site, x: Tensor, windows: Windows) -> Tensor:
    """What the sums of an average are divided by."""
    if site.attributes.get("divisor_override") is not None:
        return torch.tensor(float(site.attributes["divisor_override"]))
    counted = site.attributes.get("count_include_pad", True)
    rows = counts(x, windows, 0, padding=counted)
    return rows[:, None] * counts(x, windows, 1, padding=counted)


def counts(x: Tensor, windows: Windows, axis: int, *, padding: bool) -> Tensor:
    """Rows (columns) that count in each window: those of the image, with `padding` those of the
    padded image."""
    size, margin = x.shape[2 + axis], windows.padding[axis] if padding else 0
    taps = windows.taps(size, axis)
    inside = (taps >= -margin) & (taps < size + margin)
    return inside.sum(1).to(torch.float64)
