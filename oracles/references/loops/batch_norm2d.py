"""BatchNorm2d.

Per channel, m and v being mean and biased variance over the n = N * H * W numbers of the batch, or
the running ones in eval mode where there are any:
    xhat = (x - m) / s,   s = sqrt(v + eps),   y = weight * xhat + bias
    grad_weight = sum(grad * xhat),   grad_bias = sum(grad)
    grad_x = weight / s * (grad - mean(grad) - xhat * mean(grad * xhat))     with batch statistics
    grad_x = weight / s * grad                                               with running ones

After a forward pass in train mode, a being the momentum, or 1 / (number of batches so far) if None:
    running_mean = (1 - a) * running_mean + a * m
    running_var  = (1 - a) * running_var + a * v * n / (n - 1)
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call
from oracles.references.loops.operation import Gradients, Operation

_BATCH = (0, 2, 3)


def forward(call: Call) -> Array:
    """Normalised, scaled and moved."""
    xhat, _ = _normalised(call)
    return _weight(call) * xhat + _per_channel(call.parameters.get("bias", np.zeros(1)))


def backward(call: Call, grad_output: Array) -> Gradients:
    """Through mean and variance where they are the batch's."""
    xhat, s = _normalised(call)
    inner = grad_output
    if _uses_batch(call):
        inner = grad_output - _mean(grad_output) - xhat * _mean(grad_output * xhat)
    gradients = {
        "weight": np.sum(grad_output * xhat, axis=_BATCH),
        "bias": np.sum(grad_output, axis=_BATCH),
    }
    return [_weight(call) / s * inner], {p: gradients[p] for p in call.parameters}


def buffers(call: Call) -> dict[str, Array]:
    """The running statistics, which only train mode moves."""
    if call.mode == "eval" or not call.buffers:
        return dict(call.buffers)
    n = call.inputs[0].size // call.inputs[0].shape[1]
    mean, variance = (statistic[0, :, 0, 0] for statistic in _batch_statistics(call.inputs[0]))
    momentum = call.layer.attributes["momentum"]
    a = 1.0 / (call.batches + 1) if momentum is None else momentum
    old = call.buffers
    return {
        "running_mean": (1.0 - a) * old["running_mean"] + a * mean,
        "running_var": (1.0 - a) * old["running_var"] + a * variance * n / (n - 1),
    }


def _normalised(call: Call) -> tuple[Array, Array]:
    """xhat and s."""
    if _uses_batch(call):
        mean, variance = _batch_statistics(call.inputs[0])
    else:
        mean = _per_channel(call.buffers["running_mean"])
        variance = _per_channel(call.buffers["running_var"])
    s = np.sqrt(variance + call.layer.attributes["eps"])
    return (call.inputs[0] - mean) / s, s


def _uses_batch(call: Call) -> bool:
    return call.mode == "train" or not call.buffers


def _batch_statistics(x: Array) -> tuple[Array, Array]:
    mean = _mean(x)
    return mean, _mean((x - mean) ** 2)


def _mean(x: Array) -> Array:
    mean: Array = np.sum(x, axis=_BATCH, keepdims=True) / (x.size // x.shape[1])
    return mean


def _weight(call: Call) -> Array:
    return _per_channel(call.parameters.get("weight", np.ones(1)))


def _per_channel(array: Array) -> Array:
    return array[None, :, None, None]


BATCH_NORM2D = Operation(forward, backward, buffers=buffers)
