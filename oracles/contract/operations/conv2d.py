"""torch.nn.Conv2d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from oracles.contract.arrays import AnArray
from oracles.contract.attribute_types import Bias, ConvPadding, IntegerPair, Pair
from oracles.contract.fills import Shape
from oracles.contract.operations.operation import (
    Declared,
    Operation,
    ShapeError,
    at_least,
    default_bias,
    default_weight,
    image,
)
from oracles.contract.operations.windows import sizes_left, windows
from oracles.contract.tables import Integer, KeyPath


class Conv2d(Operation):
    """Cross-correlation with kernels over channels and windows."""

    type: Literal["Conv2d"]
    in_channels: Integer
    out_channels: Integer
    kernel_size: IntegerPair
    stride: IntegerPair = (1, 1)
    padding: ConvPadding = Field((0, 0), description='"same" needs stride 1')
    dilation: IntegerPair = (1, 1)
    groups: Integer = Field(1, description="divides both numbers of channels")
    bias: Bias = Field(True, description="shape (out_channels,)")
    weight: AnArray | None = Field(
        None, description="shape (out_channels, in_channels / groups, *kernel_size)"
    )

    arrays: ClassVar[tuple[str, ...]] = ("bias", "weight")

    def attributes(self) -> dict[str, object]:
        return {**super().attributes(), "bias": self.bias is not False}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from at_least(
            1,
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )
        if isinstance(self.padding, tuple):
            yield from at_least(0, padding=self.padding)
        if self.padding == "same" and self.stride != (1, 1):
            yield ("padding",), f"'same' needs stride 1, got stride {list(self.stride)}"
        for key in ("in_channels", "out_channels"):
            channels = getattr(self, key)
            if self.groups > 0 and channels % self.groups:
                text = f"must be divisible by groups, got {key} = {channels}"
                yield (key,), f"{text}, groups = {self.groups}"

    def declared(self) -> tuple[Declared, ...]:
        per_group = self.in_channels // self.groups
        shape = (self.out_channels, per_group, *self.kernel_size)
        fan_in = per_group * self.kernel_size[0] * self.kernel_size[1]
        weight = Declared("weight", shape, self.weight or default_weight(fan_in))
        if self.bias is False:
            return (weight,)
        bias = default_bias() if self.bias is True else self.bias
        return weight, Declared("bias", (self.out_channels,), bias)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *sizes = image(inputs[0])
        if channels != self.in_channels:
            raise ShapeError(f"has in_channels = {self.in_channels}, got {channels} channels")
        if self.padding == "same":
            return (self.out_channels, *sizes)
        padding = self.padding if isinstance(self.padding, tuple) else (0, 0)
        counts = self._counts((sizes[0], sizes[1]), padding)
        return (self.out_channels, *counts)

    def _counts(self, sizes: Pair, padding: Pair) -> Pair:
        k, s, d = self.kernel_size, self.stride, self.dilation
        height = windows(sizes[0], k[0], s[0], padding[0], d[0])
        width = windows(sizes[1], k[1], s[1], padding[1], d[1])
        return sizes_left(sizes, (height, width), k, padding, d)
