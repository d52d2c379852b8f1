"""Nothing."""

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer


class Identity(Layer):
    """The input, unchanged.

    Shapes:
        x, y  any, equal

    Formula:
        y = x,  grad_input = grad_output

    Source:
        torch.nn.Identity (without its ignored arguments)
    """

    def __init__(self) -> None:
        super().__init__()
        self._input: Array | None = None

    def forward(self, x: Array) -> Array:
        """Return x itself."""
        self._input = checks.floating(self.kind, x)
        return self._input

    def backward(self, grad_output: Array) -> Array:
        """Return grad_output itself."""
        x = self._kept(self._input)
        return checks.gradient(self.kind, grad_output, x.shape, x.dtype)
