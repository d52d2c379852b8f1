"""Layers that only move numbers: Identity, Flatten, ZeroPad2d, Cat, Add, Dropout.

    Identity    y = x
    Flatten     the axes start_dim .. end_dim as one, in row-major order
    ZeroPad2d   y[n, c, i + top, j + left] = x[n, c, i, j], 0 elsewhere
    Cat         the inputs one after the other along an axis
    Add         y = sum of the inputs
    Dropout     y = x * mask / (1 - p) in train mode, x in eval mode

The gradient goes back the way the number came.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call
from oracles.references.loops.operation import Gradients, Operation


def identity_forward(call: Call) -> Array:
    """As it is."""
    return call.inputs[0]


def identity_backward(call: Call, grad_output: Array) -> Gradients:
    """As it is."""
    return [grad_output], {}


def flatten_forward(call: Call) -> Array:
    """Row by row."""
    x, attributes = call.inputs[0], call.layer.attributes
    start, end = (attributes[key] % x.ndim for key in ("start_dim", "end_dim"))
    size = int(np.prod(x.shape[start : end + 1]))
    return x.reshape(*x.shape[:start], size, *x.shape[end + 1 :])


def flatten_backward(call: Call, grad_output: Array) -> Gradients:
    """The axes of before."""
    return [grad_output.reshape(call.inputs[0].shape)], {}


def zero_pad2d_forward(call: Call) -> Array:
    """The image into a larger one."""
    x, (left, right, top, bottom) = call.inputs[0], call.layer.attributes["padding"]
    n, c, height, width = x.shape
    y = np.zeros((n, c, top + height + bottom, left + width + right), dtype=x.dtype)
    y[:, :, top : top + height, left : left + width] = x
    return y


def zero_pad2d_backward(call: Call, grad_output: Array) -> Gradients:
    """Out of the larger one again."""
    left, _, top, _ = call.layer.attributes["padding"]
    height, width = call.inputs[0].shape[2:]
    return [grad_output[:, :, top : top + height, left : left + width]], {}


def zero_pad2d_products(call: Call) -> int:
    """Every number that comes out."""
    x, (left, right, top, bottom) = call.inputs[0], call.layer.attributes["padding"]
    n, c, height, width = x.shape
    return int(n * c * (top + height + bottom) * (left + width + right))


def cat_forward(call: Call) -> Array:
    """One after the other."""
    return np.concatenate(call.inputs, axis=call.layer.attributes["dim"])


def cat_backward(call: Call, grad_output: Array) -> Gradients:
    """To each input its part."""
    axis = call.layer.attributes["dim"]
    ends = np.cumsum([x.shape[axis] for x in call.inputs])
    return np.split(grad_output, ends[:-1], axis=axis), {}


def add_forward(call: Call) -> Array:
    """From the first to the last."""
    y: Array = call.inputs[0]
    for x in call.inputs[1:]:
        y = y + x
    return y


def add_backward(call: Call, grad_output: Array) -> Gradients:
    """All of it to each."""
    return [grad_output.copy() for _ in call.inputs], {}


def dropout_forward(call: Call) -> Array:
    """What is kept, divided by how often it is."""
    return _dropped(call, call.inputs[0])


def dropout_backward(call: Call, grad_output: Array) -> Gradients:
    """The same of the gradient."""
    return [_dropped(call, grad_output)], {}


def _dropped(call: Call, x: Array) -> Array:
    if call.mask is None:
        return x
    kept: Array = x * call.mask
    scale: float = 1.0 - call.layer.attributes["p"]
    return kept / scale


IDENTITY = Operation(identity_forward, identity_backward)
FLATTEN = Operation(flatten_forward, flatten_backward)
ZERO_PAD2D = Operation(zero_pad2d_forward, zero_pad2d_backward, zero_pad2d_products)
CAT = Operation(cat_forward, cat_backward)
ADD = Operation(add_forward, add_backward)
DROPOUT = Operation(dropout_forward, dropout_backward)
