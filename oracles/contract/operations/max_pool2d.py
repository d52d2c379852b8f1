"""torch.nn.MaxPool2d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from oracles.contract.attribute_types import IntegerPair, PairOrNone
from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, at_least, image
from oracles.contract.operations.windows import half_of_kernel, sizes_left, windows
from oracles.contract.tables import Flag, KeyPath


class MaxPool2d(Operation):
    """Largest number of each window; padding never wins."""

    type: Literal["MaxPool2d"]
    kernel_size: IntegerPair
    stride: PairOrNone = Field(None, description="default: kernel_size")
    padding: IntegerPair = Field((0, 0), description="at most half of kernel_size")
    dilation: IntegerPair = (1, 1)
    ceil_mode: Flag = False

    def attributes(self) -> dict[str, Any]:
        return {**super().attributes(), "stride": self.stride or self.kernel_size}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from at_least(
            1, kernel_size=self.kernel_size, stride=self.stride, dilation=self.dilation
        )
        yield from half_of_kernel(self.padding, self.kernel_size)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *sizes = image(inputs[0])
        k, s, p, d = self.kernel_size, self.stride or self.kernel_size, self.padding, self.dilation
        height = windows(sizes[0], k[0], s[0], p[0], d[0], self.ceil_mode)
        width = windows(sizes[1], k[1], s[1], p[1], d[1], self.ceil_mode)
        return (channels, *sizes_left((sizes[0], sizes[1]), (height, width), k, p, d))
