"""Where the windows of a convolution are, with switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.mutants.layers.places import Index, covered, windows
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On

Pair = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    """Windows of one layer; per axis (rows, columns).

    pads     ((top, bottom), (left, right))
    counts   windows along each axis
    offset   pixels by which every window is moved down and right
    """

    kernel: Pair
    stride: Pair
    dilation: Pair
    pads: tuple[Pair, Pair]
    counts: Pair
    offset: int = 0

    def covers(self, axis: int) -> Index:
        """What each window covers along an axis of the padded image."""
        return covered(
            self.counts[axis],
            self.kernel[axis],
            self.stride[axis],
            self.dilation[axis],
            self.offset,
        )

    def of(self, padded: Index) -> Index:
        """The windows of a padded image: (N, C, kh, kw, OH, OW)."""
        return windows(padded, self.covers(0), self.covers(1))


def geometry(on: On, attributes: Mapping[str, Any], kernel: Pair, sizes: Pair) -> Geometry:
    """Kernel, stride, padding, dilation and the number of windows of a layer."""
    stride = _stride(on, attributes["stride"])
    dilation = _dilation(on, attributes["dilation"])
    pads = _pads(on, attributes["padding"], kernel, stride, dilation, sizes)
    counts = tuple(
        _count(on, sizes[a] + sum(pads[a]), kernel[a], stride[a], dilation[a]) for a in (0, 1)
    )
    if on("conv2d: one row short"):
        counts = (counts[0] - 1, counts[1])
    if on("conv2d: one row and column short"):
        counts = (counts[0] - 1, counts[1] - 1)
    offset = 1 if on("conv2d: window offset") else 0
    if on("conv2d: windows without stride"):
        stride = (1, 1)
    if on("conv2d: windows without dilation"):
        dilation = (1, 1)
    return Geometry(kernel, stride, dilation, pads, (counts[0], counts[1]), offset)


def _stride(on: On, stride: Pair) -> Pair:
    rows, columns = stride
    if on("conv2d: stride axes swapped"):
        return columns, rows
    if on("conv2d: stride ignored"):
        return 1, 1
    if on("conv2d: stride of rows for both"):
        return rows, rows
    if on("conv2d: stride of columns for both"):
        return columns, columns
    return stride


def _dilation(on: On, dilation: Pair) -> Pair:
    if on("conv2d: dilation ignored"):
        return 1, 1
    if on("conv2d: dilation axes swapped"):
        return dilation[1], dilation[0]
    return dilation


def _pads(
    on: On, padding: Pair | str, kernel: Pair, stride: Pair, dilation: Pair, sizes: Pair
) -> tuple[Pair, Pair]:
    if padding == "valid" or padding == (0, 0):
        return (0, 0), (0, 0)
    if on("conv2d: padding ignored"):
        return (0, 0), (0, 0)
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if padding == "same":
        first = [total // 2 for total in reach]
        if on("conv2d: same padding at the start"):
            first = [total - total // 2 for total in reach]
        both = [(one, total - one) for one, total in zip(first, reach, strict=True)]
    elif on("conv2d: padding of TensorFlow"):
        both = []
        for size, step, extent in zip(sizes, stride, reach, strict=True):
            wanted = -(-size // step)
            total = max((wanted - 1) * step + extent + 1 - size, 0)
            both.append((total // 2, total - total // 2))
    else:
        both = [(int(p), int(p)) for p in padding]
    rows, columns = both
    if on("conv2d: padding axes swapped"):
        rows, columns = columns, rows
    if on("conv2d: padding at the top left"):
        rows, columns = (sum(rows), 0), (sum(columns), 0)
    if on("conv2d: padding at the bottom right"):
        rows, columns = (0, sum(rows)), (0, sum(columns))
    return rows, columns


def _count(on: On, size: int, kernel: int, stride: int, dilation: int) -> int:
    extent = dilation * (kernel - 1) + 1
    if on("conv2d: size with dilated kernel"):
        extent = dilation * kernel
    if on("conv2d: size without dilation"):
        extent = kernel
    if on("conv2d: size rounded up"):
        return -(-(size - extent) // stride) + 1
    return (size - extent) // stride + 1


def padded(on: On, image: Index, pads: tuple[Pair, Pair]) -> Index:
    """The image with what is around it."""
    around = ((0, 0), (0, 0), *pads)
    if on("conv2d: padding replicates"):
        return np.pad(image, around, mode="edge")
    if on("conv2d: padding reflects"):
        return np.pad(image, around, mode="reflect")
    if on("conv2d: padding is circular"):
        return np.pad(image, around, mode="wrap")
    return np.pad(image, around, constant_values=-1)


_FIRST = "forward.{Conv2d}"


def _mutant(what: str, cause: str, crash: bool = False) -> Mutant:
    return Mutant(f"conv2d: {what}", f"conv2d.{cause}", _FIRST, crash=crash)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("stride axes swapped", "stride.axes_swapped", crash=True),
    _mutant("stride ignored", "stride.ignored", crash=True),
    _mutant("stride of rows for both", "stride.rows_for_both", crash=True),
    _mutant("stride of columns for both", "stride.columns_for_both", crash=True),
    _mutant("dilation ignored", "dilation.ignored", crash=True),
    _mutant("dilation axes swapped", "dilation.axes_swapped", crash=True),
    _mutant("padding ignored", "padding.ignored", crash=True),
    _mutant("padding axes swapped", "padding.axes_swapped", crash=True),
    _mutant("padding at the top left", "padding.top_left"),
    _mutant("padding at the bottom right", "padding.bottom_right"),
    _mutant("padding replicates", "padding.replicate"),
    _mutant("padding reflects", "padding.reflect"),
    _mutant("padding is circular", "padding.circular"),
    _mutant("same padding at the start", "padding.same_at_start"),
    _mutant("padding of TensorFlow", "padding.tensorflow_same", crash=True),
    _mutant("size rounded up", "output.rounded_up", crash=True),
    _mutant("size with dilated kernel", "output.size_with_dilation", crash=True),
    _mutant("size without dilation", "output.size_without_dilation", crash=True),
    _mutant("one row short", "output.one_row_short", crash=True),
    _mutant("one row and column short", "output.one_short", crash=True),
    _mutant("window offset", "window.offset"),
    _mutant("windows without stride", "stride.missing_in_windows"),
    _mutant("windows without dilation", "dilation.missing_in_windows"),
)
