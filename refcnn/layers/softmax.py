"""Normalised exponentials."""

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer


class Softmax(Layer):
    """Exponentials along one axis, divided by their sum.

    Shapes:
        x, y  any, equal; at least one axis

    Formula (k runs over axis dim):
        y[k] = exp(x[k] - max x) / sum over l of exp(x[l] - max x)
        grad_input[k] = y[k] * (grad_output[k] - sum over l of grad_output[l] * y[l])

    Source:
        torch.nn.Softmax. dim must be given; PyTorch's implicit choice is deprecated there.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = checks.integer(self.kind, "dim", dim)
        self._output: Array | None = None

    def forward(self, x: Array) -> Array:
        """Positive numbers that sum to one along the axis; never overflows."""
        x = checks.floating(self.kind, x)
        checks.axis(self.kind, "dim", self.dim, x.ndim)
        if x.size == 0:
            y = x.copy()
        else:
            with np.errstate(over="ignore", invalid="ignore"):  # -inf, or NaN, is the answer
                y = np.exp(x - x.max(axis=self.dim, keepdims=True))
            y /= y.sum(axis=self.dim, keepdims=True)
        self._output = y
        return y

    def backward(self, grad_output: Array) -> Array:
        """The derivative with respect to x."""
        y = self._kept(self._output)
        grad_output = checks.gradient(self.kind, grad_output, y.shape, y.dtype)
        mean = (grad_output * y).sum(axis=self.dim, keepdims=True)
        grad_input: Array = y * (grad_output - mean)
        return grad_input
