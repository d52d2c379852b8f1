"""Branches side by side."""

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Merge


class Cat(Merge):
    """Inputs one after the other along an axis.

    Shapes:
        x1  (N, C1, H, W),  x2  (N, C2, H, W), ...
        y   (N, C1 + C2 + ..., H, W)    with dim=1; all other axes agree

    Formula:
        y[:, :C1] = x1,  y[:, C1:C1 + C2] = x2, ...
        each grad_input is the same part of grad_output

    Source:
        torch.cat
    """

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = checks.integer(self.kind, "dim", dim)
        self._inputs: tuple[Array, ...] | None = None

    def forward(self, *inputs: Array) -> Array:
        """The inputs joined."""
        arrays = tuple(checks.floating(self.kind, x) for x in inputs)
        if not arrays:
            raise ValueError("Cat: expected at least one input, got none")
        axis = checks.axis(self.kind, "dim", self.dim, arrays[0].ndim)
        rests = {(x.ndim, x.shape[:axis], x.shape[axis + 1 :], x.dtype) for x in arrays}
        if len(rests) > 1:
            found = ", ".join(f"{x.shape} {x.dtype}" for x in arrays)
            raise ValueError(
                f"Cat: expected inputs of one dtype that agree in every axis but {axis}, "
                f"got {found}"
            )
        self._inputs = arrays
        return np.concatenate(arrays, axis=axis)

    def backward(self, grad_output: Array) -> tuple[Array, ...]:
        """The parts of the gradient."""
        inputs = self._kept(self._inputs)
        axis = self.dim % inputs[0].ndim
        ends = np.cumsum([x.shape[axis] for x in inputs]).tolist()
        shape = (*inputs[0].shape[:axis], ends[-1], *inputs[0].shape[axis + 1 :])
        grad_output = checks.gradient(self.kind, grad_output, shape, inputs[0].dtype)
        return tuple(np.split(grad_output, ends[:-1], axis=axis))
