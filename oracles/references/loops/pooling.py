"""MaxPool2d and AvgPool2d.

Window (i, j) of an image has the rows i*s - p, i*s - p + d, ... (K of them) and likewise columns;
those outside of the image are left out.

OH = floor((H + 2*p - d*(K - 1) - 1) / s) + 1; with ceil_mode the quotient is rounded up, but a
window that would start behind the image and its left padding is left out.

MaxPool2d   y = the largest number of the window; the first of equal ones gets the gradient
AvgPool2d   y = sum of the window / divisor; each of its numbers gets grad / divisor. The divisor is
            divisor_override; or the size of the window within the image; or, with
            count_include_pad, its size within the image and its padding
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call
from oracles.references.loops.operation import Gradients, Operation


@dataclass(frozen=True)
class _Window:
    """One window: where its result goes, which rows and columns of the image it has, and how many
    numbers it has with padding."""

    i: int
    j: int
    rows: list[int]
    columns: list[int]
    padded_size: int

    def of(self, x: Array) -> Array:
        """Its numbers, row by row: (N, C, size)."""
        return x[:, :, self.rows][:, :, :, self.columns].reshape(*x.shape[:2], -1)


def max_forward(call: Call) -> Array:
    """The number itself, so that a complex one stays as it is."""
    x = call.inputs[0]
    y = np.full((*x.shape[:2], *_counts(call)), -np.inf, dtype=x.dtype)
    for window in _windows(call):
        if window.rows and window.columns:
            numbers = window.of(x)
            y[:, :, window.i, window.j] = np.take_along_axis(numbers, _first(numbers), axis=2)[
                ..., 0
            ]
    return y


def max_backward(call: Call, grad_output: Array) -> Gradients:
    """Everything to the winner."""
    x = call.inputs[0]
    grad_x = np.zeros_like(x)
    n, c = np.ogrid[: x.shape[0], : x.shape[1]]
    for window in _windows(call):
        if window.rows and window.columns:
            row, column = np.divmod(_first(window.of(x))[..., 0], len(window.columns))
            winner = n, c, np.array(window.rows)[row], np.array(window.columns)[column]
            grad_x[winner] += grad_output[:, :, window.i, window.j]
    return [grad_x], {}


def _first(numbers: Array) -> Array:
    """Position of the largest number, by its real part; the first of equal ones."""
    position: Array = np.argmax(numbers.real, axis=2, keepdims=True)
    return position


def average_forward(call: Call) -> Array:
    """Sum over the window, divided once."""
    x = call.inputs[0]
    y = np.zeros((*x.shape[:2], *_counts(call)), dtype=x.dtype)
    for window in _windows(call):
        if window.rows and window.columns:
            y[:, :, window.i, window.j] = np.sum(window.of(x), axis=2) / _divisor(call, window)
    return y


def average_backward(call: Call, grad_output: Array) -> Gradients:
    """The same to all of a window."""
    grad_x = np.zeros_like(call.inputs[0])
    for window in _windows(call):
        if window.rows and window.columns:
            share = grad_output[:, :, window.i, window.j] / _divisor(call, window)
            grad_x[:, :, np.array(window.rows)[:, None], window.columns] += share[:, :, None, None]
    return [grad_x], {}


def _divisor(call: Call, window: _Window) -> int:
    attributes = call.layer.attributes
    if attributes["divisor_override"] is not None:
        return int(attributes["divisor_override"])
    if attributes["count_include_pad"]:
        return window.padded_size
    return len(window.rows) * len(window.columns)


def _windows(call: Call) -> Iterator[_Window]:
    height, width = call.inputs[0].shape[2:]
    for i, j in np.ndindex(*_counts(call)):
        rows, columns = _span(call, 0, i), _span(call, 1, j)
        bottom, right = height + _padding(call, 0), width + _padding(call, 1)
        yield _Window(
            i,
            j,
            [row for row in rows if 0 <= row < height],
            [column for column in columns if 0 <= column < width],
            sum(row < bottom for row in rows) * sum(column < right for column in columns),
        )


def _span(call: Call, axis: int, i: int) -> range:
    """Rows (axis 0) or columns (axis 1) of the i-th window, those in the padding too."""
    attributes = call.layer.attributes
    first = i * attributes["stride"][axis] - _padding(call, axis)
    step = _dilation(call, axis)
    return range(first, first + step * attributes["kernel_size"][axis], step)


def _counts(call: Call) -> tuple[int, int]:
    return _count(call, 0), _count(call, 1)


def _count(call: Call, axis: int) -> int:
    attributes, size = call.layer.attributes, call.inputs[0].shape[2 + axis]
    kernel, stride = attributes["kernel_size"][axis], attributes["stride"][axis]
    padding = _padding(call, axis)
    last_start = size + 2 * padding - _dilation(call, axis) * (kernel - 1) - 1
    count = last_start // stride + 1
    if attributes["ceil_mode"] and last_start % stride and count * stride < size + padding:
        return int(count + 1)
    return int(count)


def _padding(call: Call, axis: int) -> int:
    return int(call.layer.attributes["padding"][axis])


def _dilation(call: Call, axis: int) -> int:
    """AvgPool2d has none."""
    return int(call.layer.attributes.get("dilation", (1, 1))[axis])


def products(call: Call) -> int:
    """Every number of every window."""
    x, (rows, columns) = call.inputs[0], call.layer.attributes["kernel_size"]
    height, width = _counts(call)
    return int(x.shape[0] * x.shape[1] * height * width * rows * columns)


MAX_POOL2D = Operation(max_forward, max_backward, products)
AVG_POOL2D = Operation(average_forward, average_backward, products)
