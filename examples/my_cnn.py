"""Functions as people write them in a course, plugged into the harness.

    pytest cases --implementation examples/my_cnn.py

Convolution by two loops over the output, with stride and padding; everything else the harness
supplies or skips.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import oracles


def conv_forward(x: Any, layer: Any) -> tuple[Any, Any]:
    weight, bias = layer.parameters["weight"], layer.parameters.get("bias", 0)
    (ph, pw), (sh, sw) = padding_of(layer), layer.attributes["stride"]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    kh, kw = weight.shape[2:]
    oh, ow = (padded.shape[2] - kh) // sh + 1, (padded.shape[3] - kw) // sw + 1
    if min(oh, ow) < 1:
        raise ValueError(f"a kernel of {weight.shape[2:]} does not fit into {padded.shape[2:]}")
    y = np.zeros((len(x), len(weight), oh, ow), x.dtype)
    for i in range(oh):
        for j in range(ow):
            window = padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
            y[:, :, i, j] = np.tensordot(window, weight, axes=([1, 2, 3], [1, 2, 3])) + bias
    return y, (padded, weight, layer)


def conv_backward(grad_output: Any, cache: Any) -> tuple[Any, dict[str, Any]]:
    padded, weight, layer = cache
    (ph, pw), (sh, sw) = padding_of(layer), layer.attributes["stride"]
    kh, kw = weight.shape[2:]
    grad_padded, grad_weight = np.zeros_like(padded), np.zeros_like(weight)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            g = grad_output[:, :, i, j]
            rows, columns = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
            grad_weight += np.tensordot(g, padded[:, :, rows, columns], axes=([0], [0]))
            grad_padded[:, :, rows, columns] += np.tensordot(g, weight, axes=([1], [0]))
    grad_input = grad_padded[:, :, ph : padded.shape[2] - ph, pw : padded.shape[3] - pw]
    gradients = {"weight": grad_weight, "bias": grad_output.sum(axis=(0, 2, 3))}
    return grad_input, {name: gradients[name] for name in layer.parameters}


def relu_forward(x: Any, layer: Any) -> tuple[Any, Any]:
    return np.maximum(x, 0), x > 0


def relu_backward(grad_output: Any, positive: Any) -> tuple[Any, dict[str, Any]]:
    return grad_output * positive, {}


def linear_forward(x: Any, layer: Any) -> tuple[Any, Any]:
    weight, bias = layer.parameters["weight"], layer.parameters.get("bias", 0)
    return x @ weight.T + bias, (x, weight, layer)


def linear_backward(grad_output: Any, cache: Any) -> tuple[Any, dict[str, Any]]:
    x, weight, layer = cache
    rows, g = x.reshape(-1, x.shape[-1]), grad_output.reshape(-1, grad_output.shape[-1])
    gradients = {"weight": g.T @ rows, "bias": g.sum(axis=0)}
    return grad_output @ weight, {name: gradients[name] for name in layer.parameters}


def padding_of(layer: Any) -> Any:
    attributes = layer.attributes
    if attributes["groups"] != 1 or attributes["dilation"] != (1, 1):
        raise oracles.Unsupported("no groups and no dilation yet")
    if attributes["padding"] == "same":
        raise oracles.Unsupported("padding is a number here")
    return (0, 0) if attributes["padding"] == "valid" else attributes["padding"]


implementation = oracles.from_functions(
    {
        "Conv2d": (conv_forward, conv_backward),
        "ReLU": (relu_forward, relu_backward),
        "Linear": (linear_forward, linear_backward),
    }
)
