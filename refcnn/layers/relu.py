"""Rectified linear unit."""

import numpy as np

from refcnn import checks
from refcnn.arrays import AnyArray, Array
from refcnn.layers.layer import Layer


class ReLU(Layer):
    """The positive part of each value.

    Shapes:
        x, y  any, equal

    Formula:
        y = max(x, 0)
        grad_input = grad_output where x > 0, else 0

    Source:
        torch.nn.ReLU: the derivative at 0 is 0; NaN stays NaN and lets its gradient pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self._off: tuple[AnyArray, np.dtype[np.floating]] | None = None

    def forward(self, x: Array) -> Array:
        """The positive part of x."""
        x = checks.floating(self.kind, x)
        self._off = x <= 0, x.dtype
        return np.maximum(x, x.dtype.type(0))

    def backward(self, grad_output: Array) -> Array:
        """The gradients of the values that were positive."""
        off, dtype = self._kept(self._off)
        grad_output = checks.gradient(self.kind, grad_output, off.shape, dtype)
        return np.where(off, dtype.type(0), grad_output)
