"""Windows on images: cutting them out, and adding them back.

The one place that knows how windows are laid out in memory. Layers ask for the array at one kernel
position, for all positions as columns, or for the adjoint, and see logical (N, C, H, W) arrays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from refcnn.arrays import Array, Pair


@dataclass(frozen=True)
class Windows:
    """Where the windows of one convolution or pooling lie on an image.

    Window (i, j) has its element (u, v) on pixel
    (i * stride + u * dilation - before), each per axis; pixels outside the image are padding.
    """

    image: Pair
    kernel: Pair
    stride: Pair
    dilation: Pair
    before: Pair
    output: Pair

    def positions(self) -> Iterator[Pair]:
        """The kernel's elements (u, v) in row-major order."""
        return product(range(self.kernel[0]), range(self.kernel[1]))

    def pad(self, x: Array, value: float) -> Array:
        """A copy of x (N, C, H, W) that every window lies on, with `value` around the image."""
        padded = np.full((*x.shape[:2], *self._padded()), value, dtype=x.dtype)
        self._image_of(padded)[...] = x
        return padded

    def at(self, padded: Array, u: int, v: int) -> Array:
        """Element (u, v) of every window, as a view (N, C, OH, OW) on a padded array."""
        rows, columns = (
            slice(w * d, w * d + (o - 1) * s + 1, s)
            for w, d, o, s in zip((u, v), self.dilation, self.output, self.stride, strict=True)
        )
        return padded[:, :, rows, columns]

    def gather(self, x: Array) -> Array:
        """All windows of x on zero padding: (N, C, KH, KW, OH, OW), contiguous."""
        padded = self.pad(x, 0.0)
        columns = np.empty((*x.shape[:2], *self.kernel, *self.output), dtype=x.dtype)
        for u, v in self.positions():
            columns[:, :, u, v] = self.at(padded, u, v)
        return columns

    def scatter(self, columns: Array) -> Array:
        """The adjoint of gather: each pixel (N, C, H, W) gets the sum of its copies."""
        padded = np.zeros((*columns.shape[:2], *self._padded()), dtype=columns.dtype)
        for u, v in self.positions():
            self.at(padded, u, v)[...] += columns[:, :, u, v]
        return self._image_of(padded)

    def _padded(self) -> Pair:
        height, width = (
            max(b + size, (o - 1) * s + (k - 1) * d + 1)
            for b, size, o, s, k, d in zip(
                self.before,
                self.image,
                self.output,
                self.stride,
                self.kernel,
                self.dilation,
                strict=True,
            )
        )
        return height, width

    def _image_of(self, padded: Array) -> Array:
        (top, left), (height, width) = self.before, self.image
        return padded[:, :, top : top + height, left : left + width]


def place(
    owner: str,
    image: Pair,
    kernel: Pair,
    stride: Pair,
    dilation: Pair,
    before: Pair,
    after: Pair,
    ceil_mode: bool = False,
) -> Windows:
    """The windows that fit on an image padded with `before` and `after` pixels per axis.

    OH = floor((H + before + after - dilation * (kernel - 1) - 1) / stride) + 1; with `ceil_mode`
    rounded up, as long as the last window still starts inside the image or the padding before it.
    """
    padded = (image[0] + before[0] + after[0], image[1] + before[1] + after[1])
    span = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    height, width = (
        _count(*per_axis, ceil_mode)
        for per_axis in zip(image, padded, span, stride, before, strict=True)
    )
    if height < 1 or width < 1:
        spread = f" (spread to {span[0]}x{span[1]} by dilation)" if span != kernel else ""
        raise ValueError(
            f"{owner}: kernel {kernel[0]}x{kernel[1]}{spread} is larger than the padded input "
            f"{padded[0]}x{padded[1]}"
        )
    return Windows(image, kernel, stride, dilation, before, (height, width))


def _count(image: int, padded: int, span: int, stride: int, before: int, ceil_mode: bool) -> int:
    if not ceil_mode:
        return (padded - span) // stride + 1
    count = -(-(padded - span) // stride) + 1
    return count - 1 if (count - 1) * stride >= image + before else count
