"""Windows of a pooling layer, with the switches that both kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.places import Index, covered, last_one_kept, places, windows
from tests.mutants.mutant import Mutant
from tests.mutants.switches import On

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Windows over an input of one shape.

    shape    of the input
    rows     of the image that each window covers, counted from the first row of the padding
    columns  likewise
    padding  (rows, columns) around the image
    image    places of the input as an image
    index    places of the input in the windows: (N, C, kh, kw, OH, OW), -1 outside the image
    """

    shape: tuple[int, ...]
    rows: Index
    columns: Index
    padding: Pair
    image: Index
    index: Index

    @property
    def last_first(self) -> Index:
        """The places with the windows before what is in them: (N, C, OH, OW, kh * kw)."""
        n, c, u, v, h, w = self.index.shape
        return self.index.transpose(0, 1, 4, 5, 2, 3).reshape(n, c, h, w, u * v)


def pooled(
    on: On, area: str, attributes: Mapping[str, Any], shape: tuple[int, ...], dilation: Pair
) -> Windows:
    """The windows of a layer; `area` is "max_pool2d" or "avg_pool2d"."""
    image = places(shape)
    kernel, stride, padding = (attributes[key] for key in ("kernel_size", "stride", "padding"))
    if on(f"{area}: image transposed"):
        image = image.swapaxes(2, 3)
    if on(f"{area}: kernel axes swapped"):
        kernel = kernel[::-1]
    if on(f"{area}: stride one"):
        stride = (1, 1)
    if on(f"{area}: stride is the kernel"):
        stride = kernel
    if on(f"{area}: stride axes swapped"):
        stride = stride[::-1]
    if on(f"{area}: padding axes swapped"):
        padding = padding[::-1]
    if on(f"{area}: padding ignored"):
        padding = (0, 0)
    if on(f"{area}: reshaped over the wrong axes"):
        image = _reshaped(image, kernel, stride, padding)
    ceil_mode = attributes["ceil_mode"]
    if on(f"{area}: ceil_mode flipped"):
        ceil_mode = not ceil_mode
    offset = 1 if on(f"{area}: window offset") else 0
    covers = []
    for axis in (0, 1):
        extent = dilation[axis] * (kernel[axis] - 1) + 1
        room = image.shape[2 + axis] + 2 * padding[axis] - extent
        count = room // stride[axis] + 1
        if ceil_mode:
            count = -(-room // stride[axis]) + 1
            outside = (count - 1) * stride[axis] >= image.shape[2 + axis] + padding[axis]
            kept = on(f"{area}: window in the padding kept")
            if outside and not (kept or on(f"{area}: window in the padding kept as zero")):
                count -= 1
        if count < 1:
            raise ValueError(f"a window of {kernel} does not fit into {image.shape[2:]}")
        step = 1 if on(f"{area}: windows without stride") else stride[axis]
        covers.append(covered(count, kernel[axis], step, dilation[axis], offset))
    around = ((0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1]))
    index = windows(np.pad(image, around, constant_values=-1), covers[0], covers[1])
    return Windows(shape, covers[0], covers[1], tuple(padding), image, index)


def _reshaped(image: Index, kernel: Pair, stride: Pair, padding: Pair) -> Index:
    """x.reshape(N, C, kh, OH, kw, OW) where (N, C, OH, kh, OW, kw) would be right."""
    n, c, h, w = image.shape
    if stride != kernel or padding != (0, 0):
        return image
    high, wide = h // kernel[0], w // kernel[1]
    whole = image[:, :, : high * kernel[0], : wide * kernel[1]]
    mixed = whole.reshape(n, c, kernel[0], high, kernel[1], wide).transpose(0, 1, 3, 2, 5, 4)
    image = image.copy()
    image[:, :, : high * kernel[0], : wide * kernel[1]] = mixed.reshape(whole.shape)
    return image


def last_missing(found: Windows) -> Array:
    """The windows that range(0, H - k, stride) leaves out: those that end with the padded image."""
    ends = [
        at[:, -1] + 1 == size + 2 * p
        for at, size, p in zip(
            (found.rows, found.columns), found.image.shape[2:], found.padding, strict=True
        )
    ]
    return np.asarray(ends[0][:, None] | ends[1])


def tap_by_tap(given: Array, index: Index, shape: tuple[int, ...]) -> Array:
    """(N, C, OH, OW, kh * kw) assigned with a loop over the pixels of the window outside."""
    taps_first = (4, 0, 1, 2, 3)
    return last_one_kept(given.transpose(taps_first), index.transpose(taps_first), shape)


def without_padding(found: Windows) -> Index:
    """The places as if the first row of the padding were the first row of the image."""
    return windows(found.image, found.rows, found.columns)


def shared(area: str, type_: str) -> tuple[Mutant, ...]:
    """The mutants of one kind of pooling that are in its windows."""
    named = (
        ("image transposed", "image.transposed", True),
        ("kernel axes swapped", "kernel.axes_swapped", True),
        ("stride one", "stride.one", True),
        ("stride is the kernel", "stride.kernel", True),
        ("stride axes swapped", "stride.axes_swapped", True),
        ("padding axes swapped", "padding.axes_swapped", True),
        ("padding ignored", "padding.ignored", True),
        ("reshaped over the wrong axes", "reshape.wrong_axes", False),
        ("ceil_mode flipped", "ceil_mode.flipped", True),
        ("window in the padding kept", "ceil_mode.window_in_padding", True),
        ("window offset", "window.offset", False),
        ("last window missing", "output.last_window_missing", False),
        ("windows without stride", "stride.missing_in_windows", False),
    )
    return tuple(
        Mutant(f"{area}: {what}", f"{area}.{cause}", f"forward.{{{type_}}}", crash=crash)
        for what, cause, crash in named
    )
