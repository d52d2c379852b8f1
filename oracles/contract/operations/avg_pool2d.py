"""torch.nn.AvgPool2d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from oracles.contract.attribute_types import IntegerOrNone, IntegerPair, PairOrNone
from oracles.contract.fills import Shape
from oracles.contract.operations.operation import Operation, at_least, image
from oracles.contract.operations.windows import half_of_kernel, sizes_left, windows
from oracles.contract.tables import Flag, KeyPath


class AvgPool2d(Operation):
    """Mean of each window."""

    type: Literal["AvgPool2d"]
    kernel_size: IntegerPair
    stride: PairOrNone = Field(None, description="default: kernel_size")
    padding: IntegerPair = Field((0, 0), description="at most half of kernel_size")
    ceil_mode: Flag = False
    count_include_pad: Flag = True
    divisor_override: IntegerOrNone = Field(None, description="not 0")

    def attributes(self) -> dict[str, Any]:
        return {**super().attributes(), "stride": self.stride or self.kernel_size}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from at_least(1, kernel_size=self.kernel_size, stride=self.stride)
        yield from half_of_kernel(self.padding, self.kernel_size)
        if self.divisor_override == 0:
            yield ("divisor_override",), "must not be 0"

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *sizes = image(inputs[0])
        k, s, p = self.kernel_size, self.stride or self.kernel_size, self.padding
        height = windows(sizes[0], k[0], s[0], p[0], ceil_mode=self.ceil_mode)
        width = windows(sizes[1], k[1], s[1], p[1], ceil_mode=self.ceil_mode)
        return (channels, *sizes_left((sizes[0], sizes[1]), (height, width), k, p, (1, 1)))
