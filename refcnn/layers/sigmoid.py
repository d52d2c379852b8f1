"""Logistic function."""

from scipy.special import expit

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer


class Sigmoid(Layer):
    """The logistic function of each value.

    Shapes:
        x, y  any, equal

    Formula:
        y = 1 / (1 + exp(-x))
        grad_input = grad_output * y * (1 - y)

    Source:
        torch.nn.Sigmoid
    """

    def __init__(self) -> None:
        super().__init__()
        self._output: Array | None = None

    def forward(self, x: Array) -> Array:
        """The logistic function of x; never overflows."""
        y: Array = expit(checks.floating(self.kind, x))
        self._output = y
        return y

    def backward(self, grad_output: Array) -> Array:
        """The derivative with respect to x."""
        y = self._kept(self._output)
        grad_output = checks.gradient(self.kind, grad_output, y.shape, y.dtype)
        return grad_output * (1 - y) * y
