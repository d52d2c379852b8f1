# ruff: noqa: D103  written as people write at home
"""Functions with a cache between them, a loss and an optimizer: as in many courses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from oracles import from_functions

Array = NDArray[Any]


def conv_forward(x: Array, layer: Any) -> tuple[Array, Any]:
    weight, bias = layer.parameters["weight"], layer.parameters["bias"]
    windows = sliding_window_view(x, weight.shape[2:], (2, 3))  # n c i j u v
    y = np.einsum("ncijuv,ocuv->noij", windows, weight) + bias[:, None, None]
    return y, (x, windows, weight)


def conv_backward(g: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
    x, windows, weight = cache
    dx, (_, _, oh, ow) = np.zeros_like(x), g.shape
    for u, v in np.ndindex(*weight.shape[2:]):
        dx[:, :, u : u + oh, v : v + ow] += np.einsum("noij,oc->ncij", g, weight[:, :, u, v])
    return dx, {"weight": np.einsum("ncijuv,noij->ocuv", windows, g), "bias": g.sum((0, 2, 3))}


def relu_forward(x: Array, layer: Any) -> tuple[Array, Array]:
    return np.maximum(x, 0), x


def relu_backward(g: Array, x: Array) -> tuple[Array, dict[str, Array]]:
    return g * (x > 0), {}


def dense_forward(x: Array, layer: Any) -> tuple[Array, Any]:
    weight = layer.parameters["weight"]
    return x @ weight.T + layer.parameters["bias"], (x, weight)


def dense_backward(g: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
    x, weight = cache
    return g @ weight, {"weight": g.T @ x, "bias": g.sum(0)}


def mse(prediction: Array, target: Array, loss: Mapping[str, Any]) -> tuple[Any, Array]:
    difference = prediction - target
    return np.mean(difference**2), 2 * difference / difference.size


def sgd(parameter: Array, gradient: Array, state: Any, options: Any) -> tuple[Array, Any]:
    velocity = gradient
    if "momentum_buffer" in state:
        velocity = options["momentum"] * state["momentum_buffer"] + gradient
    return parameter - options["lr"] * velocity, {"momentum_buffer": velocity}


implementation = from_functions(
    {
        "Conv2d": (conv_forward, conv_backward),
        "ReLU": (relu_forward, relu_backward),
        "Linear": (dense_forward, dense_backward),
    },
    loss={"MSELoss": mse},
    optimizer={"SGD": sgd},
)
