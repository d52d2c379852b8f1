"""The network of the question, written anew in NumPy.

    x1 - convolution - x2 - dense - sigmoid - x4 - dense - x5, and half the mean of squared errors

Images are H W C N, vectors are columns, gradients are summed over the images and divided by their
number where the parameters are updated. How the gradient gets from x4 to x2 is what asked.py and
mended.py differ in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from examples.posts.post_002.matconvnet import (
    Array,
    columns,
    convolution_gradients,
    convolved,
    images,
)

Parameters = dict[str, Array]
"""w (3, 3), b (), theta1 (J, H * W), beta1 (J, 1), theta2 (O, J), beta2 (O, 1); or gradients."""


@dataclass(frozen=True)
class Values:
    """What a forward pass leaves: windows of x1, x2 (H, W, 1, N), x4 (J, N), x5 (O, N)."""

    seen: Array
    x2: Array
    x4: Array
    x5: Array


HiddenBackward = Callable[[Parameters, Values, Array], tuple[Parameters, Array, Array]]
"""(parameters, values, dzdx4) -> (dzdtheta1 and dzdbeta1; what comes out of theta1', and dzdx2,
both (H * W, N))."""


def sigmoid(z: Array) -> Array:
    y: Array = 1 / (1 + np.exp(-z))
    return y


def forward(seen: Array, p: Parameters) -> Values:
    """From the windows of the images."""
    x2 = convolved(seen, p["w"], p["b"])
    x4 = sigmoid(p["theta1"] @ columns(x2) + p["beta1"])
    x5 = p["theta2"] @ x4 + p["beta2"]
    return Values(seen, x2, x4, x5)


def error(dzdx5: Array) -> float:
    """E = sum of squares / (2 * N), dzdx5 = x5 - y (O, N)."""
    return float(np.sum(dzdx5**2)) / (2 * len(dzdx5.T))


@dataclass(frozen=True)
class Backward:
    """Gradients of the sum over the images: with respect to x4, x2 and the parameters; in between
    what comes out of theta1', as images."""

    dzdx4: Array
    behind_theta1: Array
    dzdx2: Array
    gradients: Parameters


def backward(p: Parameters, values: Values, dzdx5: Array, hidden: HiddenBackward) -> Backward:
    dzdx4 = p["theta2"].T @ dzdx5
    own, behind_theta1, vectors = hidden(p, values, dzdx4)
    dzdx2 = images(vectors, values.x2.shape)
    dzdw, dzdb = convolution_gradients(values.seen, p["w"], dzdx2)
    gradients = {
        "w": dzdw,
        "b": dzdb,
        **own,
        "theta2": dzdx5 @ values.x4.T,
        "beta2": dzdx5.sum(axis=1, keepdims=True),
    }
    return Backward(dzdx4, images(behind_theta1, values.x2.shape), dzdx2, gradients)
