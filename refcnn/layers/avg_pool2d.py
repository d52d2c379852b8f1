"""Two-dimensional average pooling."""

import numpy as np

from refcnn import checks
from refcnn.arrays import Array, Pair
from refcnn.layers.layer import Layer
from refcnn.layers.pool_options import refuse_wide_padding
from refcnn.windows import Windows, place

NO_DILATION = (1, 1)


class AvgPool2d(Layer):
    """Mean of each window.

    Shapes:
        x  (N, C, H, W)
        y  (N, C, OH, OW)    OH = floor((H + 2 * padding - KH) / stride) + 1
                             with ceil_mode rounded up, if the last window starts inside the image
                             or the padding before it

    Formula:
        y[n, c, i, j] = sum over u, v of x[n, c, i*stride + u - padding, j*stride + v - padding]
                        / divisor[i, j]
        grad_input adds grad_output[n, c, i, j] / divisor[i, j] to each pixel of the window.

    Source:
        torch.nn.AvgPool2d. The divisor counts padding if count_include_pad, and never the overhang
        of ceil_mode; divisor_override replaces it.
    """

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = checks.pair(self.kind, "kernel_size", kernel_size, 1)
        self.stride = checks.pair(
            self.kind, "stride", self.kernel_size if stride is None else stride, 1
        )
        self.padding = checks.pair(self.kind, "padding", padding, 0)
        self.ceil_mode = checks.flag(self.kind, "ceil_mode", ceil_mode)
        self.count_include_pad = checks.flag(self.kind, "count_include_pad", count_include_pad)
        self.divisor_override = divisor_override
        if divisor_override is not None:
            checks.integer(self.kind, "divisor_override", divisor_override)
            if divisor_override == 0:
                raise ValueError("AvgPool2d: divisor_override must not be zero")
        refuse_wide_padding(self.kind, self.kernel_size, self.padding)
        self._divided: tuple[Array, Windows, tuple[int, ...]] | None = None

    def forward(self, x: Array) -> Array:
        """The means of x (N, C, H, W)."""
        x = checks.images(self.kind, x)
        height, width = x.shape[2:]
        windows = place(
            self.kind,
            (height, width),
            self.kernel_size,
            self.stride,
            NO_DILATION,
            self.padding,
            self.padding,
            self.ceil_mode,
        )
        padded = windows.pad(x, 0.0)
        y = np.zeros((*x.shape[:2], *windows.output), dtype=x.dtype)
        for u, v in windows.positions():
            y += windows.at(padded, u, v)
        divisor = self._divisor(windows).astype(x.dtype)
        self._divided = divisor, windows, y.shape
        y /= divisor
        return y

    def backward(self, grad_output: Array) -> Array:
        """The derivative with respect to x: each gradient is shared out over its window."""
        divisor, windows, shape = self._kept(self._divided)
        grad_output = checks.gradient(self.kind, grad_output, shape, divisor.dtype)
        share = (grad_output / divisor)[:, :, None, None]
        return windows.scatter(
            np.broadcast_to(share, (*shape[:2], *windows.kernel, *windows.output))
        )

    def _divisor(self, windows: Windows) -> Array:
        """What the sum of each window (OH, OW) is divided by."""
        if self.divisor_override is not None:
            return np.full(windows.output, self.divisor_override, dtype=np.float64)
        rows, columns = (
            self._counted(*per_axis)
            for per_axis in zip(
                windows.image,
                windows.output,
                windows.kernel,
                windows.stride,
                windows.before,
                strict=True,
            )
        )
        return np.multiply.outer(rows, columns)

    def _counted(self, size: int, output: int, kernel: int, stride: int, padding: int) -> Array:
        """How many elements of each window count, along one axis."""
        start = np.arange(output) * stride - padding
        end = np.minimum(start + kernel, size + padding)
        if not self.count_include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, size)
        return np.asarray(end - start, dtype=np.float64)
