"""Zero padding as a layer of its own."""

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer


class ZeroPad2d(Layer):
    """Zeros around each image.

    Shapes:
        x  (N, C, H, W)
        y  (N, C, H + top + bottom, W + left + right)

    Formula:
        y[n, c, i, j] = x[n, c, i - top, j - left] inside the image, else 0
        grad_input[n, c, i, j] = grad_output[n, c, i + top, j + left]

    Source:
        torch.nn.ZeroPad2d: padding is an integer or (left, right, top, bottom). Negative padding
        (cropping) is refused.
    """

    def __init__(self, padding: int | tuple[int, int, int, int]) -> None:
        super().__init__()
        sides = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * 4
        if len(sides) != 4:
            raise ValueError(
                "ZeroPad2d: padding must be an integer or (left, right, top, bottom), "
                f"got padding={padding!r}"
            )
        left, right, top, bottom = (checks.integer(self.kind, "padding", s, 0) for s in sides)
        self.padding = left, right, top, bottom
        self._input: Array | None = None

    def forward(self, x: Array) -> Array:
        """A larger copy of x (N, C, H, W)."""
        x = checks.images(self.kind, x)
        self._input = x
        y = np.zeros(self._shape_of(x), dtype=x.dtype)
        self._image_of(y, x)[...] = x
        return y

    def backward(self, grad_output: Array) -> Array:
        """The gradients inside the image."""
        x = self._kept(self._input)
        grad_output = checks.gradient(self.kind, grad_output, self._shape_of(x), x.dtype)
        return self._image_of(grad_output, x)

    def _shape_of(self, x: Array) -> tuple[int, ...]:
        left, right, top, bottom = self.padding
        return (*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right)

    def _image_of(self, y: Array, x: Array) -> Array:
        left, _, top, _ = self.padding
        return y[:, :, top : top + x.shape[2], left : left + x.shape[3]]
