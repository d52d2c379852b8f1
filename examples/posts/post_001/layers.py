"""The layers of the question as objects: each remembers what its backward pass needs.

Images are (N, C, H, W), features (N, F). `gradients` are sums over all samples since they were
last set to zero, which is the business of the optimizer.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Layer:
    """A function of x with a derivative, and perhaps with parameters to be learned."""

    def __init__(self, **parameters: Array) -> None:
        self.parameters = parameters
        self.gradients = {name: np.zeros_like(array) for name, array in parameters.items()}

    def forward(self, x: Array) -> Array:
        raise NotImplementedError

    def backward(self, delta: Array) -> Array:
        """From the gradient of the output to that of the input."""
        raise NotImplementedError


class Convolution(Layer):
    """y[n, o, i, j] = b[o] + sum over c, u, v of x[n, c, i * s + u, j * s + v] * w[o, c, u, v]"""

    def __init__(self, weight: Array, bias: Array, stride: int = 1) -> None:
        super().__init__(weight=weight, bias=bias)
        self.stride = stride

    def forward(self, x: Array) -> Array:
        weight, s = self.parameters["weight"], self.stride
        self.shape = x.shape
        self.windows = sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::s, ::s]
        y = np.tensordot(self.windows, weight, axes=([1, 4, 5], [1, 2, 3]))
        return np.moveaxis(y + self.parameters["bias"], 3, 1)

    def backward(self, delta: Array) -> Array:
        self.gradients["weight"] += self.grad_weight(delta)
        self.gradients["bias"] += delta.sum(axis=(0, 2, 3))
        return self.grad_input(delta, self.parameters["weight"])

    def grad_weight(self, delta: Array) -> Array:
        return np.tensordot(delta, self.windows, axes=([0, 2, 3], [0, 2, 3]))

    def grad_input(self, delta: Array, weight: Array) -> Array:
        s, grad = self.stride, np.zeros(self.shape, delta.dtype)
        parts = np.moveaxis(np.tensordot(delta, weight, axes=([1], [0])), 3, 1)
        rows, columns = delta.shape[2] * s, delta.shape[3] * s
        for u in range(weight.shape[2]):
            for v in range(weight.shape[3]):
                grad[:, :, u : u + rows : s, v : v + columns : s] += parts[..., u, v]
        return grad


class MaxPool(Layer):
    """The largest of each square of `size` by `size`; what does not fill a square is left out."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Array) -> Array:
        n, c, h, w = x.shape
        k, rows, columns = self.size, h // self.size, w // self.size
        squares = x[:, :, : rows * k, : columns * k].reshape(n, c, rows, k, columns, k)
        squares = squares.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, rows, columns, k * k)
        self.shape, self.index = x.shape, squares.argmax(axis=4)
        return np.take_along_axis(squares, self.index[..., None], axis=4)[..., 0]

    def backward(self, delta: Array) -> Array:
        grad = np.zeros(self.shape, delta.dtype)
        row, column = self.places(self.index)
        n, c, i, j = np.ix_(*map(np.arange, delta.shape))
        grad[n, c, i * self.size + row, j * self.size + column] = delta
        return grad

    def places(self, index: Array) -> tuple[Array, Array]:
        """Row and column in the square, of a position that counts row by row."""
        return index // self.size, index % self.size


class FullyConnected(Layer):
    """y = x w^T + b"""

    def __init__(self, weight: Array, bias: Array) -> None:
        super().__init__(weight=weight, bias=bias)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.parameters["weight"].T + self.parameters["bias"]

    def backward(self, delta: Array) -> Array:
        self.gradients["weight"] += delta.T @ self.x
        self.gradients["bias"] += delta.sum(axis=0)
        return delta @ self.parameters["weight"]


class Linearize(Layer):
    """(N, C, H, W) as (N, C * H * W)"""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, delta: Array) -> Array:
        return delta.reshape(self.shape)


class Border(Layer):
    """So many rows and columns of zeros around the image: MNIST's 28 by 28 become 32 by 32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Array) -> Array:
        around = (self.width, self.width)
        return np.pad(x, ((0, 0), (0, 0), around, around))

    def backward(self, delta: Array) -> Array:
        inside = slice(self.width, -self.width)
        return delta[:, :, inside, inside]


class Tanh(Layer):
    """a = tanh(z), and da / dz = 1 - a^2"""

    def forward(self, x: Array) -> Array:
        self.z, self.a = x, np.tanh(x)
        return self.a

    def backward(self, delta: Array) -> Array:
        grad: Array = delta * (1 - self.a**2)
        return grad


class Sigmoid(Layer):
    """a = 1 / (1 + exp(-z)), and da / dz = a * (1 - a)"""

    def forward(self, x: Array) -> Array:
        small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
        a: Array = np.where(x >= 0, 1, small) / (1 + small)
        self.a = a
        return a

    def backward(self, delta: Array) -> Array:
        grad: Array = delta * self.a * (1 - self.a)
        return grad
