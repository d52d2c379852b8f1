"""A layer as a list of products: which output element gets which number times which other one.

Everything follows from the list. The output is the sum of x * weight over the products of an output
element; the gradient with respect to x that of grad_output * weight over the products of an element
of x; the gradient with respect to the weight that of grad_output * x over those of a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from oracles.contract.case import Array, Shape
from oracles.contract.reference import Call


@dataclass(frozen=True)
class Products:
    """The products of a layer, by positions in the arrays as they lie in memory.

    shape     of the output
    output    position in the output, one for each product
    x         position in the input
    weight    position in the weight; None where the terms are the inputs themselves
    channel   position in the bias, one for each output element; None without a bias
    divisor   what each output element is divided by; None for 1
    """

    shape: Shape
    output: Array
    x: Array
    weight: Array | None = None
    channel: Array | None = None
    divisor: Array | None = None


@dataclass(frozen=True)
class Layer:
    """How one type of layer is listed: `count` from shapes alone, before memory is taken."""

    count: Callable[[Call], int]
    listed: Callable[[Call], Products]


def _linear_count(call: Call) -> int:
    return call.inputs[0].size * int(call.parameters["weight"].shape[0])


def _linear(call: Call) -> Products:
    """y[.., o] = sum over i of x[.., i] * weight[o, i]."""
    shape, (outputs, features) = call.inputs[0].shape, call.parameters["weight"].shape
    row, o, i = _positions(prod(shape[:-1]), outputs, features)
    numbers = np.arange(prod(shape[:-1]) * outputs)
    return Products(
        shape=(*shape[:-1], outputs),
        output=row * outputs + o,
        x=row * features + i,
        weight=o * features + i,
        channel=numbers % outputs if "bias" in call.parameters else None,
    )


def _conv_count(call: Call) -> int:
    per_output = prod(call.parameters["weight"].shape[1:])
    return prod(_conv_shape(call)) * per_output


def _conv_shape(call: Call) -> Shape:
    n, _, *sizes = call.inputs[0].shape
    o, _, *kernel = call.parameters["weight"].shape
    attributes = call.layer.attributes
    counts = []
    for axis in (0, 1):
        reach = attributes["dilation"][axis] * (kernel[axis] - 1)
        before, after = _padding(attributes, kernel, axis)
        stride = attributes["stride"][axis]
        counts.append((sizes[axis] + before + after - reach - 1) // stride + 1)
    return (n, o, *counts)


def _padding(attributes: Mapping[str, Any], kernel: list[int], axis: int) -> tuple[int, int]:
    """Before and after; what cannot be halved goes behind, as PyTorch has it."""
    padding = attributes["padding"]
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = attributes["dilation"][axis] * (kernel[axis] - 1)
        return total // 2, total - total // 2
    return padding[axis], padding[axis]


def _conv(call: Call) -> Products:
    """y[n, o, i, j] = sum over c, u, v of x[n, g*C + c, i*s + u*d - p, j*s + v*d - p] *
    weight[o, c, u, v], with g the group of o, C channels in each group, and stride s, dilation d,
    padding p of the axis."""
    _, channels, height, width = call.inputs[0].shape
    outputs, inner, *kernel = call.parameters["weight"].shape
    shape = _conv_shape(call)
    attributes = call.layer.attributes
    n, o, i, j, c, u, v = _positions(*shape, inner, *kernel)
    places = []
    for axis, at, tap in ((0, i, u), (1, j, v)):
        before, _ = _padding(attributes, kernel, axis)
        places.append(at * attributes["stride"][axis] + tap * attributes["dilation"][axis] - before)
    row, column = places
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    channel = o // (outputs // attributes["groups"]) * inner + c
    output = np.ravel_multi_index((n, o, i, j), shape)
    weight = ((o * inner + c) * kernel[0] + u) * kernel[1] + v
    x = ((n * channels + channel) * height + row) * width + column
    numbers = np.arange(prod(shape))
    return Products(
        shape=shape,
        output=output[inside],
        x=x[inside],
        weight=weight[inside],
        channel=numbers // prod(shape[2:]) % outputs if "bias" in call.parameters else None,
    )


def _average_count(call: Call) -> int:
    n, c, *_ = call.inputs[0].shape
    return prod((n, c, *_average_counts(call), *call.layer.attributes["kernel_size"]))


def _average_counts(call: Call) -> tuple[int, int]:
    """Windows per axis; with ceil_mode the last one must start in the image or its left padding."""
    attributes, counts = call.layer.attributes, []
    for axis, size in enumerate(call.inputs[0].shape[2:]):
        k, s, p = (attributes[key][axis] for key in ("kernel_size", "stride", "padding"))
        room = size + 2 * p - k
        count = room // s + 1
        if attributes["ceil_mode"] and room % s and count * s < size + p:
            count += 1
        counts.append(count)
    return counts[0], counts[1]


def _average(call: Call) -> Products:
    """y[n, c, i, j] = sum over u, v of x[n, c, i*s + u - p, j*s + v - p] / divisor: all numbers of
    the window within the image, or within image and padding with count_include_pad, or
    divisor_override."""
    n_, c_, height, width = call.inputs[0].shape
    attributes = call.layer.attributes
    shape = (n_, c_, *_average_counts(call))
    n, c, i, j, u, v = _positions(*shape, *attributes["kernel_size"])
    (sh, sw), (ph, pw) = attributes["stride"], attributes["padding"]
    row, column = i * sh + u - ph, j * sw + v - pw
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    padded = (row < height + ph) & (column < width + pw)
    output = np.ravel_multi_index((n, c, i, j), shape)
    counted = padded if attributes["count_include_pad"] else inside
    divisor = np.bincount(output[counted], minlength=prod(shape)).astype(np.float64)
    if attributes["divisor_override"] is not None:
        divisor = np.full(prod(shape), float(attributes["divisor_override"]))
    x = ((n * c_ + c) * height + row) * width + column
    return Products(shape, output[inside], x[inside], divisor=divisor)


def _add_count(call: Call) -> int:
    return sum(x.size for x in call.inputs)


def _add(call: Call) -> Products:
    """The inputs lie one behind the other, as if they were one array."""
    size = call.inputs[0].size
    numbers = np.arange(size * len(call.inputs))
    return Products(call.inputs[0].shape, numbers % max(size, 1), numbers)


def _positions(*shape: int) -> list[Array]:
    """All index tuples of a shape, one array for each axis."""
    return [axis.ravel() for axis in np.indices(shape)]


LAYERS: Mapping[str, Layer] = {
    "Add": Layer(_add_count, _add),
    "AvgPool2d": Layer(_average_count, _average),
    "Conv2d": Layer(_conv_count, _conv),
    "Linear": Layer(_linear_count, _linear),
}
"""What is a sum of products."""
