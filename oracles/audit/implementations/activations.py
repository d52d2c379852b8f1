"""ReLU, Sigmoid and Tanh: forms of the function, forms of its derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.evaluated import Evaluated
from oracles.contract.case import Array
from oracles.contract.reference import Call

Function = Callable[[Array], Array]
"""x -> y."""

Derivative = Callable[[Array, Array], Array]
"""(grad_output, y) -> grad_input."""


def _sigmoid_by_branches(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def _tanh_by_exp(x: Array) -> Array:
    e = np.exp(-2 * np.abs(x))
    return np.asarray(np.sign(x) * (1 - e) / (1 + e))


RELU: Mapping[str, Function] = {
    "maximum": lambda x: np.maximum(x, 0),
    "half of x + |x|": lambda x: 0.5 * (x + np.abs(x)),
    "mask": lambda x: x * (x > 0),
}
RELU_GRADIENT: Mapping[str, Derivative] = {
    "where": lambda g, y: np.where(y > 0, g, np.zeros_like(g)),
    "mask": lambda g, y: g * (y > 0),
}
SIGMOID: Mapping[str, Function] = {
    "1 / (1 + exp(-x))": lambda x: 1 / (1 + np.exp(-x)),
    "two branches": _sigmoid_by_branches,
    "tanh": lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
}
SIGMOID_GRADIENT: Mapping[str, Derivative] = {
    "g y (1 - y)": lambda g, y: g * y * (1 - y),
    "g (y (1 - y))": lambda g, y: g * (y * (1 - y)),
    "g y - g y y": lambda g, y: g * y - g * y * y,
}
TANH: Mapping[str, Function] = {"tanh": np.tanh, "exp": _tanh_by_exp}
TANH_GRADIENT: Mapping[str, Derivative] = {
    "g (1 - y y)": lambda g, y: g * (1 - y * y),
    "g (1 - y) (1 + y)": lambda g, y: g * (1 - y) * (1 + y),
    "g - g y y": lambda g, y: g - g * y * y,
}


def relu(call: Call, choices: Choices) -> Evaluated:
    """max(x, 0), with the derivative 0 at 0."""
    return _elementwise(call, choices, RELU, RELU_GRADIENT)


def sigmoid(call: Call, choices: Choices) -> Evaluated:
    """1 / (1 + exp(-x))."""
    return _elementwise(call, choices, SIGMOID, SIGMOID_GRADIENT)


def tanh(call: Call, choices: Choices) -> Evaluated:
    """The hyperbolic tangent."""
    return _elementwise(call, choices, TANH, TANH_GRADIENT)


def _elementwise(
    call: Call,
    choices: Choices,
    functions: Mapping[str, Function],
    derivatives: Mapping[str, Derivative],
) -> Evaluated:
    type_ = call.layer.type
    y = choices.one_of(type_, functions)(call.inputs[0])
    derivative = choices.one_of(f"derivative of {type_}", derivatives)
    return Evaluated(y, lambda grad_output: ([derivative(grad_output, y)], {}))
