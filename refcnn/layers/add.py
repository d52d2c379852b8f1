"""Sum of several branches."""

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Merge


class Add(Merge):
    """The sum of its inputs, all of one shape.

    Shapes:
        x1, x2, ..., y  any, equal (nothing is broadcast)

    Formula:
        y = x1 + x2 + ...
        each grad_input = grad_output

    Source:
        torch.add; the joint of residual networks, He et al. 2016.
    """

    def __init__(self) -> None:
        super().__init__()
        self._inputs: tuple[Array, ...] | None = None

    def forward(self, *inputs: Array) -> Array:
        """The sum, from left to right."""
        arrays = tuple(checks.floating(self.kind, x) for x in inputs)
        if not arrays:
            raise ValueError("Add: expected at least one input, got none")
        first, *others = arrays
        if any(x.shape != first.shape or x.dtype != first.dtype for x in others):
            found = ", ".join(f"{x.shape} {x.dtype}" for x in arrays)
            raise ValueError(f"Add: expected inputs of one shape and dtype, got {found}")
        self._inputs = arrays
        total = first
        for x in others:
            total = total + x
        return total

    def backward(self, grad_output: Array) -> tuple[Array, ...]:
        """The same gradient for each input."""
        inputs = self._kept(self._inputs)
        grad_output = checks.gradient(self.kind, grad_output, inputs[0].shape, inputs[0].dtype)
        return (grad_output,) * len(inputs)
