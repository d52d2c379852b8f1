"""Joining axes."""

import math

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer


class Flatten(Layer):
    """Join the axes start_dim to end_dim (inclusive) into one, in row-major order.

    Shapes:
        x  (N, C, H, W)
        y  (N, C * H * W)    with the defaults

    Formula:
        y[n, (c * H + i) * W + j] = x[n, c, i, j]

    Source:
        torch.nn.Flatten
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = checks.integer(self.kind, "start_dim", start_dim)
        self.end_dim = checks.integer(self.kind, "end_dim", end_dim)
        self._input: Array | None = None

    def forward(self, x: Array) -> Array:
        """The values of x with fewer axes."""
        x = checks.floating(self.kind, x)
        y = x.reshape(self._shape_of(x))
        self._input = x
        return y

    def backward(self, grad_output: Array) -> Array:
        """The gradients in the shape of x."""
        x = self._kept(self._input)
        grad_output = checks.gradient(self.kind, grad_output, self._shape_of(x), x.dtype)
        return grad_output.reshape(x.shape)

    def _shape_of(self, x: Array) -> tuple[int, ...]:
        start = checks.axis(self.kind, "start_dim", self.start_dim, x.ndim)
        end = checks.axis(self.kind, "end_dim", self.end_dim, x.ndim)
        if start > end:
            raise ValueError(
                f"Flatten: start_dim must not come after end_dim, got start_dim={self.start_dim}, "
                f"end_dim={self.end_dim} for input {x.shape}"
            )
        return (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])
