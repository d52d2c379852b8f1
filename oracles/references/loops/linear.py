"""Linear.

Shapes:
    x        (N, ..., F)
    weight   (O, F)
    y        (N, ..., O)

Formula, n running over all axes but the last:
    y[n, o] = bias[o] + sum over f of weight[o, f] * x[n, f]
    grad_x[n, f] = sum over o of grad[n, o] * weight[o, f]
    grad_weight[o, f] = sum over n of grad[n, o] * x[n, f]
    grad_bias[o] = sum over n of grad[n, o]
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call
from oracles.references.loops.operation import Gradients, Operation


def forward(call: Call) -> Array:
    """One output after the other."""
    x, weight = call.inputs[0], call.parameters["weight"]
    y = np.stack([np.sum(x * row, axis=-1) for row in weight], axis=-1)
    return y + call.parameters["bias"] if "bias" in call.parameters else y


def backward(call: Call, grad_output: Array) -> Gradients:
    """Sums over outputs, and over everything but the features."""
    x, weight = call.inputs[0], call.parameters["weight"]
    columns = [np.sum(grad_output * column, axis=-1) for column in weight.T]
    grad = grad_output.reshape(-1, len(weight))
    rows = x.reshape(-1, x.shape[-1])
    gradients = {"weight": np.stack([np.sum(g[:, None] * rows, axis=0) for g in grad.T])}
    if "bias" in call.parameters:
        gradients["bias"] = np.sum(grad, axis=0)
    return [np.stack(columns, axis=-1)], gradients


def products(call: Call) -> int:
    """Each number that goes in, once for each output."""
    return call.inputs[0].size * len(call.parameters["weight"])


LINEAR = Operation(forward, backward, products)
