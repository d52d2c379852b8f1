"""Functions made of exponentials that overflow nowhere, on real numbers and continued analytically
to complex ones: which form is taken is decided by the real part.

`log1p` is SciPy's: NumPy's loses small numbers once they are complex.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log1p

from oracles.contract.case import Array


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), or exp(x) / (1 + exp(x)) for negative x."""
    e = np.exp(-absolute(x))
    return np.where(x.real >= 0, 1.0 / (1.0 + e), e / (1.0 + e))


def softplus(x: Array) -> Array:
    """log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))."""
    y: Array = np.where(x.real >= 0, x, 0.0) + log1p(np.exp(-absolute(x)))
    return y


def softmax(x: Array, axis: int) -> Array:
    """exp(x) / sum of exp(x), both with the largest x taken away."""
    e = np.exp(x - _largest(x, axis))
    y: Array = e / np.sum(e, axis=axis, keepdims=True)
    return y


def log_softmax(x: Array, axis: int) -> Array:
    """x - log(sum of exp(x)), with the largest x taken away."""
    shifted = x - _largest(x, axis)
    y: Array = shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
    return y


def absolute(x: Array) -> Array:
    """x or -x, by the sign of the real part: |x| on real numbers, and analytic off 0."""
    return np.where(x.real < 0, -x, x)


def _largest(x: Array, axis: int) -> Array:
    largest: Array = np.max(x.real, axis=axis, keepdims=True)
    return largest
