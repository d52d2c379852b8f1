"""Correct formulas that people use, in the dtype of their arguments: none may be called wrong.

Each gives (y, grad_input) for an input and an upstream gradient.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Formula = Callable[[Array, Array], tuple[Array, Array]]


def sigmoid_by_exp(x: Array, g: Array) -> tuple[Array, Array]:
    """1 / (1 + exp(-x))."""
    y = 1 / (1 + np.exp(-x))
    return y, g * y * (1 - y)


def sigmoid_by_two_branches(x: Array, g: Array) -> tuple[Array, Array]:
    """The form that never overflows."""
    e = np.exp(-np.abs(x))
    y = np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)
    return y, g * (y * (1 - y))


def sigmoid_by_tanh(x: Array, g: Array) -> tuple[Array, Array]:
    """(1 + tanh(x / 2)) / 2."""
    half = x.dtype.type(0.5)
    y = half * (1 + np.tanh(half * x))
    return y, g * y - g * y * y


def tanh_itself(x: Array, g: Array) -> tuple[Array, Array]:
    """The library's."""
    y = np.tanh(x)
    return y, g * (1 - y * y)


def tanh_by_exp(x: Array, g: Array) -> tuple[Array, Array]:
    """(1 - exp(-2x)) / (1 + exp(-2x)), which cancels near zero."""
    e = np.exp(-2 * x)
    y = (1 - e) / (1 + e)
    return y, g * (1 - y**2)


def tanh_by_factors(x: Array, g: Array) -> tuple[Array, Array]:
    """The derivative as (1 - y) * (1 + y)."""
    y = np.tanh(x)
    return y, g * (1 - y) * (1 + y)


def softmax_shifted(z: Array, g: Array) -> tuple[Array, Array]:
    """Exponentials of the distance to the maximum."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    return y, y * (g - (g * y).sum(axis=1, keepdims=True))


def softmax_unshifted(z: Array, g: Array) -> tuple[Array, Array]:
    """Exponentials of the logits themselves."""
    e = np.exp(z)
    y = e / e.sum(axis=1, keepdims=True)
    return y, y * g - y * (g * y).sum(axis=1, keepdims=True)


def softmax_by_jacobian(z: Array, g: Array) -> tuple[Array, Array]:
    """The backward pass as a product with the Jacobian of each row."""
    y, _ = softmax_shifted(z, g)
    jacobian = np.einsum("nc,cd->ncd", y, np.eye(y.shape[1], dtype=y.dtype))
    jacobian -= np.einsum("nc,nd->ncd", y, y)
    return y, np.einsum("ncd,nd->nc", jacobian, g)


def relu_by_maximum(x: Array, g: Array) -> tuple[Array, Array]:
    """max(x, 0)."""
    return np.maximum(x, 0), g * (x > 0)


def relu_by_absolute(x: Array, g: Array) -> tuple[Array, Array]:
    """(x + |x|) / 2."""
    half = x.dtype.type(0.5)
    return half * (x + np.abs(x)), np.where(x > 0, g, 0).astype(x.dtype)
