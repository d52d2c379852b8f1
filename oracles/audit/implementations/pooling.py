"""MaxPool2d and AvgPool2d over windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.convolutions.algorithm import Geometry
from oracles.audit.implementations.evaluated import Evaluated, Gradients
from oracles.audit.implementations.sums import Sum, chosen_sum
from oracles.contract.case import Array
from oracles.contract.reference import Call

Mean = Callable[[Array, Array, Sum], Array]
"""(windows as (N, C, taps, OH, OW), divisor as (OH, OW), order of summation) -> output."""

MEANS: Mapping[str, Mean] = {
    "sum divided": lambda x, divisor, total: total(x, (2,)) / divisor,
    "sum times the reciprocal": lambda x, divisor, total: total(x, (2,)) * (1 / divisor),
    "each term divided": lambda x, divisor, total: total(x / divisor, (2,)),
    "each term times the reciprocal": lambda x, divisor, total: total(x * (1 / divisor), (2,)),
}
SHARES: Mapping[str, Callable[[Array, Array], Array]] = {
    "divided": lambda grad, divisor: grad / divisor,
    "times the reciprocal": lambda grad, divisor: grad * (1 / divisor),
}


def max_pooling(call: Call, choices: Choices) -> Evaluated:
    """The largest number of each window; of equal ones the first gets the gradient."""
    x = call.inputs[0]
    geometry, padded = _padded(call, -np.inf)
    taps = _taps(geometry, padded)
    winner = taps.argmax(axis=2)

    def gradients(grad_output: Array) -> Gradients:
        shares = np.zeros_like(taps)
        np.put_along_axis(shares, winner[:, :, None], grad_output[:, :, None], axis=2)
        return [_gathered(call, geometry, shares, x)], {}

    return Evaluated(taps.max(axis=2), gradients)


def average_pooling(call: Call, choices: Choices) -> Evaluated:
    """The sum of each window, divided by the numbers that count."""
    x = call.inputs[0]
    geometry, padded = _padded(call, 0.0)
    divisor = _divisor(call).astype(x.dtype)
    taps = _taps(geometry, padded)
    y = choices.one_of("AvgPool2d", MEANS)(taps, divisor, chosen_sum(choices))
    share = choices.one_of("gradient of AvgPool2d", SHARES)

    def gradients(grad_output: Array) -> Gradients:
        shares = np.broadcast_to(share(grad_output, divisor)[:, :, None], taps.shape)
        return [_gathered(call, geometry, shares, x)], {}

    return Evaluated(y, gradients)


def _padded(call: Call, number: float) -> tuple[Geometry, Array]:
    """The images with padding and with what ceil_mode reads beyond it."""
    x, attributes = call.inputs[0], call.layer.attributes
    kernel, stride, padding = (attributes[key] for key in ("kernel_size", "stride", "padding"))
    dilation = attributes.get("dilation", (1, 1))
    output = call.layer.output_shape[1:]
    reach = [
        (o - 1) * s + d * (k - 1) + 1
        for o, s, d, k in zip(output, stride, dilation, kernel, strict=True)
    ]
    size = [max(r, h + 2 * p) for r, h, p in zip(reach, x.shape[2:], padding, strict=True)]
    padded = np.full((*x.shape[:2], *size), number, x.dtype)
    top, left = padding
    padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    return Geometry(kernel, stride, dilation, (size[0], size[1]), (output[0], output[1])), padded


def _taps(geometry: Geometry, padded: Array) -> Array:
    windows = geometry.windows(padded)
    return windows.reshape(*windows.shape[:2], -1, *geometry.output)


def _gathered(call: Call, geometry: Geometry, shares: Array, x: Array) -> Array:
    """What each number of the image gets from all its windows."""
    windows = shares.reshape(*shares.shape[:2], *geometry.kernel, *geometry.output)
    top, left = call.layer.attributes["padding"]
    grad = geometry.spread(windows)
    return grad[:, :, top : top + x.shape[2], left : left + x.shape[3]]


def _divisor(call: Call) -> Array:
    """How many numbers count in each window: torch's rule, the overhang of ceil_mode never."""
    attributes = call.layer.attributes
    if attributes["divisor_override"] is not None:
        return np.full(call.layer.output_shape[1:], attributes["divisor_override"])
    counts = []
    for axis in (0, 1):
        k, s, p = (attributes[key][axis] for key in ("kernel_size", "stride", "padding"))
        size = call.inputs[0].shape[2 + axis]
        start = np.arange(call.layer.output_shape[1 + axis]) * s - p
        end = np.minimum(start + k, size + p)
        inside = np.minimum(end, size) - np.maximum(start, 0)
        counts.append(end - start if attributes["count_include_pad"] else inside)
    return np.outer(*counts)
