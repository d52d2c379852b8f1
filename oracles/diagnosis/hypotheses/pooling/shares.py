"""Where a pooling layer puts its gradient: shares of windows, each at a pixel.

Right is to add at each pixel what all windows have for it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from oracles.diagnosis.hypotheses.pooling.windows import Windows, divisor, read, windows_of
from oracles.diagnosis.site import Site


def positions(x: Tensor, windows: Windows) -> tuple[Tensor, Tensor]:
    """Row and column of each tap in the image, to be broadcast to (rows, columns, kh, kw)."""
    rows, columns = windows.taps(x.shape[2], 0), windows.taps(x.shape[3], 1)
    return rows[:, None, :, None], columns[None, :, None, :]


def winners(site: Site, x: Tensor) -> Tensor:
    """Which tap is the maximum of each window, the first one in row-major order."""
    return read(x, windows_of(site), -torch.inf).flatten(-2).argmax(-1)


def at_taps(site: Site, x: Tensor, tap: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column in the image of one tap of each window, counted in row-major order."""
    windows = windows_of(site)
    return beside(site, x, tap // windows.kernel[1], tap % windows.kernel[1])


def beside(site: Site, x: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column in the image, u taps below and v taps beside the first one of each window."""
    windows = windows_of(site)
    rows, columns = positions(x, windows)
    down, right = windows.dilation
    return rows[:, :, 0, 0] + u * down, columns[:, :, 0, 0] + v * right


def shares(site: Site, x: Tensor, grad_output: Tensor) -> Tensor:
    """What each tap gets, 0 for those that are not the maximum: (n, c, rows, columns, kh, kw)."""
    windows = windows_of(site)
    taps = windows.kernel[0] * windows.kernel[1]
    if site.layer.type == "MaxPool2d":
        of_taps = torch.nn.functional.one_hot(winners(site, x), taps) * grad_output[..., None]
    else:
        share = grad_output / divisor(site, x, windows)
        of_taps = share[..., None].repeat(1, 1, 1, 1, taps)
    return of_taps.view(*grad_output.shape, *windows.kernel)


def added(x: Tensor, values: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """An image like x in which each value is added at its row and column; what is outside of the
    image is lost."""
    values, index, inside = _flat(x, values, rows, columns)
    image = x.new_zeros(*x.shape[:2], x.shape[2] * x.shape[3])
    return image.scatter_add(2, index, torch.where(inside, values, 0.0)).view(x.shape)


def assigned(x: Tensor, values: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The same with = in place of +=, in the order of the values: the last one stays."""
    values, index, inside = _flat(x, values, rows, columns)
    order = torch.where(inside, torch.arange(1, values.shape[2] + 1), 0)
    last = order.new_zeros(*x.shape[:2], x.shape[2] * x.shape[3])
    last = last.scatter_reduce(2, index, order, "amax")
    image = values.gather(2, (last - 1).clamp(min=0))
    return torch.where(last > 0, image, 0.0).view(x.shape)


def _flat(
    x: Tensor, values: Tensor, rows: Tensor, columns: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Values, flat indices and whether they are inside, each (n, c, values)."""
    height, width = x.shape[2:]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    index = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    return (
        values.flatten(2),
        index.expand(values.shape).flatten(2),
        inside.expand(values.shape).flatten(2),
    )
