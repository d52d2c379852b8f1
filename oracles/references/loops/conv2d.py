"""Conv2d.

Shapes:
    x        (N, C, H, W)
    weight   (O, C / groups, KH, KW)
    y        (N, O, OH, OW)

Formula, X being x with zeros around it, and c running over the channels of o's group:
    y[n, o, i, j] = bias[o] + sum over c, u, v of weight[o, c, u, v] * X[n, c, i*s + u*d, j*s + v*d]
    grad_weight[o, c, u, v] = sum over n, i, j of grad[n, o, i, j] * X[n, c, i*s + u*d, j*s + v*d]
    grad_X[n, c, i*s + u*d, j*s + v*d] = sum over o, u, v of grad[n, o, i, j] * weight[o, c, u, v]
    grad_bias[o] = sum over n, i, j of grad[n, o, i, j]

Forward the sums are SciPy's, backward they are written out: two ways to the same windows.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.signal import convolve

from oracles.contract.case import Array
from oracles.contract.reference import Call
from oracles.references.loops.operation import Gradients, Operation

Sides = tuple[tuple[int, int], tuple[int, int]]
"""((top, bottom), (left, right))."""


def forward(call: Call) -> Array:
    """Every kernel over every image."""
    x, weight, stride = _padded(call), call.parameters["weight"], call.layer.attributes["stride"]
    samples = [
        np.stack(
            [_correlated(call, x[n, _group(call, o)], kernel) for o, kernel in enumerate(weight)]
        )
        for n in range(len(x))
    ]
    y = np.stack(samples)[:, :, :: stride[0], :: stride[1]]
    return y + call.parameters["bias"][:, None, None] if "bias" in call.parameters else y


def _correlated(call: Call, x: Array, kernel: Array) -> Array:
    """One kernel (C, KH, KW) over one image (C, H, W), at every place it fits in.

    With dilation d, places a, a + d, a + 2d, ... see rows a, a + d, a + 2d, ... and no others: an
    ordinary correlation on every d-th row. (SciPy's `correlate` would conjugate a complex kernel;
    `convolve` only turns it round.)
    """
    d = call.layer.attributes["dilation"]
    places = _places(call)
    y = np.zeros(places, dtype=np.result_type(x, kernel))
    turned = kernel[::-1, ::-1, ::-1]
    for a, b in product(range(min(d[0], places[0])), range(min(d[1], places[1]))):
        rows, columns = slice(a, None, d[0]), slice(b, None, d[1])
        y[rows, columns] = convolve(x[:, rows, columns], turned, mode="valid", method="direct")[0]
    return y


def backward(call: Call, grad_output: Array) -> Gradients:
    """Each element of each kernel, with all the windows it was multiplied by."""
    x, weight = _padded(call), call.parameters["weight"]
    grad_x, grad_weight = np.zeros_like(x), np.zeros_like(weight)
    for o, u, v in np.ndindex(weight.shape[0], *weight.shape[2:]):
        seen = (slice(None), _group(call, o), *_seen(call, u, v, grad_output.shape))
        grad = grad_output[:, o, None]
        grad_weight[o, :, u, v] = np.sum(x[seen] * grad, axis=(0, 2, 3))
        grad_x[seen] += weight[o, :, u, v][None, :, None, None] * grad
    gradients = {"weight": grad_weight}
    if "bias" in call.parameters:
        gradients["bias"] = np.sum(grad_output, axis=(0, 2, 3))
    (top, _), (left, _) = _sides(call)
    height, width = call.inputs[0].shape[2:]
    return [grad_x[:, :, top : top + height, left : left + width]], gradients


def _seen(call: Call, u: int, v: int, grad_shape: tuple[int, ...]) -> tuple[slice, slice]:
    """What element (u, v) of a kernel meets on its way over X: OH rows, from u*d on, s apart."""
    s, d = call.layer.attributes["stride"], call.layer.attributes["dilation"]
    first = (u * d[0], v * d[1])
    last = [first[axis] + s[axis] * (grad_shape[2 + axis] - 1) for axis in (0, 1)]
    return slice(first[0], last[0] + 1, s[0]), slice(first[1], last[1] + 1, s[1])


def products(call: Call) -> int:
    """SciPy's, which takes every place and not only every stride-th."""
    weight = call.parameters["weight"]
    height, width = _places(call)
    return len(call.inputs[0]) * weight.size * height * width


def _group(call: Call, o: int) -> slice:
    """The input channels that output channel o sees."""
    weight = call.parameters["weight"]
    outputs_of_a_group = weight.shape[0] // call.layer.attributes["groups"]
    first = o // outputs_of_a_group * weight.shape[1]
    return slice(first, first + weight.shape[1])


def _places(call: Call) -> tuple[int, int]:
    """Rows and columns at which a kernel fits into X, with stride 1."""
    (top, bottom), (left, right) = _sides(call)
    height, width = call.inputs[0].shape[2:]
    last_u, last_v = _reach(call)
    return top + height + bottom - last_u, left + width + right - last_v


def _padded(call: Call) -> Array:
    return np.pad(call.inputs[0], ((0, 0), (0, 0), *_sides(call)))


def _sides(call: Call) -> Sides:
    """Zeros around the image. "same" puts an odd one below and to the right."""
    padding = call.layer.attributes["padding"]
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        rows, columns = _reach(call)
        return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)
    return (padding[0], padding[0]), (padding[1], padding[1])


def _reach(call: Call) -> tuple[int, int]:
    """How far the last element of a kernel is from the first: d * (K - 1)."""
    d, (rows, columns) = call.layer.attributes["dilation"], call.parameters["weight"].shape[2:]
    return d[0] * (rows - 1), d[1] * (columns - 1)


CONV2D = Operation(forward, backward, products)
