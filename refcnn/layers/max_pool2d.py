"""Two-dimensional max pooling."""

import numpy as np

from refcnn import checks
from refcnn.arrays import AnyArray, Array, Pair
from refcnn.layers.layer import Layer
from refcnn.layers.pool_options import refuse_wide_padding
from refcnn.windows import Windows, place


class MaxPool2d(Layer):
    """Largest value of each window.

    Shapes:
        x  (N, C, H, W)
        y  (N, C, OH, OW)
           OH = floor((H + 2 * padding - dilation * (KH - 1) - 1) / stride) + 1
           with ceil_mode rounded up, if the last window starts inside the image or the padding
           before it

    Formula:
        y[n, c, i, j] = max over u, v of x[n, c, i*stride + u*dilation - padding, j*stride + ...]
        Padding counts as -inf. grad_input adds grad_output[n, c, i, j] to the pixel that won.

    Source:
        torch.nn.MaxPool2d. Among equal values the first in row-major order of the window wins; a
        NaN wins over every number, and among several NaN the last. return_indices is refused.
        A dilated window may lie on padding alone: it is -inf and its gradient goes nowhere.
    """

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = checks.pair(self.kind, "kernel_size", kernel_size, 1)
        self.stride = checks.pair(
            self.kind, "stride", self.kernel_size if stride is None else stride, 1
        )
        self.padding = checks.pair(self.kind, "padding", padding, 0)
        self.dilation = checks.pair(self.kind, "dilation", dilation, 1)
        self.ceil_mode = checks.flag(self.kind, "ceil_mode", ceil_mode)
        if return_indices:
            raise ValueError("MaxPool2d: return_indices=True is not supported")
        refuse_wide_padding(self.kind, self.kernel_size, self.padding)
        self._winners: tuple[AnyArray, Windows, np.dtype[np.floating]] | None = None

    def forward(self, x: Array) -> Array:
        """The maxima of x (N, C, H, W)."""
        x = checks.images(self.kind, x)
        height, width = x.shape[2:]
        windows = place(
            self.kind,
            (height, width),
            self.kernel_size,
            self.stride,
            self.dilation,
            self.padding,
            self.padding,
            self.ceil_mode,
        )
        padded = windows.pad(x, -np.inf)
        y = np.full((*x.shape[:2], *windows.output), -np.inf, dtype=x.dtype)
        winner = np.empty(y.shape, dtype=np.int32)
        winner[...] = _first_inside(windows)
        for position, (u, v) in enumerate(windows.positions()):
            candidate = windows.at(padded, u, v)
            wins = (candidate > y) | np.isnan(candidate)
            np.copyto(y, candidate, where=wins)
            np.copyto(winner, position, where=wins)
        self._winners = winner, windows, x.dtype
        return y

    def backward(self, grad_output: Array) -> Array:
        """The derivative with respect to x: each gradient goes to the pixel that won."""
        winner, windows, dtype = self._kept(self._winners)
        grad_output = checks.gradient(self.kind, grad_output, winner.shape, dtype)
        columns = np.zeros((*winner.shape[:2], *windows.kernel, *windows.output), dtype=dtype)
        for position, (u, v) in enumerate(windows.positions()):
            np.copyto(columns[:, :, u, v], grad_output, where=winner == position)
        return windows.scatter(columns)


def _first_inside(windows: Windows) -> AnyArray:
    """The first kernel position of each window (OH, OW) that is not padding.

    It wins where every value is -inf, so that the gradient stays inside the image.
    """
    first_u, first_v = (
        -(-np.maximum(before - np.arange(count) * stride, 0) // dilation)
        for before, count, stride, dilation in zip(
            windows.before, windows.output, windows.stride, windows.dilation, strict=True
        )
    )
    inside: AnyArray = first_u[:, None] * windows.kernel[1] + first_v
    return inside
