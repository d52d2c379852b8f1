"""Two-dimensional convolution (cross-correlation)."""

from typing import Any

import numpy as np

from refcnn import checks
from refcnn.arrays import Array, Pair
from refcnn.initialization import given_or_fresh, uniform_fan_in
from refcnn.layers.layer import Layer
from refcnn.parameter import Parameter
from refcnn.windows import Windows, place


class Conv2d(Layer):
    """Cross-correlation of each image with a set of kernels, plus a bias per output channel.

    Shapes:
        x       (N, C, H, W)                  C = in_channels
        weight  (O, C / groups, KH, KW)       O = out_channels
        bias    (O)
        y       (N, O, OH, OW)
                OH = floor((H + 2 * padding - dilation * (KH - 1) - 1) / stride) + 1

    Formula (one group):
        y[n, o, i, j] = bias[o] + sum over c, u, v of
            weight[o, c, u, v] * x[n, c, i*stride + u*dilation - padding, j*stride + ...]
        With groups, output channel o sees the C / groups input channels of its own group.

        grad_weight[o, c, u, v] = sum over n, i, j of
            grad_output[n, o, i, j] * x[n, c, i*stride + u*dilation - padding, ...]
        grad_input adds weight[o, c, u, v] * grad_output[n, o, i, j] to the pixel that was read.

    Source:
        torch.nn.Conv2d: the kernel is not flipped. padding="same" needs stride 1 and puts the odd
        pixel after the image. Only padding_mode="zeros".
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair | str = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: Any = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = checks.integer(self.kind, "in_channels", in_channels, 1)
        self.out_channels = checks.integer(self.kind, "out_channels", out_channels, 1)
        self.kernel_size = checks.pair(self.kind, "kernel_size", kernel_size, 1)
        self.stride = checks.pair(self.kind, "stride", stride, 1)
        self.dilation = checks.pair(self.kind, "dilation", dilation, 1)
        self.groups = checks.integer(self.kind, "groups", groups, 1)
        checks.choice(self.kind, "padding_mode", padding_mode, ("zeros",))
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"Conv2d: in_channels and out_channels must be divisible by groups, got "
                f"in_channels={in_channels}, out_channels={out_channels}, groups={groups}"
            )
        self._before, self._after = self._padding_of(padding)

        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        fan_in = shape[1] * shape[2] * shape[3]
        generator, dtype = given_or_fresh(generator), checks.float_dtype(self.kind, dtype)
        self._parameters["weight"] = Parameter(uniform_fan_in(shape, fan_in, generator, dtype))
        if checks.flag(self.kind, "bias", bias):
            self._parameters["bias"] = Parameter(
                uniform_fan_in(shape[:1], fan_in, generator, dtype)
            )
        self._input: tuple[Array, Windows] | None = None

    def forward(self, x: Array) -> Array:
        """Cross-correlate x (N, C, H, W) with the kernels."""
        x = checks.images(self.kind, x, self.in_channels)
        weight = self._parameters["weight"].data
        checks.same_dtype(self.kind, x, weight)
        height, width = x.shape[2:]
        windows = place(
            self.kind,
            (height, width),
            self.kernel_size,
            self.stride,
            self.dilation,
            self._before,
            self._after,
        )
        self._input = x, windows
        y = self._kernels(weight) @ self._columns(x, windows)
        if "bias" in self._parameters:
            y += self._parameters["bias"].data.reshape(self.groups, -1, 1)
        return y.reshape(len(x), self.out_channels, *windows.output)

    def backward(self, grad_output: Array) -> Array:
        """Gradients of weight and bias; returns the derivative with respect to x."""
        x, windows = self._kept(self._input)
        shape = (len(x), self.out_channels, *windows.output)
        grad_output = checks.gradient(self.kind, grad_output, shape, x.dtype)
        weight = self._parameters["weight"]
        columns = self._columns(x, windows)
        n, g, _, pixels = columns.shape
        grad = grad_output.reshape(n, g, self.out_channels // g, pixels)

        per_sample = grad @ columns.swapaxes(2, 3)
        weight.grad = per_sample.sum(axis=0).reshape(weight.data.shape)
        if "bias" in self._parameters:
            self._parameters["bias"].grad = grad_output.sum(axis=(0, 2, 3))
        grad_columns = self._kernels(weight.data).swapaxes(1, 2) @ grad
        return windows.scatter(grad_columns.reshape(*x.shape[:2], *windows.kernel, *windows.output))

    def _kernels(self, weight: Array) -> Array:
        """The kernels as one matrix per group, (G, O / G, C / G * KH * KW)."""
        return weight.reshape(self.groups, self.out_channels // self.groups, -1)

    def _columns(self, x: Array, windows: Windows) -> Array:
        """The windows as one matrix per sample and group, (N, G, C / G * KH * KW, OH * OW)."""
        rows = self.in_channels // self.groups * self.kernel_size[0] * self.kernel_size[1]
        pixels = windows.output[0] * windows.output[1]
        return windows.gather(x).reshape(len(x), self.groups, rows, pixels)

    def _padding_of(self, padding: int | Pair | str) -> tuple[Pair, Pair]:
        """The rows and columns of padding before and after the image."""
        if not isinstance(padding, str):
            both = checks.pair(self.kind, "padding", padding, 0)
            return both, both
        if checks.choice(self.kind, "padding", padding, ("same", "valid")) == "valid":
            return (0, 0), (0, 0)
        if self.stride != (1, 1):
            raise ValueError(f"Conv2d: padding='same' needs stride=1, got stride={self.stride}")
        total = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        before = (total[0] // 2, total[1] // 2)
        return before, (total[0] - before[0], total[1] - before[1])
