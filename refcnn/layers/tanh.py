"""Hyperbolic tangent."""

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer


class Tanh(Layer):
    """The hyperbolic tangent of each value.

    Shapes:
        x, y  any, equal

    Formula:
        y = tanh(x)
        grad_input = grad_output * (1 - y**2)

    Source:
        torch.nn.Tanh
    """

    def __init__(self) -> None:
        super().__init__()
        self._output: Array | None = None

    def forward(self, x: Array) -> Array:
        """The hyperbolic tangent of x."""
        y: Array = np.tanh(checks.floating(self.kind, x))
        self._output = y
        return y

    def backward(self, grad_output: Array) -> Array:
        """The derivative with respect to x."""
        y = self._kept(self._output)
        grad_output = checks.gradient(self.kind, grad_output, y.shape, y.dtype)
        return grad_output * (1 - y * y)
