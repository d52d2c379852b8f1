"""ReLU, Sigmoid, Tanh, Softmax.

    ReLU      y = x where x > 0, else 0     grad_x = grad where x > 0, else 0 (also at x = 0)
    Sigmoid   y = 1 / (1 + exp(-x))         grad_x = grad * y * (1 - y), and 1 - y = sigmoid(-x)
    Tanh      y = tanh(x)                   grad_x = grad / cosh(x)**2
    Softmax   y = exp(x) / sum(exp(x))      grad_x = y * (grad - sum(grad * y))

NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.contract.reference import Call
from oracles.references.loops.exponentials import sigmoid, softmax
from oracles.references.loops.operation import Gradients, Operation


def relu_forward(call: Call) -> Array:
    """Chosen by the real part; the comparison is the one that lets NaN through."""
    x = call.inputs[0]
    return np.where(x.real <= 0, 0.0, x)


def relu_backward(call: Call, grad_output: Array) -> Gradients:
    """The gradient where the number went through."""
    return [np.where(call.inputs[0] <= 0, 0.0, grad_output)], {}


def sigmoid_forward(call: Call) -> Array:
    """In the form that does not overflow."""
    return sigmoid(call.inputs[0])


def sigmoid_backward(call: Call, grad_output: Array) -> Gradients:
    """Without the cancellation of 1 - y."""
    x = call.inputs[0]
    return [grad_output * sigmoid(x) * sigmoid(-x)], {}


def tanh_forward(call: Call) -> Array:
    """NumPy's, which knows complex numbers."""
    y: Array = np.tanh(call.inputs[0])
    return y


def tanh_backward(call: Call, grad_output: Array) -> Gradients:
    """1 / cosh(x)**2 = 4 * sigmoid(2x) * sigmoid(-2x), which does not overflow."""
    x = call.inputs[0]
    return [grad_output * 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x)], {}


def softmax_forward(call: Call) -> Array:
    """Along one axis."""
    return softmax(call.inputs[0], call.layer.attributes["dim"])


def softmax_backward(call: Call, grad_output: Array) -> Gradients:
    """Each output hangs on each input along the axis."""
    axis = call.layer.attributes["dim"]
    y = softmax(call.inputs[0], axis)
    return [y * (grad_output - np.sum(grad_output * y, axis=axis, keepdims=True))], {}


RELU = Operation(relu_forward, relu_backward)
SIGMOID = Operation(sigmoid_forward, sigmoid_backward)
TANH = Operation(tanh_forward, tanh_backward)
SOFTMAX = Operation(softmax_forward, softmax_backward)
